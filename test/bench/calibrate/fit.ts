import type { Rarity, Tail } from '@layerwatch/shared/rarity.ts'
import { durationsSeconds, openScene, seeScene } from '../../../device/assess/scene.ts'
import { createRandom, mixSeed } from '../../../device/simulator/random.ts'
import { type GoodCamera, openGoodStream } from './good-streams.ts'

/*
 * From good prints to rarities: the highest rise of each print, over each duration, and an exponential tail through
 * the highest fifth of them. The worst of several correlation times counts.
 */

export interface Plan {
  readonly cameras: readonly GoodCamera[]
  readonly width: number
  readonly height: number
  /** Good print hours at each correlation time. */
  readonly hours: number
  readonly correlations: readonly number[]
  readonly seed: number
  readonly say: (progress: string) => void
}

const printHours = 3
const intervalSeconds = 5
/** Share of the highest values that a tail is fitted through. */
const tailShare = 0.2

/** Highest values that each of many good prints reached: a row a print. */
export interface Heights {
  readonly rises: readonly (readonly number[])[]
  readonly nats: readonly number[]
}

/** Streams good prints at one correlation time and writes down how high each rose. */
export function streamHeights(plan: Plan, correlationSeconds: number, rarity: Rarity): Heights {
  const rises: number[][] = []
  const nats: number[] = []
  const random = createRandom(mixSeed('order', plan.seed))
  const prints = Math.ceil(plan.hours / printHours)
  for (let print = 0; print < prints; print++) {
    const camera = plan.cameras[Math.floor(random.next() * plan.cameras.length)]
    if (!camera) throw new RangeError('no good camera to stream from')
    const seed = mixSeed(plan.seed, correlationSeconds, print)
    const { width, height } = plan
    const next = openGoodStream(camera, { width, height, correlationSeconds, intervalSeconds, seed })
    const highest = watchPrint(next, plan, rarity)
    rises.push(highest.rises)
    nats.push(highest.nats)
    if (print % 50 === 49) plan.say(`correlation ${correlationSeconds} s: ${print + 1} of ${prints} prints`)
  }
  return { rises, nats }
}

function watchPrint(next: () => Float32Array, { width, height }: Plan, rarity: Rarity) {
  let scene = openScene(next(), { grid: { width, height }, atSeconds: 0 })
  const rises: number[] = durationsSeconds.map(() => -Infinity)
  let nats = -Infinity
  for (let atSeconds = intervalSeconds; atSeconds < printHours * 3600; atSeconds += intervalSeconds) {
    const [seen, standout] = seeScene(scene, { map: next(), atSeconds }, rarity)
    scene = seen
    standout?.rises.forEach((rise, i) => {
      rises[i] = Math.max(rises[i] ?? rise, rise)
    })
    if (standout && !standout.isFromStart) nats = Math.max(nats, standout.nats)
  }
  return { rises, nats }
}

/**
 * An exponential tail through the highest of the values that prints reached: how many hours of good printing lie
 * between two prints that reach a value.
 */
export function fitTail(values: readonly number[], hoursEach: number = printHours): Tail {
  const sorted = values.toSorted((a, b) => b - a)
  const count = Math.max(5, Math.round(sorted.length * tailShare))
  const threshold = sorted[count] ?? sorted.at(-1) ?? 0
  const excess = sorted.slice(0, count).reduce((sum, value) => sum + value - threshold, 0) / count
  const slope = 1 / Math.max(1e-3, excess)
  return { slope, intercept: Math.log(hoursEach / (count / sorted.length)) - slope * threshold }
}

/** The tail that is higher where it counts: at a false pause in 1,000 hours. */
export function worstTail(tails: readonly Tail[]): Tail {
  const reach = (tail: Tail) => (Math.log(1000) - tail.intercept) / tail.slope
  return tails.reduce((worst, tail) => (reach(tail) > reach(worst) ? tail : worst))
}

/** How much the strongest of several durations must give up, so that together they keep the rate: ln. */
export function fitOffset(heights: readonly Heights[]): number {
  const at1000 = heights.map(({ nats }) => {
    const tail = fitTail(nats)
    return Math.log(1000) - (tail.intercept + tail.slope * Math.log(1000))
  })
  return Math.max(0, ...at1000)
}

/** Rounds to what the measurement is worth. */
export function roundTail({ intercept, slope }: Tail, offset = 0): Tail {
  const round = (value: number) => Math.round(value * 1000) / 1000
  return { intercept: round(intercept - offset), slope: round(slope) }
}
