import { createRandom, mixSeed, type Random } from '../../../device/simulator/random.ts'
import type { Camera } from './camera.ts'
import type { ScoredFrame } from './score.ts'

/*
 * Prints to be streamed: which camera, how long, how long a layer takes, and for failing ones when and how fast
 * the failure grows. What is drawn here is stated, not measured.
 */

export interface PrintPlan {
  readonly seed: number
  readonly camera: Camera
  readonly seconds: number
  readonly layerSeconds: number
}

export interface FailingPlan extends PrintPlan {
  readonly onsetSeconds: number
  /** Until the failure is as large as in its picture. */
  readonly growthSeconds: number
  readonly failure: ScoredFrame
  /** Pictures of the same source that the failure looks like later, one after the other; may be empty. */
  readonly laterLooks: readonly ScoredFrame[]
}

/** Seconds of a layer: small parts to large ones. */
const layerSeconds = [20, 30, 45, 60, 90, 120] as const
/** Length of a good print, drawn evenly on a logarithmic scale. */
const shortestHours = 0.5
const longestHours = 8

/** Good prints of cameras in turn until so many hours are planned. */
export function planGoodPrints(cameras: readonly Camera[], hours: number, seed: number): PrintPlan[] {
  const prints: PrintPlan[] = []
  const turns = shuffle(cameras, seed)
  let planned = 0
  for (let i = 0; planned < hours * 3600; i++) {
    const random = createRandom(mixSeed('good', seed, i))
    const print = {
      seed: mixSeed('good stream', seed, i),
      camera: pickFrom(turns, i),
      seconds: 3600 * shortestHours * (longestHours / shortestHours) ** random.next(),
      layerSeconds: random.pick(layerSeconds),
    }
    prints.push(print)
    planned += print.seconds
  }
  return prints
}

/** When a failure begins, seconds into the print. */
const onsets = { early: [15, 240], later: [1200, 5400] } as const
export type Onset = keyof typeof onsets

/** Layers until a failure is as large as in its picture, and layers printed after that. */
const growthLayers = [1, 2, 4, 8] as const
const layersAfter = [12, 40] as const
/** With looks that change: layers until the next. */
export const lookLayers = 8

export interface FailingWish {
  readonly cameras: readonly Camera[]
  readonly failures: readonly ScoredFrame[]
  readonly count: number
  readonly onset: Onset
  /** `one`: the failure stays as it was photographed; `changing`: another picture every few layers. */
  readonly looks: 'one' | 'changing'
  readonly seed: number
}

/** Failing prints: every failure in turn, each before a camera drawn for it. */
export function planFailingPrints(wish: FailingWish): FailingPlan[] {
  const { cameras, failures, count, onset, looks, seed } = wish
  const turns = shuffle(failures, seed)
  return Array.from({ length: count }, (_, i) => {
    const random = createRandom(mixSeed('failing', seed, i))
    const failure = pickFrom(turns, i)
    const layer = random.pick(layerSeconds)
    const [earliest, latest] = onsets[onset]
    const onsetSeconds = random.between(earliest, latest)
    const growthSeconds = layer * random.pick(growthLayers)
    const alike = failures.filter(({ source }) => source === failure.source)
    return {
      seed: mixSeed('failing stream', seed, i),
      camera: pickFrom(cameras, random.whole(0, cameras.length - 1)),
      layerSeconds: layer,
      onsetSeconds,
      growthSeconds,
      seconds: onsetSeconds + growthSeconds + layer * random.whole(...layersAfter),
      failure,
      laterLooks: looks === 'one' ? [] : pickLooks(alike, random),
    }
  })
}

function pickLooks(alike: readonly ScoredFrame[], random: Random): ScoredFrame[] {
  return Array.from({ length: 6 }, () => pickFrom(alike, random.whole(0, alike.length - 1)))
}

/** Another order, so that few prints already take from all sources. */
function shuffle<T>(members: readonly T[], seed: number): T[] {
  const random = createRandom(mixSeed('order', seed))
  return members
    .map((member) => ({ member, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ member }) => member)
}

function pickFrom<T>(choices: readonly T[], at: number): T {
  const choice = choices[at % choices.length]
  if (choice === undefined) throw new RangeError('nothing to choose from')
  return choice
}
