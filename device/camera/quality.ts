import type { PictureFigures } from '../detector/detector.ts'
import type { QualityVerdict } from '../watch/watch.ts'
import type { Outlook, OutlookMatch, Shift } from './outlook.ts'
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

/** The same for pictures that are only softer than before; a cross-fade of a time-lapse shows ten in a row. */
const softPatience = { pictures: 15, ms: 120_000 }

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
const adoptMoveAfterMs = 60_000
/** Pictures that are only softer than before are passed over for this long; then they are better than none. */
const adoptBlurAfterMs = 600_000

/** Share of pixels below 16 of 255. The darkest real picture of a print that still shows it has 0.912. */
const darkestShare = 0.97
/**
 * Sharpness (variance of the Laplacian) of a picture without detail. Real pictures of prints have 40 to 5000; one
 * blurred by a Gaussian of 3 pixels of 320 has 2 to 4.3, by 2 pixels 5 to 16.
 */
const noDetail = 5
const littleDetail = 16
/** Detail left, in parts of what is usual here, light taken out. */
const detailLeft = 0.06
/**
 * Fineness left, in parts of what is usual here, while the contrast stays. On good runs it is 0.69 of their median at
 * least; blurred by a Gaussian of 2 pixels of 320 it has 0.28 to 0.55, of 1 pixel 0.41 to 0.66, which is not always
 * said. More blur is plain by its sharpness.
 */
const finenessLeft = 0.6
const contrastLeft = 0.7
/** Deviation of the thumbnail, in luma steps, of an even surface. */
const evenContrast = 12
/** Pictures the usual detail is learned from, and how fast it follows a growing print and wandering light. */
const learnPictures = 10
const following = { detail: 0.05, fineness: 0.01 }
/** Without a picture for so long another print may lie there under another light: usual detail is learned anew. */
const forgetAfterMs = 600_000
/**
 * What makes a picture one of a camera that was moved, by the edges of what stood still. Where pictures of good runs
 * lie best by another shift, they gain 0.13 by it and as many regions stay as go, or match nowhere (0.27);
 * moved by 3 to 25 % of the width, half of them gain 0.5 to 0.7, and regions stay in none. The best of all shifts
 * must be plain by itself, or regions enough must agree on it (`npm run quality:bench`; all its runs were looked at).
 */
const move = {
  leastCells: 2,
  shifted: 0.4,
  gain: 0.2,
  regions: 3,
  stayedPerWent: 0.25,
  plain: { overRival: 0.1, ofTold: 0 },
  agreed: { overRival: 0.03, ofTold: 0.3 },
} as const
/** What a picture without a plain move must have for it to show that nothing moved; else a head may be in the way. */
const inPlace = { least: 0.4, stayedOfTold: 0.25 }
/** Pictures that do not show it may lie between those of a move, until this long after its first. */
const moveExpiresAfterMs = 300_000

/** What is remembered from picture to picture of one camera. */
export interface QualityState {
  /** What the last pictures suggest, and since when. */
  readonly suspicion?: Episode
  /** The problem there is, until it ends. */
  readonly problem?: Problem
  readonly goodInRow: number
  readonly problemSinceMs: number
  /** The newest picture, since when it has been the same, and when it was last seen. */
  readonly last?: { figures: PictureFigures; sinceMs: number; seenMs: number }
  /** Usual detail in relation to contrast, usual fineness and contrast: slow averages over good pictures. */
  readonly usualDetail: number
  readonly usualFineness: number
  readonly usualContrast: number
  readonly goodPictures: number
  readonly outlook: Outlook
}

interface Episode {
  readonly problem: Problem
  readonly isSoft?: true
  readonly shift?: Shift
  readonly sinceMs: number
  readonly pictures: number
}

/** What one picture suggests. */
interface Suspect {
  readonly problem: Problem
  /** Detail is left, but less than is usual here. */
  readonly isSoft?: true
  /** Absent where the picture does not show whether it is one of a move that others showed. */
  readonly shift?: Shift
}

export const unknownQuality: QualityState = {
  goodInRow: 0,
  problemSinceMs: 0,
  usualDetail: 0,
  usualFineness: 0,
  usualContrast: 0,
  goodPictures: 0,
  outlook: unknownOutlook,
}

/** Takes the figures of one picture into account; says whether it may be judged, and if not, why not. */
export function judgeQuality(
  before: QualityState,
  figures: PictureFigures,
  nowMs: number,
): [QualityState, QualityVerdict] {
  const isLater = before.last !== undefined && nowMs - before.last.seenMs > forgetAfterMs
  const state = isLater ? { ...before, goodPictures: 0 } : before
  const seen = suspect(state, figures, nowMs)
  const suspicion = seen && prolong(state, seen, nowMs)
  const next = settle({ ...learn(state, { figures, seen, nowMs }), ...(suspicion && { suspicion }) }, nowMs)
  if (next.problem === undefined) return [next, { isUsable: true }]
  return [next, { isUsable: false, reason: next.problem, detail: details[next.problem] }]
}

/** What this one picture suggests. */
function suspect(state: QualityState, figures: PictureFigures, nowMs: number): Suspect | undefined {
  if (state.last && isSame(state.last.figures, figures)) return { problem: 'camera-frozen' }
  const { sharpness, darkShare, thumbnail } = figures
  if (darkShare > darkestShare && sharpness < littleDetail) return { problem: 'camera-dark' }
  const contrast = contrastOf(thumbnail)
  if (sharpness < noDetail) return { problem: contrast < evenContrast ? 'camera-blocked' : 'camera-blurred' }
  if (isBlurred(state, figures, contrast)) return { problem: 'camera-blurred', isSoft: true }
  const shift = findMove(state.outlook, thumbnail)
  if (shift === 'unclear') return isMoveOpen(state, nowMs) ? { problem: 'camera-moved' } : undefined
  return shift && { problem: 'camera-moved', shift }
}

/** Much less detail, or less fine detail, than is usual here. */
function isBlurred(state: QualityState, { sharpness, fineness }: PictureFigures, contrast: number): boolean {
  if (state.goodPictures < learnPictures) return false
  if (sharpness < littleDetail && sharpness / contrast ** 2 < detailLeft * state.usualDetail) return true
  // In little light the camera itself takes fine detail away.
  return contrast > contrastLeft * state.usualContrast && fineness < finenessLeft * state.usualFineness
}

/**
 * Whether what stood still lies elsewhere, all of it by the same way, and how far; undefined where it is in its place.
 */
function findMove(outlook: Outlook, thumbnail: Uint8Array): Shift | 'unclear' | undefined {
  const match = matchOutlook(outlook, thumbnail)
  if (match === undefined) return undefined
  if (isMove(match)) return match.shift
  return match.inPlace < inPlace.least && match.stayed <= inPlace.stayedOfTold * match.told
    ? 'unclear'
    : undefined
}

function isMoveOpen({ suspicion }: QualityState, nowMs: number): boolean {
  return suspicion?.problem === 'camera-moved' && nowMs - suspicion.sinceMs < moveExpiresAfterMs
}

function isMove({ inPlace, shifted, shift, rival, told, went, stayed }: OutlookMatch): boolean {
  if (Math.max(Math.abs(shift.x), Math.abs(shift.y)) < move.leastCells) return false
  if (shifted < move.shifted || shifted - inPlace < move.gain) return false
  if (went < move.regions || stayed > move.stayedPerWent * went) return false
  return [move.plain, move.agreed].some(
    ({ overRival, ofTold }) => shifted - rival >= overRival && went >= ofTold * told,
  )
}

/** No two pictures of a real sensor are the same to the last bit. */
function isSame(a: PictureFigures, b: PictureFigures): boolean {
  return (
    a.brightness === b.brightness &&
    a.sharpness === b.sharpness &&
    a.thumbnail.every((value, cell) => value === b.thumbnail[cell])
  )
}

/** Goes on with what the last pictures suggested, or begins anew; a camera that was moved lies still elsewhere. */
function prolong(state: QualityState, seen: Suspect, nowMs: number): Episode {
  const { suspicion: before } = state
  if (before?.problem === seen.problem && isNear(before.shift, seen.shift)) {
    const isUnclear = seen.problem === 'camera-moved' && !seen.shift
    return isUnclear ? before : { ...before, pictures: before.pictures + 1 }
  }
  // The first of equal pictures counts too.
  const isFrozen = seen.problem === 'camera-frozen'
  const sinceMs = isFrozen ? (state.last?.sinceMs ?? nowMs) : nowMs
  return { ...seen, sinceMs, pictures: isFrozen ? 2 : 1 }
}

function isNear(a: Shift | undefined, b: Shift | undefined): boolean {
  return !a || !b || Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) <= 2
}

/** Remembers the picture; what is usual is learned from good ones alone. */
function learn(
  { suspicion: _ended, ...state }: QualityState,
  { figures, seen, nowMs }: { figures: PictureFigures; seen: Suspect | undefined; nowMs: number },
): QualityState {
  const isFrozen = seen?.problem === 'camera-frozen'
  const first = isFrozen && state.last ? state.last : { figures, sinceMs: nowMs }
  const last = { ...first, seenMs: nowMs }
  if (seen) return { ...state, goodInRow: 0, last }
  const contrast = contrastOf(figures.thumbnail)
  const approach = (usual: number, now: number, speed: number) =>
    usual + Math.max(1 / (state.goodPictures + 1), speed) * (now - usual)
  const detail = figures.sharpness / Math.max(contrast, 1) ** 2
  return {
    ...state,
    goodInRow: state.goodInRow + 1,
    last,
    usualDetail: approach(state.usualDetail, detail, following.detail),
    usualFineness: approach(state.usualFineness, figures.fineness, following.fineness),
    usualContrast: approach(state.usualContrast, contrast, following.fineness),
    goodPictures: state.goodPictures + 1,
    outlook: followOutlook(state.outlook, figures.thumbnail),
  }
}

/** Begins and ends problems. */
function settle(state: QualityState, nowMs: number): QualityState {
  const { suspicion } = state
  const { problem, ...withoutProblem } = state
  const lastedMs = nowMs - state.problemSinceMs
  if (problem === 'camera-moved' && lastedMs >= adoptMoveAfterMs) {
    return { ...withoutProblem, outlook: unknownOutlook }
  }
  const isSoft = state.last !== undefined && state.last.figures.sharpness >= littleDetail
  if (problem === 'camera-blurred' && isSoft && lastedMs >= adoptBlurAfterMs) {
    return { ...withoutProblem, goodPictures: 0 }
  }
  if (suspicion && suspicion.problem !== problem && hasLasted(suspicion, nowMs)) {
    return { ...state, problem: suspicion.problem, problemSinceMs: nowMs }
  }
  return problem !== undefined && state.goodInRow >= goodToRecover ? withoutProblem : state
}

function hasLasted({ problem, isSoft, sinceMs, pictures }: Episode, nowMs: number): boolean {
  const least = isSoft ? softPatience : patience[problem]
  return pictures >= least.pictures && nowMs - sinceMs >= least.ms
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
