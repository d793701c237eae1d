import type { Box } from '@layerwatch/shared/vocabulary.ts'
import { median } from './change-light.ts'
import type { ChangeMeasures, PixelBox } from './change-measure.ts'
import { leastPartPixels, lostShareOf } from './change-part.ts'
import type { LayerEvidence } from './evidence.ts'

/*
 * What the measures of a layer say for and against a failure. A print is held against its own past: how much of
 * its growth this camera sees, and how long it stood still before and went on all the same. A print whose growth
 * was hardly to be seen is not accused when none is seen.
 */

export interface ChangeHistory {
  /** Growth of the last layers that grew; newest last. */
  readonly grown: readonly number[]
  /** Layers in a row without growth now, and the most that there were before growth came back. */
  readonly lull: number
  readonly longestLull: number
  /** Seconds each layer took. */
  readonly seconds: readonly number[]
  /** Share of what stood that was gone, 0..1, in the last layers that showed it. */
  readonly lost: readonly number[]
  /** Layers left in which one remembers that far more changed than ever grows. */
  readonly upheavals: number
}

export const noHistory: ChangeHistory = {
  grown: [],
  lull: 0,
  longestLull: 0,
  seconds: [],
  lost: [],
  upheavals: 0,
}

/** Layers a print is held against, and how many it takes to say anything. */
const rememberLayers = 20
const leastLayers = 5
/** Changed pixels a layer from which growth is plainly visible. */
const visibleGrowth = 60
/** Growth below this share of the usual is none. */
const lullShare = 0.1
/** Less of what stood than this in sight: what hides it hides growth too. */
const leastSeen = 0.5
/** More of what stood than this gone: it is another failure than standing still. */
const mostLost = 0.2

export interface JudgedLayer {
  readonly measures: ChangeMeasures
  /** Frames of this layer's own. */
  readonly frames: number
  /** Layers that the newest frames, by which it is judged, were taken in. */
  readonly spansLayers: number
  /** From its first frame to the next layer's. */
  readonly seconds: number
  readonly width: number
  readonly height: number
}

/** Says what a layer's measures mean, and remembers them. */
export function judgeChange(before: ChangeHistory, layer: JudgedLayer): [ChangeHistory, LayerEvidence[]] {
  const timed = timeLayer(before, layer)
  const [grown, growth] = judgeGrowth(timed, layer)
  const [history, part] = judgePart({ ...grown, upheavals: countUpheaval(timed, layer) }, layer)
  return [history, [growth, part].filter((one) => one !== undefined)]
}

/** Growth against the print's own: none of it is what a clog, an empty spool and printing in the air look like. */
function judgeGrowth(history: ChangeHistory, layer: JudgedLayer): [ChangeHistory, LayerEvidence | undefined] {
  const { grown, kept, lost, hidden } = layer.measures
  if (grown === undefined) return [history, undefined]
  const usual = median(history.grown)
  const isKnown = history.grown.length >= leastLayers
  const isLull = isKnown && grown < lullShare * usual
  const next = isLull ? { ...history, lull: history.lull + 1 } : learnGrowth(history, grown)
  const seen = kept + lost
  const canTell = usual >= visibleGrowth && seen >= leastSeen * (seen + hidden)
  if (!isKnown || !canTell || lostShareOf(layer.measures) > mostLost) return [next, undefined]
  // A print that stood still as long before, for its shape or for where the camera stands, is not accused again.
  if (isLull && next.lull <= history.longestLull) return [next, undefined]
  const share = grown / usual
  const ratio = growthRatio(share)
  const reason = `The print ${ratio > 0 ? 'hardly ' : ''}grew: ${Math.round(share * 100)} % of the change usual in a layer of it.`
  return [next, evidenceOf(layer, { defect: 'no_growth', ratio, reason })]
}

function learnGrowth(history: ChangeHistory, grown: number): ChangeHistory {
  return {
    ...history,
    grown: last([...history.grown, grown]),
    lull: 0,
    longestLull: Math.max(history.longestLull, history.lull),
  }
}

/** ln of how often a layer grows by a share of the usual in clogged prints over how often in good ones. */
function growthRatio(share: number): number {
  if (share < 0.03) return 4.5
  if (share < lullShare) return 2
  if (share < 0.25) return -0.5
  return share < 0.5 ? -1.5 : -3
}

/**
 * Notes how long a layer took. Layers that take another time are of another shape: a base is done and a wall goes
 * on. How much growth is usual must then be learned anew, or every narrowing part would be accused.
 */
function timeLayer(history: ChangeHistory, layer: JudgedLayer): ChangeHistory {
  const seconds = last([...history.seconds, layer.seconds])
  const newest = seconds.slice(-timedLayers)
  const now = meanOf(newest)
  const usual = meanOf(history.seconds)
  // Layers begin and end with a frame, so that their times are known no better than to one frame's.
  const blur = layer.seconds / Math.max(1, layer.frames) / (timedLayers * Math.max(1, now))
  const isOther = history.seconds.length >= timedLayers && Math.abs(Math.log(now / usual)) > otherTime + blur
  return isOther
    ? { ...noHistory, lost: history.lost, upheavals: history.upheavals, seconds: newest }
    : { ...history, seconds }
}

/** Layers whose mean time counts. */
const timedLayers = 3
/** Logarithm of the ratio of times from which a layer is of another shape: a third more, a quarter less. */
const otherTime = 0.29

/** What falls over or is dragged about changes far more of the picture than a layer does. */
function countUpheaval({ grown, upheavals }: ChangeHistory, { measures }: JudgedLayer): number {
  const usual = Math.max(visibleGrowth, median(grown))
  return (measures.grown ?? 0) >= upheaval * usual ? rememberUpheaval : Math.max(0, upheavals - 1)
}

/** Growth that is so many times the usual, and layers for which it is remembered. */
const upheaval = 2.5
const rememberUpheaval = 6

/**
 * What stood: in its place, or gone. A part that comes loose is gone within some layers. What is lost slowly, layer
 * by layer, is light that wanders and a top that is built over.
 */
function judgePart(history: ChangeHistory, layer: JudgedLayer): [ChangeHistory, LayerEvidence | undefined] {
  const { kept, lost, moved } = layer.measures
  // Pictures of too many layers do not tell what stands from what passes by.
  if (kept + lost < leastPartPixels || layer.spansLayers > mostSpan) return [history, undefined]
  const share = lostShareOf(layer.measures)
  const usual = history.lost.length < leastLost ? 0 : median(history.lost)
  const isUpheaval = history.upheavals > 0
  const told = partRatio(share - usual)
  const ratio = kept + lost < (isUpheaval ? leastWithUpheaval : leastAccused) ? Math.min(0, told) : told
  // What may be the failure itself is not learned.
  const next = ratio > 0 ? history : { ...history, lost: [...history.lost, share].slice(-rememberLost) }
  const far = moved ? Math.round((Math.hypot(moved.dx, moved.dy) / layer.width) * 100) : 0
  const aside = moved ? ` It seems to lie aside by ${far} % of the picture's width.` : ''
  const gone = `${Math.round(share * 100)} % of what was printed is no longer where it stood.`
  const reason = ratio > 0 ? `${gone}${aside}` : 'The part is where it was.'
  return [next, evidenceOf(layer, { defect: 'detached', ratio, reason })]
}

/** Pixels of the part that must be seen, there or gone, to say that it is gone; fewer where much else changed. */
const leastAccused = 150
const leastWithUpheaval = 80
/** Layers by whose pictures one of them is judged, at most. */
const mostSpan = 3
/** Layers whose lost share is remembered, and how many tell what is usual. */
const rememberLost = 8
const leastLost = 4

/** ln of how often so much more than usual is gone after a part came loose over how often in good prints. */
function partRatio(more: number): number {
  if (more > 0.45) return 6
  if (more > 0.3) return 3
  return more > 0.2 ? 0 : -3
}

function evidenceOf(
  layer: JudgedLayer,
  { defect, ratio, reason }: { defect: LayerEvidence['defect']; ratio: number; reason: string },
): LayerEvidence | undefined {
  if (ratio === 0) return undefined
  const { box } = layer.measures
  const place = box ? { place: toShares(box, layer) } : {}
  return { source: 'change', defect, logLikelihoodRatio: ratio, reason, ...place }
}

function toShares(box: PixelBox, { width, height }: { width: number; height: number }): Box {
  return [box.x / width, box.y / height, box.width / width, box.height / height]
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function last(values: readonly number[]): readonly number[] {
  return values.slice(-rememberLayers)
}
