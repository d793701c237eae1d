import type { Mask } from '@layerwatch/shared/mask.ts'
import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import { addChanges, type ChangeSums } from './changes.ts'
import type { Decision, Suspicion } from './decide.ts'
import { decide, noSuspicion } from './decide.ts'
import type { LayerEvidence } from './evidence.ts'
import { findDefects } from './finding.ts'
import type { Policy } from './policy.ts'
import { rarityOf } from './rarities.ts'
import type { LayerReport, Sight } from './report.ts'
import { addSight, addUnusable, startReport } from './report.ts'
import { graver } from './strip.ts'
import { acceptViews, type CameraSight, joinViews, seeViews, type ViewGrounds, type Views } from './views.ts'

/*
 * One print, assessed frame by frame: each frame joins its layer's report and is decided on at once; a layer is
 * closed when a frame of a later one comes. The agent's monitor and `replay` run this same code.
 */

export interface Assessment {
  readonly grounds: Grounds
  readonly report?: LayerReport
  readonly gravest?: Decision
  readonly suspicion: Suspicion
  /** What each camera has shown, and how much its newest frame stands out. */
  readonly views: Views
  readonly changes: ChangeSums
  /** Mean length of the layers closed so far. */
  readonly layerSeconds: number
  readonly layersClosed: number
  /** 0..100: falls with the worst layer at once and rises slowly after it. */
  readonly health: number
}

/** What stays the same during a print: the model's rarities, and what this printer's history taught. */
export interface Grounds extends ViewGrounds {
  /** Added to the thresholds, ln. */
  readonly shift: number
  /** What the owner said to ignore; `seeFrame` is to be called with it. */
  readonly mask?: Mask | undefined
}

export interface ClosedLayer {
  report: LayerReport
  gravest: Decision | undefined
  /** Layers printed between this one and the next that was seen. */
  skipped: number[]
  endedSeconds: number
  /** Health of the print after this layer, 0..100. */
  printHealth: number
}

/** How the verdict turned with this frame, if it did. */
export type Turn = 'suspected' | 'confirmed' | 'cleared'

export interface Outcome {
  closed?: ClosedLayer
  decision?: Decision
  turn?: Turn
  /** The camera that shows most of what was decided on. */
  camera?: string
}

/** A frame as it is assessed: usable with its sight, or not. */
export interface PlacedFrame {
  layer: number
  atSeconds: number
  sight?: Sight
  /** Which of the printer's cameras took it, where it has several. */
  camera?: string
  /** What its other cameras saw in the same round. */
  others?: readonly CameraSight[]
  /** What was found by comparing the newest layer with those before it. */
  evidence?: readonly LayerEvidence[]
  /** How long the print still goes on, where known. */
  hoursLeft?: number
}

/** Layers without a frame that are named one by one; a greater jump is a printer that lost count. */
const maxSkipped = 50
const onlyCamera = 'camera'
/** Length of a layer before any was seen whole. */
const typicalLayerSeconds = 60
/** Health that a print regains with each good layer. */
const healthPerLayer = 5

/** A print about to begin, judged by a model and by what its printer's history taught. */
export function startAssessment(
  about: Partial<Omit<Grounds, 'rarity'>> & { modelSha256?: string } = {},
): Assessment {
  const { modelSha256, shift = 0, baselines = {}, mask } = about
  return {
    grounds: { rarity: rarityOf(modelSha256).rarity, shift, baselines, mask },
    suspicion: noSuspicion,
    views: {},
    changes: {},
    layerSeconds: typicalLayerSeconds,
    layersClosed: 0,
    health: 100,
  }
}

/** A print about to begin, judged by the shipped model, of whose printer nothing is known. */
export const newAssessment: Assessment = startAssessment()

export function assess(before: Assessment, frame: PlacedFrame, policy: Policy): [Assessment, Outcome] {
  const isNewLayer = before.report !== undefined && frame.layer > before.report.layer
  const closed = isNewLayer ? closeLayer(before, frame.atSeconds, frame.layer) : undefined
  const state = closed ? beginLayer(before, closed) : before
  const open = state.report ?? startReport(frame.layer, frame.atSeconds)
  const changes = frame.evidence ? addChanges(state.changes, frame.evidence, open.layer) : state.changes
  if (!frame.sight) {
    const next = { ...state, changes, report: addUnusable(open, frame.atSeconds) }
    return [next, closed ? { closed } : {}]
  }
  const seen = { camera: frame.camera ?? onlyCamera, sight: frame.sight }
  const views = seeViews(state.views, [seen, ...(frame.others ?? [])], state.grounds)
  const joint = joinViews(views, frame.atSeconds)
  const findings = findDefects({
    sight: joint?.sight ?? frame.sight,
    standout: joint?.standout,
    note: joint?.note,
    changes,
    layerSeconds: state.layerSeconds,
  })
  const [suspicion, decision] = decide(state.suspicion, findings, {
    layer: open.layer,
    policy,
    shift: state.grounds.shift,
    hoursLeft: frame.hoursLeft,
  })
  const turn = turnOf(state.suspicion.verdict, suspicion.verdict)
  const next = {
    ...state,
    views,
    changes,
    suspicion,
    report: addSight(open, frame.sight, decision),
    gravest: graver(state.gravest, decision),
  }
  const camera = joint?.camera ?? seen.camera
  return [next, { decision, camera, ...(closed ? { closed } : {}), ...(turn ? { turn } : {}) }]
}

/** Looks at a frame before the first layer: how the printer looks is learned, nothing is decided. */
export function prepareAssessment(
  before: Assessment,
  { sight, camera = onlyCamera, others = [] }: { sight: Sight } & Pick<PlacedFrame, 'camera' | 'others'>,
): Assessment {
  return { ...before, views: seeViews(before.views, [{ camera, sight }, ...others], before.grounds) }
}

/** Ends the layer that is open, at the end of the print or before a later layer. */
export function closeLayer(
  state: Assessment,
  endedSeconds: number,
  nextLayer?: number,
): ClosedLayer | undefined {
  const { report, gravest } = state
  if (!report) return undefined
  const skippedCount = nextLayer === undefined ? 0 : nextLayer - report.layer - 1
  const skipped =
    skippedCount > maxSkipped ? [] : Array.from({ length: skippedCount }, (_, i) => report.layer + 1 + i)
  const printHealth = Math.min(gravest?.health ?? 100, Math.min(100, state.health + healthPerLayer))
  return { report, gravest, skipped, endedSeconds, printHealth }
}

/** Goes on after a person resumed: what is in sight now pauses no more; a failure that grows beyond it does. */
export function resumeAssessment(
  state: Assessment,
  shown: Sight | undefined,
  camera = onlyCamera,
): Assessment {
  const seen = shown ? [{ camera, sight: shown }] : []
  const views = acceptViews(seeViews(state.views, seen, state.grounds))
  return { ...state, suspicion: noSuspicion, changes: {}, views }
}

/** The layers are counted anew, by a better source: the one that was open is closed by the caller. */
export function recountAssessment({ report: _closed, gravest: _decided, ...state }: Assessment): Assessment {
  return state
}

function beginLayer(
  before: Assessment,
  { report, endedSeconds, skipped, printHealth }: ClosedLayer,
): Assessment {
  const { layerSeconds, layersClosed } = before
  const seconds = Math.max(1, endedSeconds - report.beganSeconds) / (skipped.length + 1)
  const counted = Math.min(layersClosed + 1, 20)
  return {
    ...recountAssessment(before),
    layersClosed: layersClosed + 1,
    layerSeconds: layerSeconds + (seconds - layerSeconds) / (counted + 1),
    health: printHealth,
  }
}

function turnOf(before: Verdict, after: Verdict): Turn | undefined {
  if (after === before) return undefined
  if (after === 'fail') return 'confirmed'
  if (after === 'ok') return 'cleared'
  return before === 'ok' ? 'suspected' : undefined
}
