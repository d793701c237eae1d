import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import type { Decision, Suspicion, Thresholds } from './decide.ts'
import { acceptSight, decide, noSuspicion } from './decide.ts'
import type { LayerReport, Sight } from './report.ts'
import { addSight, addUnusable, startReport } from './report.ts'
import { graver } from './strip.ts'

/*
 * One print, assessed frame by frame: each frame joins its layer's report and is decided on at once; a layer is
 * closed when a frame of a later one comes. The agent's monitor and `replay` run this same code.
 */

export interface Assessment {
  readonly report?: LayerReport
  readonly gravest?: Decision
  readonly suspicion: Suspicion
}

export interface ClosedLayer {
  report: LayerReport
  gravest: Decision | undefined
  /** Layers printed between this one and the next that was seen. */
  skipped: number[]
  endedSeconds: number
}

/** How the verdict turned with this frame, if it did. */
export type Turn = 'suspected' | 'confirmed' | 'cleared'

export interface Outcome {
  closed?: ClosedLayer
  decision?: Decision
  turn?: Turn
}

/** A frame as it is assessed: usable with its sight, or not. */
export interface PlacedFrame {
  layer: number
  atSeconds: number
  sight?: Sight
}

export const newAssessment: Assessment = { suspicion: noSuspicion }

/** Layers without a frame that are named one by one; a greater jump is a printer that lost count. */
const maxSkipped = 50

export function assess(
  before: Assessment,
  frame: PlacedFrame,
  thresholds: Thresholds,
): [Assessment, Outcome] {
  const isNewLayer = before.report !== undefined && frame.layer > before.report.layer
  const closed = isNewLayer ? closeLayer(before, frame.atSeconds, frame.layer) : undefined
  const open = before.report && !isNewLayer ? before.report : startReport(frame.layer, frame.atSeconds)
  const kept = isNewLayer ? {} : gravestOf(before.gravest)
  if (!frame.sight) {
    const next = { ...kept, report: addUnusable(open, frame.atSeconds), suspicion: before.suspicion }
    return [next, closed ? { closed } : {}]
  }
  const report = addSight(open, frame.sight)
  const [suspicion, decision] = decide(before.suspicion, report, thresholds)
  const turn = turnOf(before.suspicion.verdict, suspicion.verdict)
  return [
    { report, suspicion, gravest: graver(kept.gravest, decision) },
    { decision, ...(closed ? { closed } : {}), ...(turn ? { turn } : {}) },
  ]
}

/** Ends the layer that is open, at the end of the print or before a later layer. */
export function closeLayer(
  state: Assessment,
  endedSeconds: number,
  nextLayer?: number,
): ClosedLayer | undefined {
  const { report } = state
  if (!report) return undefined
  const skippedCount = nextLayer === undefined ? 0 : nextLayer - report.layer - 1
  const skipped =
    skippedCount > maxSkipped ? [] : Array.from({ length: skippedCount }, (_, i) => report.layer + 1 + i)
  return { report, gravest: state.gravest, skipped, endedSeconds }
}

/** Goes on after a person resumed: see `acceptSight`. */
export function resumeAssessment(state: Assessment, shown: Sight | undefined): Assessment {
  return { ...state, suspicion: acceptSight(state.suspicion, shown) }
}

function gravestOf(gravest: Decision | undefined): { gravest?: Decision } {
  return gravest ? { gravest } : {}
}

function turnOf(before: Verdict, after: Verdict): Turn | undefined {
  if (after === before) return undefined
  if (after === 'fail') return 'confirmed'
  if (after === 'ok') return 'cleared'
  return before === 'ok' ? 'suspected' : undefined
}
