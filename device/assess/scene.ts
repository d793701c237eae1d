import type { Grid } from '@layerwatch/shared/mask.ts'
import type { Rarity } from '@layerwatch/shared/rarity.ts'
import { natsOf } from '@layerwatch/shared/rarity.ts'
import {
  approachCells,
  averageHottest,
  boundCells,
  type Cells,
  clearCells,
  findRise,
  holdCells,
  joinCells,
  keepCells,
  raiseCells,
  spreadCells,
} from './cells.ts'

/*
 * What one camera has shown of one print, and how much the newest frame stands out from it.
 *
 * Cameras differ in level: what is a failure's score before one is a good print's before another. So a frame is
 * measured against what this print has shown so far, place by place: what is new, hot and stays where it is. It is
 * looked for at several durations at once, for a strong sign shows in seconds and a weak one in minutes; longer
 * averages have less noise, and thresholds of their own. How rare such a rise is on good prints is measured (see
 * `shared/rarity.ts`), so evidence has a unit: ln of the hours of good printing between two sights like it.
 *
 * A level that is high from the first frame on is no rise. It is one piece of evidence, however long it lasts: how
 * rarely a camera before a good print has such a level.
 *
 * The state is a handful of maps, whatever the length of the print.
 */

export interface Scene {
  readonly grid: Grid
  /** Frames that counted, and the print's time at the first and at the newest. */
  readonly frames: number
  readonly openedSeconds: number
  readonly atSeconds: number
  /** The newest frames, at most three and at least `takeSeconds` apart, oldest first; when the last was taken. */
  readonly taken: readonly Cells[]
  readonly takenSeconds: number
  /** What stayed in place, averaged over each of `durationsSeconds`. */
  readonly stays: readonly Cells[]
  /** The heat each cell usually reaches, and that of the hottest cells. */
  readonly usual: Cells
  readonly level: number
  /** The lowest level of what stayed since the print began: a print that once looked good began well. */
  readonly lowest: number
  /** How long something has stood out without a break. */
  readonly restlessSeconds: number
  /** Failing places a person saw and printed on with: 1 there, 0 elsewhere. They say nothing of the level. */
  readonly accepted?: Cells
}

/** How much a frame stands out. */
export interface Standout {
  /** ln of the hours of good printing in which this is seen once. */
  readonly nats: number
  /** Height over the usual, log-odds, over each of `durationsSeconds`. */
  readonly rises: readonly number[]
  /** The cells that rose most, hottest first. */
  readonly cells: readonly number[]
  /** It has looked so from the first frame on. */
  readonly isFromStart: boolean
}

/** Log-odds of a cell are bounded to these: beyond, a network only grows louder, not surer. */
export const coldest = -6
export const hottest = 5

/** Averages a failure is looked for in: some frames, a small layer, several layers. */
export const durationsSeconds = [10, 40, 160] as const
/** Most that one frame may weigh in an average, so that no average is ever one frame alone. */
const maxShare = 0.6
/** Frames closer together show the same and count as one. */
const takeSeconds = 3
/** A failure this small counts as visible: this share of the picture's cells, and never fewer than three. */
const visibleShare = 0.01
/** The usual follows what stays: up in a minute, down in a quarter of an hour, its level in five minutes. */
const usualSeconds = { rise: 60, fall: 900, level: 300 }
/** What is this much cooler than the print's hottest places need not be explained: objects come one by one. */
const levelMargin = 1
/** No place is excused by others that are hotter than this: nine good cameras in ten stay below. */
const maxExcused = -1
/** Nothing hotter than even odds becomes usual little by little: a failure may begin in one cell and grow slowly. */
const maxLearned = 0
/** Before so many frames at least `takeSeconds` apart nothing is known; together they are what the print begins with. */
const minFrames = 3
/** Evidence from which on nothing is learned: what good prints show once in two hours. */
const restlessNats = Math.log(2)
/** A standout that lasts this long without being acted on is how this print looks. */
const maxRestlessSeconds = 1800
/** A level counts as the print's own after this long. */
const levelSeconds = 40

/** How many of the hottest cells are averaged. */
export function visibleCells({ width, height }: Grid): number {
  return Math.max(3, Math.round(visibleShare * width * height))
}

/**
 * Begins with what this camera showed of earlier prints, or with its first frames: one of them alone may show a hand,
 * or what is just being taken off the bed, and would excuse that place for long.
 */
export function openScene(
  map: Cells,
  { grid, atSeconds, baseline }: { grid: Grid; atSeconds: number; baseline?: Cells | undefined },
): Scene {
  const usual = baseline ?? map
  return {
    grid,
    frames: 1,
    openedSeconds: atSeconds,
    atSeconds,
    taken: [map],
    takenSeconds: atSeconds,
    stays: durationsSeconds.map(() => usual),
    usual,
    level: averageHottest(usual, visibleCells(grid)),
    // What good prints of this camera look like is known then, and a rise over it is all that counts.
    lowest: baseline ? -Infinity : Infinity,
    restlessSeconds: 0,
  }
}

/** Takes a frame into account. One that is older than the newest says nothing new. */
export function seeScene(
  scene: Scene,
  { map, atSeconds }: { map: Cells; atSeconds: number },
  rarity: Rarity,
): [Scene, Standout | undefined] {
  if (atSeconds < scene.atSeconds) return [scene, undefined]
  const gapSeconds = atSeconds - scene.atSeconds
  const isNew = atSeconds - scene.takenSeconds >= takeSeconds
  const taken = [...(isNew ? scene.taken.slice(-2) : scene.taken.slice(0, -1)), map]
  const takenSeconds = isNew ? atSeconds : scene.takenSeconds
  const frames = scene.frames + 1
  const held = holdCells(taken)
  if (isOpening(scene)) {
    const opened = openScene(held, { grid: scene.grid, atSeconds: scene.openedSeconds })
    return [{ ...opened, frames, atSeconds, taken, takenSeconds }, undefined]
  }
  const stays = scene.stays.map((from, i) => {
    const share = Math.min(maxShare, shareOf(gapSeconds, durationsSeconds[i] ?? 0))
    return approachCells(from, held, { up: share, down: share })
  })
  const seen: Scene = {
    ...scene,
    frames,
    atSeconds,
    taken,
    takenSeconds,
    stays,
    lowest: lowestOf(scene, stays, atSeconds),
  }
  const standout = frames < minFrames ? undefined : measure(seen, rarity)
  const isRestless = standout !== undefined && standout.nats > restlessNats
  const restlessSeconds = isRestless ? scene.restlessSeconds + gapSeconds : 0
  const next = { ...seen, restlessSeconds }
  if (isRestless && restlessSeconds < maxRestlessSeconds) return [next, standout]
  return [learn(next, gapSeconds), standout]
}

/** Whether the frames that a print begins with are still being taken; what is known of the camera stands for them. */
function isOpening({ taken, lowest }: Scene): boolean {
  return taken.length < minFrames && lowest !== -Infinity
}

/** What is in sight now is how this print looks from now on: a person saw it and went on. */
export function acceptScene(scene: Scene): Scene {
  const usual = joinCells(scene.usual, [...scene.taken, ...scene.stays])
  const accepted = keepCells(usual, maxExcused)
  const level = averageHottest(clearCells(usual, accepted), visibleCells(scene.grid))
  const stays = scene.stays.map(() => usual)
  return { ...scene, usual, stays, accepted, level, lowest: -Infinity, restlessSeconds: 0 }
}

function measure(scene: Scene, rarity: Rarity): Standout {
  const { grid, usual, level, stays, lowest } = scene
  const usualHere = raiseCells(spreadCells(usual, grid), Math.min(maxExcused, level - levelMargin))
  const count = visibleCells(grid)
  const rises = stays.map((map, i) => {
    const { cells, rise } = findRise(map, usualHere, count)
    return { cells, rise, nats: natsOf(rise, rarity.rises[i]), isFromStart: false }
  })
  const start = {
    cells: rises.at(-1)?.cells ?? [],
    nats: Number.isFinite(lowest) ? natsOf(lowest, rarity.start) : -Infinity,
    isFromStart: true,
  }
  const strongest = [...rises, { ...start, rise: lowest }].reduce((most, one) =>
    one.nats > most.nats ? one : most,
  )
  const { nats, cells, isFromStart } = strongest
  return { nats, cells, isFromStart, rises: rises.map(({ rise }) => rise) }
}

/** Learns from the middle average, not from the frame: a failure stands out before it could be learned. */
function learn(scene: Scene, gapSeconds: number): Scene {
  const seen = scene.stays[1] ?? scene.usual
  const usual = approachCells(scene.usual, boundCells(seen, scene.usual, maxLearned), {
    up: shareOf(gapSeconds, usualSeconds.rise),
    down: shareOf(gapSeconds, usualSeconds.fall),
  })
  const own = scene.accepted ? clearCells(seen, scene.accepted) : seen
  const now = averageHottest(own, visibleCells(scene.grid))
  const share = Math.max(1 / scene.frames, shareOf(gapSeconds, usualSeconds.level))
  return { ...scene, usual, level: scene.level + share * (now - scene.level) }
}

function lowestOf(scene: Scene, stays: readonly Cells[], atSeconds: number): number {
  const { grid, lowest, frames, openedSeconds } = scene
  const map = stays[1]
  if (!map || frames < minFrames || atSeconds - openedSeconds < levelSeconds) return lowest
  return Math.min(lowest, averageHottest(map, visibleCells(grid)))
}

function shareOf(gapSeconds: number, timeConstantSeconds: number): number {
  return 1 - Math.exp(-gapSeconds / timeConstantSeconds)
}
