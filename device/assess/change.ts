import { applyFit, fitPicture, leastAgreement, type Reference } from './change-align.ts'
import { type ChangeHistory, judgeChange, noHistory } from './change-judge.ts'
import { type ChangeMeasures, measureChange, middleOf } from './change-measure.ts'
import { emptyPart, followPart, type Part } from './change-part.ts'
import { framesPerLayer, keptFrames, openWindows, type PlacedPicture, type Windows } from './change-window.ts'
import { emptyZone, followZone, type Zone } from './change-zone.ts'
import type { LayerEvidence } from './evidence.ts'
import { type GreyPicture, smoothPicture } from './grey.ts'

/*
 * The second sense: what changed from layer to layer. A network sees spaghetti; it cannot see that nothing grows
 * any more. Frames are laid over those before them, and those of a layer are held against those of some layers ago:
 * whether the part grew, and whether what stood still stands. Nothing here is trained, and the memory is bounded:
 * some twenty grey pictures, and a few numbers a pixel.
 */

export interface ChangeState {
  /** Frames laid over the print's first one, oldest first. */
  readonly recent: readonly PlacedPicture[]
  readonly reference: Reference | undefined
  readonly zone: Zone
  readonly part: Part
  /** Frames in a row that did not fit. */
  readonly unfit: number
  readonly history: ChangeHistory
  /** The open layer: when its first frame was taken, when the last one that is kept, and how many there were. */
  readonly open:
    | { readonly layer: number; readonly beganSeconds: number; readonly frames: number }
    | undefined
  readonly keptSeconds: number
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
  reference: undefined,
  zone: emptyZone(0, 0),
  part: emptyPart(0),
  unfit: 0,
  history: noHistory,
  open: undefined,
  keptSeconds: -Infinity,
}

/** Frames in a row that do not fit, after which the new view is the one to compare with. */
const adoptAfter = 4
/** More of the picture than this changed for good at once: the camera was moved, whatever its blocks say. */
const mostChanged = 0.15
/** Frames that are kept lie this share of a layer apart, so that the head has moved on. */
const apartShare = 0.2

/** One frame: its layer and when it was taken, in seconds of printing. */
export interface TimedPicture {
  readonly layer: number
  readonly atSeconds: number
  readonly picture: GreyPicture
}

/** Takes one frame of a layer; where it is the first of another layer, the one before is measured. */
export function seeChange(state: ChangeState, frame: TimedPicture): [ChangeState, ChangeReport | undefined] {
  const { layer, atSeconds } = frame
  const isNext = state.open !== undefined && layer !== state.open.layer
  const [before, report] = isNext ? closeLayer(state, atSeconds) : [state, undefined]
  const open = before.open ?? { layer, beganSeconds: atSeconds, frames: 0 }
  const seen = { ...before, open: { ...open, frames: open.frames + 1 } }
  return [isWorthKeeping(seen, frame) ? addFrame(seen, frame) : seen, report]
}

/** Each costs some milliseconds: of a layer that takes long, a few are enough. */
function isWorthKeeping(
  { recent, history, keptSeconds }: ChangeState,
  { layer, atSeconds }: TimedPicture,
): boolean {
  if (recent.at(-1)?.layer !== layer) return true
  return atSeconds - keptSeconds >= apartShare * (history.seconds.at(-1) ?? 0)
}

function addFrame(state: ChangeState, { layer, picture, atSeconds }: TimedPicture): ChangeState {
  const smooth = smoothPicture(picture)
  const { reference } = state
  if (reference?.picture.luma.length !== smooth.luma.length)
    return startWith(state, { layer, picture: smooth })
  const fit = fitPicture(reference, smooth)
  if (fit.agreement < leastAgreement) {
    const unfit = state.unfit + 1
    return unfit >= adoptAfter ? startWith(state, { layer, picture: smooth }) : { ...state, unfit }
  }
  const recent = keepNewest(state.recent, { layer, picture: applyFit(smooth, fit) })
  return { ...state, unfit: 0, recent, keptSeconds: atSeconds }
}

/** Of one layer the newest frames, and of all as many as the windows need. */
function keepNewest(recent: readonly PlacedPicture[], frame: PlacedPicture): readonly PlacedPicture[] {
  const own = recent.filter(({ layer }) => layer === frame.layer)
  const oldest = own.length >= framesPerLayer ? own[0] : undefined
  return [...recent.filter((one) => one !== oldest), frame].slice(-keptFrames)
}

/** Another view, or a first one: what was known of the part's place holds no more. */
function startWith({ open }: ChangeState, frame: PlacedPicture): ChangeState {
  const { width, height, luma } = frame.picture
  const still = new Uint8Array(luma.length).fill(1)
  return {
    ...nothingSeen,
    recent: [frame],
    reference: { picture: frame.picture, still },
    zone: emptyZone(width, height),
    part: emptyPart(luma.length),
    open,
  }
}

/** Ends the open layer: its frames are measured against those of the layers before. */
export function closeLayer(
  state: ChangeState,
  endedSeconds: number,
): [ChangeState, ChangeReport | undefined] {
  const { open, zone, part } = state
  if (!open) return [state, undefined]
  const { layer } = open
  const next = { ...state, open: undefined }
  const isSeen = state.recent.at(-1)?.layer === layer
  if (!isSeen) return [next, notComparable(layer, state.unfit > 0 ? 'other-view' : 'no-picture')]
  const windows = openWindows(state.recent)
  if (!windows) return [next, notComparable(layer, 'first-layers')]
  const { measures, steps, check, cells } = measureChange(windows, { zone, part })
  const newest = state.recent.at(-1)
  if (measures.changedShare > mostChanged && newest) {
    return [startWith(next, newest), notComparable(layer, 'other-view')]
  }
  const seconds = Math.max(0, endedSeconds - open.beganSeconds)
  const { width, height, spansLayers } = windows
  const judged = { measures, frames: open.frames, spansLayers, seconds, width, height }
  const [history, evidence] = judgeChange(state.history, judged)
  const known = {
    ...next,
    history,
    zone: followZone(zone, steps),
    part: followPart(part, check, { steps, zone, cells }),
    reference: referenceFrom(windows),
  }
  return [known, { layer, isComparable: true, measures, evidence }]
}

function notComparable(layer: number, whyNot: NonNullable<ChangeReport['whyNot']>): ChangeReport {
  return { layer, isComparable: false, whyNot, evidence: [] }
}

/** Frames that differ by more than this at a pixel, in luma steps, show something that moves. */
const movingLuma = 14

/** What the next frames are laid over: the newest, and where in them nothing moved. */
function referenceFrom({ now, ...size }: Windows): Reference {
  const still = new Uint8Array(size.width * size.height)
  for (let i = 0; i < still.length; i++) {
    let [low, high] = [255, 0]
    for (const picture of now) {
      const value = picture[i] ?? 0
      if (value < low) low = value
      if (value > high) high = value
    }
    still[i] = high - low <= movingLuma ? 1 : 0
  }
  return { picture: middleOf(now, size), still }
}
