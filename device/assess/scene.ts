import type { Grid } from '@layerwatch/shared/mask.ts'
import type { Rarity } from '@layerwatch/shared/rarity.ts'
import { natsOf } from '@layerwatch/shared/rarity.ts'
import {
  approachCells,
  approachVariance,
  averageHottest,
  type Cells,
  clearCells,
  differenceAt,
  findRise,
  followCells,
  holdCells,
  joinCells,
  keepCells,
  lowerCells,
  shareOf,
  spreadCells,
  standingCells,
} from './cells.ts'

/*
 * What one camera has shown of one print, and how much the newest frame stands out from it.
 *
 * Cameras differ in level: what is a failure's score before one is a good print's before another. So a frame is
 * measured against what this print has shown so far, place by place: what is new, hot and stays where it is. What
 * rises or falls all over the picture at once is light or focus, and is taken off. A place that has always come and
 * gone must rise further than one that never moved. A rise is looked for at several durations at once, for a strong
 * sign shows in seconds and a weak one in minutes; longer averages have less noise, and thresholds of their own. How
 * rare such a rise is on good prints is measured (see `shared/rarity.ts`), so evidence has a unit: ln of the hours of
 * good printing between two sights like it.
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
  /** What a frame must rise above: the usual of a cell and its neighbours, nowhere below the level's margin. */
  readonly reached: Cells
  /** What each cell has on the mean, and the mean of its squared distance from that. */
  readonly mean: Cells
  readonly variance: Cells
  /** When all these were last brought up to date. */
  readonly learnedSeconds: number
  /** It is held against what this camera showed of earlier prints. */
  readonly isKnown: boolean
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
  /** Height over the usual over each of `durationsSeconds`, log-odds of a cell that moves as most do. */
  readonly rises: readonly number[]
  /** The cells that rose most, hottest first. */
  readonly cells: readonly number[]
  /** It has looked so from the first frame on. */
  readonly isFromStart: boolean
}

/** Log-odds of a cell are bounded to these: beyond, a network only grows louder, not surer. */
export const coldest = -6
export const hottest = 5

/** Averages a failure is looked for in: some frames, a small layer, several layers, many. */
export const durationsSeconds = [10, 40, 160, 640] as const
/** A level that is had from the start more often than once in so many hours, ln, is none worth a word. */
const leastStartNats = 0
/** Most that one frame may weigh in an average, so that no average is ever one frame alone. */
const maxShare = 0.6
/** Longer gaps between two frames show no more of a print than this: an average grows by no more. */
const mostGapSeconds = 60
/** What is usual changes in minutes: it is brought up to date this often. */
const learnSeconds = 15
/** Frames closer together show the same and count as one. */
const takeSeconds = 3
/** A failure this small counts as visible: this share of the picture's cells, and never fewer than three. */
const visibleShare = 0.01
/**
 * The usual follows what stays: up in a minute, down in an hour, its level in five minutes, its mean in ten. A place
 * that stands out by itself is followed in an hour only: a failure may begin in one cell and grow slowly.
 */
const usualSeconds = { rise: 60, stand: 3600, fall: 3600, level: 300, mean: 600 }
/** From here on a place stands out by itself: 2.5 times what it moves by, log-odds. */
const standingRise = 1
/** The spread is that of the last hour, and of half an hour like `typicalVariance` before anything was seen. */
const spreadSeconds = { most: 3600, before: 1800 }
/** Squared log-odds by which a cell moves before good prints: 0.165, the median of 17 webcam runs the bench leaves out. */
const typicalVariance = 0.16
const varianceBounds = { least: 0.0225, most: 4 }
/** One sight moves a variance by no more than so many times itself: what jumps once has not always come and gone. */
const varianceJump = 6
/** The share of cells that moved least upwards tells what moved all of the picture, within this, log-odds. */
const common = { share: 0.3, most: 2 }
/** What a rise must have more at the first frame of an unknown print, and how soon that is gone. */
const allowance = { first: 0.75, seconds: 900 }
/** What is this much cooler than the print's hottest places need not be explained: objects come one by one. */
const levelMargin = 1
/** No place is excused by others that are hotter than this: nine good cameras in ten stay below. */
const maxExcused = -1
/** Nothing hotter than even odds becomes usual little by little, nor than what the print began with and this more. */
const learned = { most: 0, margin: 1 }
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
  const level = averageHottest(usual, visibleCells(grid))
  return {
    grid,
    frames: 1,
    openedSeconds: atSeconds,
    atSeconds,
    taken: [map],
    takenSeconds: atSeconds,
    stays: durationsSeconds.map(() => usual),
    usual,
    level,
    reached: reach(usual, grid, level),
    mean: map,
    variance: new Float32Array(map.length).fill(typicalVariance),
    learnedSeconds: atSeconds,
    isKnown: baseline !== undefined,
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
    return [{ ...opened, frames, atSeconds, taken, takenSeconds, learnedSeconds: atSeconds }, undefined]
  }
  const own = takeOffCommon(held, scene.mean)
  const stays = scene.stays.map((from, i) => {
    const share = Math.min(maxShare, shareOf(Math.min(gapSeconds, mostGapSeconds), durationsSeconds[i] ?? 0))
    return approachCells(from, own, share)
  })
  const seen: Scene = { ...scene, frames, atSeconds, taken, takenSeconds, stays }
  const standout = frames < minFrames ? undefined : measure(seen, rarity)
  const isRestless = standout !== undefined && isRising(standout, rarity)
  const restlessSeconds = isRestless ? scene.restlessSeconds + gapSeconds : 0
  const next = { ...seen, restlessSeconds }
  if (isRestless && restlessSeconds < maxRestlessSeconds) {
    return [{ ...next, lowest: lowestOf(next), learnedSeconds: atSeconds }, standout]
  }
  if (frames >= minFrames && atSeconds - scene.learnedSeconds < learnSeconds) return [next, standout]
  return [learn(next, held, own), standout]
}

/** Whether something new stands out. A level that was there from the start is nothing new, however long it lasts. */
function isRising({ rises }: Standout, rarity: Rarity): boolean {
  return rises.some((rise, i) => natsOf(rise, rarity.rises[i]) > restlessNats)
}

/** Whether the frames that a print begins with are still being taken; what is known of the camera stands for them. */
function isOpening({ taken, lowest }: Scene): boolean {
  return taken.length < minFrames && lowest !== -Infinity
}

/** What is in sight now is how this print looks from now on: a person saw it and went on. */
export function acceptScene(scene: Scene): Scene {
  const shown = scene.taken.map((map) => takeOffCommon(map, scene.mean))
  const usual = joinCells(scene.usual, [...shown, ...scene.stays])
  const accepted = keepCells(usual, maxExcused)
  const level = averageHottest(clearCells(usual, accepted), visibleCells(scene.grid))
  const stays = scene.stays.map(() => usual)
  const reached = reach(usual, scene.grid, level)
  return { ...scene, usual, stays, accepted, level, reached, lowest: -Infinity, restlessSeconds: 0 }
}

function measure(scene: Scene, rarity: Rarity): Standout {
  const { grid, reached, stays, variance, lowest } = scene
  const rises = stays.map((map, i) => {
    const past = { usual: reached, variance, typicalVariance }
    const { cells, mean } = findRise(map, past, visibleCells(grid))
    const rise = mean - allowanceOf(scene)
    return { cells, rise, nats: natsOf(rise, rarity.rises[i]), isFromStart: false }
  })
  const startNats = Number.isFinite(lowest) ? natsOf(lowest, rarity.start) : -Infinity
  const start = {
    cells: rises.at(-1)?.cells ?? [],
    nats: startNats < leastStartNats ? -Infinity : startNats,
    isFromStart: true,
  }
  const all = [...rises, { ...start, rise: lowest }]
  const strongest = all.reduce((most, one) => (one.nats > most.nats ? one : most))
  const { nats, cells, isFromStart } = strongest
  return { nats, cells, isFromStart, rises: rises.map(({ rise }) => rise) }
}

/** Where objects come one by one, a place need not have been hot itself for its heat to be usual. */
function reach(usual: Cells, grid: Grid, level: number): Cells {
  return spreadCells(usual, grid, Math.min(maxExcused, level - levelMargin))
}

/** How much more a rise must have while little of this print has been seen. */
function allowanceOf({ isKnown, atSeconds, openedSeconds }: Scene): number {
  return isKnown ? 0 : allowance.first * Math.exp((openedSeconds - atSeconds) / allowance.seconds)
}

/** A map without what lifts or lowers all of it against the mean. */
function takeOffCommon(cells: Cells, mean: Cells): Cells {
  return lowerCells(cells, differenceAt(cells, mean, common), { coldest, hottest })
}

/** Learns the usual from an average, not from the frame: a failure stands out before it could be learned. */
function learn(scene: Scene, held: Cells, own: Cells): Scene {
  const { grid, accepted, atSeconds, openedSeconds, isKnown, lowest } = scene
  const gapSeconds = atSeconds - scene.learnedSeconds
  const ageSeconds = Math.max(gapSeconds, atSeconds - openedSeconds)
  const seen = scene.stays[1] ?? scene.usual
  // What was seen so far weighs as long as it lasted, except where more than that is known.
  const ageShare = ageSeconds > 0 ? gapSeconds / ageSeconds : 1
  const shareIn = (seconds: number) => Math.max(isKnown ? 0 : ageShare, shareOf(gapSeconds, seconds))
  const now = averageHottest(accepted ? clearCells(seen, accepted) : seen, visibleCells(grid))
  const level = scene.level + shareIn(usualSeconds.level) * (now - scene.level)
  const past = { usual: scene.reached, variance: scene.variance, typicalVariance }
  const usual = followCells(scene.usual, seen, {
    up: shareIn(usualSeconds.rise),
    down: shareIn(usualSeconds.fall),
    most: Math.max(learned.most, Number.isFinite(lowest) ? lowest + learned.margin : -Infinity),
    standing: { cells: standingCells(seen, past, standingRise), up: shareOf(gapSeconds, usualSeconds.stand) },
  })
  const spreadShare = gapSeconds / Math.min(spreadSeconds.most, ageSeconds + spreadSeconds.before)
  return {
    ...scene,
    usual,
    level,
    reached: reach(usual, grid, level),
    mean: approachCells(scene.mean, held, Math.max(ageShare, shareOf(gapSeconds, usualSeconds.mean))),
    variance: approachVariance(scene.variance, [own, scene.mean], {
      ...varianceBounds,
      jump: varianceJump,
      share: Math.min(1, spreadShare),
    }),
    lowest: lowestOf(scene),
    learnedSeconds: atSeconds,
  }
}

function lowestOf({ grid, lowest, stays, frames, openedSeconds, atSeconds }: Scene): number {
  const map = stays[1]
  if (!map || lowest === -Infinity) return lowest
  if (frames <= minFrames || atSeconds - openedSeconds < levelSeconds) return lowest
  return Math.min(lowest, averageHottest(map, visibleCells(grid)))
}
