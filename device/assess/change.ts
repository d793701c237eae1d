import { applyFit, type Fit, fitPicture, type Reference } from './change-align.ts'
import { type ChangeHistory, judgeChange, noHistory } from './change-judge.ts'
import { type ChangeMeasures, measureChange, middlePicture } from './change-measure.ts'
import { bandWidth, emptyZone, followZone, movingLuma, stepLayers, type Zone } from './change-zone.ts'
import type { LayerEvidence } from './evidence.ts'
import { type GreyPicture, smoothPicture } from './grey.ts'
import {
  framesOfLayer,
  type LayerPicture,
  makeLayerPicture,
  maxFrames,
  type PlacedPicture,
} from './layer-picture.ts'

/*
 * The second sense: what changed from layer to layer. A network sees spaghetti; it cannot see that nothing grows
 * any more. Each frame is laid over those before it, each layer becomes one comparable picture, and the last few
 * of these say whether the part grew, moved, or lost a piece. Nothing here is trained, and the memory is bounded:
 * some ten grey pictures and a few numbers a cell.
 */

export interface ChangeState {
  /** Frames laid over the print's first one, oldest first. */
  readonly recent: readonly PlacedPicture[]
  /** The comparable pictures of the last layers. */
  readonly layers: readonly LayerPicture[]
  readonly reference: Reference | undefined
  readonly zone: Zone | undefined
  /** Frames in a row that did not fit. */
  readonly unfit: number
  readonly history: ChangeHistory
  /** When the open layer's first frame was taken. */
  readonly beganSeconds: number
}

/** What a layer showed when it ended. */
export interface ChangeReport {
  readonly layer: number
  readonly isComparable: boolean
  readonly whyNot?: 'first-layers' | 'other-view' | 'no-picture'
  readonly measures?: ChangeMeasures
  readonly evidence: readonly LayerEvidence[]
}

export const nothingSeen: ChangeState = {
  recent: [],
  layers: [],
  reference: undefined,
  zone: undefined,
  unfit: 0,
  history: noHistory,
  beganSeconds: 0,
}

/** Share of the still blocks that must lie where they did: less is another view, or another light. */
const leastAgreement = 0.4
/** Frames in a row that do not fit, after which the new view is the one to compare with. */
const adoptAfter = 4
const keptLayers = stepLayers + 2

/** One frame: its layer and when it was taken, in seconds of printing. */
export interface TimedPicture {
  readonly layer: number
  readonly atSeconds: number
  readonly picture: GreyPicture
}

/** Takes one frame of a layer; where it is the first of a later layer, the one before is measured. */
export function seeChange(state: ChangeState, frame: TimedPicture): [ChangeState, ChangeReport | undefined] {
  const open = state.recent.at(-1)?.layer
  const isNext = open !== undefined && frame.layer !== open
  const [before, change] = isNext ? closeLayer(state, open, frame.atSeconds) : [state, undefined]
  const began = isNext || open === undefined ? { ...before, beganSeconds: frame.atSeconds } : before
  return [addFrame(began, frame), change]
}

function addFrame(state: ChangeState, { layer, picture }: PlacedPicture): ChangeState {
  const smooth = smoothPicture(picture)
  const { reference, beganSeconds } = state
  const isOtherSize = reference !== undefined && reference.picture.luma.length !== smooth.luma.length
  if (!reference || isOtherSize) return { ...startWith({ layer, picture: smooth }), beganSeconds }
  const fit: Fit = fitPicture(reference, smooth)
  if (fit.agreement < leastAgreement) {
    const unfit = state.unfit + 1
    return unfit >= adoptAfter
      ? { ...startWith({ layer, picture: smooth }), beganSeconds }
      : { ...state, unfit }
  }
  const placed = { layer, picture: applyFit(smooth, fit) }
  return { ...state, unfit: 0, recent: [...state.recent, placed].slice(-2 * maxFrames) }
}

function startWith(frame: PlacedPicture): ChangeState {
  const still = new Uint8Array(frame.picture.luma.length).fill(1)
  return { ...nothingSeen, recent: [frame], reference: { picture: frame.picture, still } }
}

/** Ends a layer: its frames become one picture, which is measured against those of the layers before. */
export function closeLayer(
  state: ChangeState,
  layer: number,
  endedSeconds: number,
): [ChangeState, ChangeReport] {
  const own = state.recent.filter((frame) => frame.layer === layer).length
  const picture = own > 0 ? makeLayerPicture(layer, framesOfLayer(state.recent, layer)) : undefined
  if (!picture) return [state, notComparable(layer, state.unfit > 0 ? 'other-view' : 'no-picture')]
  const layers = [...state.layers, picture].slice(-keptLayers)
  const zone = state.zone ?? emptyZone(picture.width, picture.height)
  const measures = measureChange(zone, layers)
  const next = { ...state, layers, reference: referenceFrom(picture), zone: followZone(zone, layers) }
  if (!measures) return [next, notComparable(layer, 'first-layers')]
  const { width, height } = picture
  const seconds = Math.max(0, endedSeconds - state.beganSeconds)
  const [history, evidence] = judgeChange(state.history, { measures, frames: own, seconds, width, height })
  return [
    { ...next, history },
    { layer, isComparable: true, measures, evidence },
  ]
}

function notComparable(layer: number, whyNot: NonNullable<ChangeReport['whyNot']>): ChangeReport {
  return { layer, isComparable: false, whyNot, evidence: [] }
}

function referenceFrom(picture: LayerPicture): Reference {
  const still = picture.low.map((_, i) => (bandWidth(picture, i) <= movingLuma ? 1 : 0))
  return { picture: middlePicture(picture), still }
}
