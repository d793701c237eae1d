import type { PictureFigures } from '../detector/detector.ts'
import type { QualityVerdict } from '../watch.ts'
import type { Outlook } from './outlook.ts'
import { followOutlook, matchOutlook, unknownOutlook } from './outlook.ts'

/*
 * Whether a camera's pictures can be judged at all. Wrongly said to be useless, they leave a print unwatched; so
 * each problem must be plain, last, and show in several pictures, and three good pictures end it.
 */

type Problem = 'camera-dark' | 'camera-blocked' | 'camera-blurred' | 'camera-frozen' | 'camera-moved'

/** How long and in how many pictures a problem must show before it is one. */
const patience: Record<Problem, { pictures: number; ms: number }> = {
  'camera-dark': { pictures: 3, ms: 10_000 },
  'camera-blocked': { pictures: 5, ms: 30_000 },
  'camera-blurred': { pictures: 6, ms: 60_000 },
  'camera-frozen': { pictures: 5, ms: 20_000 },
  'camera-moved': { pictures: 10, ms: 60_000 },
}

const details: Record<Problem, string> = {
  'camera-dark': 'the picture is black',
  'camera-blocked': 'the picture shows one even surface',
  'camera-blurred': 'the picture has no detail',
  'camera-frozen': 'the camera gives the same picture over and over',
  'camera-moved': 'the camera looks elsewhere than before',
}

/** Good pictures in a row that end a problem. */
const goodToRecover = 3
/** A camera that was moved is said to be for this long; then what it sees now is what it is meant to see. */
const adoptAfterMs = 60_000

/** Share of pixels below 16 of 255. The darkest real picture of a print that still shows it has 0.912. */
const darkShare = 0.97
/**
 * Sharpness (variance of the Laplacian) of a picture without detail. Real pictures of prints have 40 to 5000; one
 * blurred by a Gaussian of 3 pixels of 320 has 2 to 4.3, by 2 pixels 5 to 16.
 */
const noDetail = 5
const littleDetail = 16
/** Detail left, in parts of what is usual here, light taken out. */
const detailLeft = 0.06
/** Deviation of the thumbnail, in luma steps, of an even surface. */
const evenContrast = 12
/** Least shift that is a move, in parts of the picture. */
const leastShift = 2 / 32
/** Pictures the usual detail is learned from. */
const learnPictures = 10

/** What is remembered from picture to picture of one camera. */
export interface QualityState {
  /** What the last pictures suggest, and since when. */
  readonly suspicion?: Episode
  /** The problem there is, until it ends. */
  readonly problem?: Problem
  readonly goodInRow: number
  readonly problemSinceMs: number
  readonly last?: { figures: PictureFigures; sinceMs: number }
  /** Usual detail in relation to contrast, a slow average over good pictures. */
  readonly usualDetail: number
  readonly goodPictures: number
  readonly outlook: Outlook
}

interface Episode {
  readonly problem: Problem
  readonly sinceMs: number
  readonly pictures: number
}

export const unknownQuality: QualityState = {
  goodInRow: 0,
  problemSinceMs: 0,
  usualDetail: 0,
  goodPictures: 0,
  outlook: unknownOutlook,
}

/** Takes the figures of one picture into account; says whether it may be judged, and if not, why not. */
export function judgeQuality(
  state: QualityState,
  figures: PictureFigures,
  nowMs: number,
): [QualityState, QualityVerdict] {
  const seen = suspect(state, figures)
  const suspicion = seen && prolong(state, { problem: seen, nowMs })
  const next = settle({ ...learn(state, { figures, seen, nowMs }), ...(suspicion && { suspicion }) }, nowMs)
  if (next.problem === undefined) return [next, { isUsable: true }]
  return [next, { isUsable: false, reason: next.problem, detail: details[next.problem] }]
}

/** What this one picture suggests. */
function suspect(state: QualityState, figures: PictureFigures): Problem | undefined {
  if (state.last && isSame(state.last.figures, figures)) return 'camera-frozen'
  const { sharpness } = figures
  if (figures.darkShare > darkShare && sharpness < littleDetail) return 'camera-dark'
  const contrast = contrastOf(figures.thumbnail)
  if (sharpness < noDetail) return contrast < evenContrast ? 'camera-blocked' : 'camera-blurred'
  const isLearned = state.goodPictures >= learnPictures
  const detail = sharpness / contrast ** 2
  if (isLearned && sharpness < littleDetail && detail < detailLeft * state.usualDetail)
    return 'camera-blurred'
  return isMoved(state.outlook, figures.thumbnail) ? 'camera-moved' : undefined
}

/**
 * What stood still lies elsewhere, all of it by the same way. On real runs the still cells correlate by 0.93 and
 * more in place; moved by an eighth of the width, by 0.25 to 0.73, and by 0.94 and more where they went
 * (`test/bench/quality.ts`). A shift of one cell of 32 is within what a head in the picture pretends.
 */
function isMoved(outlook: Outlook, thumbnail: Uint8Array): boolean {
  const match = matchOutlook(outlook, thumbnail)
  if (match === undefined) return false
  const { inPlace, shifted, shift } = match
  const isFar = Math.max(Math.abs(shift.x), Math.abs(shift.y)) >= leastShift
  return isFar && shifted > 0.9 && shifted - inPlace > 0.15
}

/** No two pictures of a real sensor are the same to the last bit. */
function isSame(a: PictureFigures, b: PictureFigures): boolean {
  return (
    a.brightness === b.brightness &&
    a.sharpness === b.sharpness &&
    a.thumbnail.every((value, cell) => value === b.thumbnail[cell])
  )
}

function prolong(state: QualityState, { problem, nowMs }: { problem: Problem; nowMs: number }): Episode {
  if (state.suspicion?.problem === problem) {
    return { ...state.suspicion, pictures: state.suspicion.pictures + 1 }
  }
  // The first of equal pictures counts too.
  const sinceMs = problem === 'camera-frozen' ? (state.last?.sinceMs ?? nowMs) : nowMs
  return { problem, sinceMs, pictures: problem === 'camera-frozen' ? 2 : 1 }
}

/** Remembers the picture; what is usual is learned from good ones alone. */
function learn(
  { suspicion: _ended, ...state }: QualityState,
  { figures, seen, nowMs }: { figures: PictureFigures; seen: Problem | undefined; nowMs: number },
): QualityState {
  const last = { figures, sinceMs: nowMs }
  if (seen !== undefined)
    return { ...state, goodInRow: 0, last: seen === 'camera-frozen' ? (state.last ?? last) : last }
  const detail = figures.sharpness / Math.max(contrastOf(figures.thumbnail), 1) ** 2
  const weight = Math.max(1 / (state.goodPictures + 1), 0.05)
  return {
    ...state,
    goodInRow: state.goodInRow + 1,
    last,
    usualDetail: state.usualDetail + weight * (detail - state.usualDetail),
    goodPictures: state.goodPictures + 1,
    outlook: followOutlook(state.outlook, figures.thumbnail),
  }
}

/** Begins and ends problems. */
function settle(state: QualityState, nowMs: number): QualityState {
  const { suspicion } = state
  const { problem, ...withoutProblem } = state
  if (problem === 'camera-moved' && nowMs - state.problemSinceMs >= adoptAfterMs) {
    return { ...withoutProblem, outlook: unknownOutlook }
  }
  if (suspicion && suspicion.problem !== problem && hasLasted(suspicion, nowMs)) {
    return { ...state, problem: suspicion.problem, problemSinceMs: nowMs }
  }
  return problem !== undefined && state.goodInRow >= goodToRecover ? withoutProblem : state
}

function hasLasted({ problem, sinceMs, pictures }: Episode, nowMs: number): boolean {
  return pictures >= patience[problem].pictures && nowMs - sinceMs >= patience[problem].ms
}

/** Standard deviation of the thumbnail, in luma steps. */
function contrastOf(thumbnail: Uint8Array): number {
  let [sum, squares] = [0, 0]
  for (const value of thumbnail) {
    sum += value
    squares += value * value
  }
  const mean = sum / thumbnail.length
  return Math.sqrt(Math.max(squares / thumbnail.length - mean * mean, 0))
}
