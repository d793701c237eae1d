import type { Grid, Mask } from '@layerwatch/shared/mask.ts'
import type { Rarity } from '@layerwatch/shared/rarity.ts'
import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import type { Cells } from './cells.ts'
import { addChanges, type ChangeSums } from './changes.ts'
import type { Decision, Suspicion } from './decide.ts'
import { decide, noSuspicion } from './decide.ts'
import type { LayerEvidence } from './evidence.ts'
import { findDefects } from './finding.ts'
import type { Policy } from './policy.ts'
import { rarityOf } from './rarities.ts'
import type { LayerReport, Sight } from './report.ts'
import { addSight, addUnusable, startReport } from './report.ts'
import { acceptScene, openScene, type Scene, type Standout, seeScene } from './scene.ts'
import { graver } from './strip.ts'

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
  readonly views: Readonly<Record<string, CameraView>>
  readonly changes: ChangeSums
  /** Mean length of the layers closed so far. */
  readonly layerSeconds: number
  readonly layersClosed: number
  /** 0..100: falls with the worst layer at once and rises slowly after it. */
  readonly health: number
}

interface CameraView {
  readonly scene: Scene
  readonly standout?: Standout | undefined
}

/** What stays the same during a print: the model's rarities, and what this printer's history taught. */
export interface Grounds {
  readonly rarity: Rarity
  /** Added to the thresholds, ln. */
  readonly shift: number
  /** What each camera usually shows of good prints, by its name. */
  readonly baselines: Readonly<Record<string, { readonly grid: Grid; readonly cells: Cells }>>
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
}

/** A frame as it is assessed: usable with its sight, or not. */
export interface PlacedFrame {
  layer: number
  atSeconds: number
  sight?: Sight
  /** Which of the printer's cameras took it, where it has several. */
  camera?: string
  /** What was found by comparing the newest layer with those before it. */
  evidence?: readonly LayerEvidence[]
  /** How long the print still goes on, where known. */
  hoursLeft?: number
}

/** Layers without a frame that are named one by one; a greater jump is a printer that lost count. */
const maxSkipped = 50
/** Cameras of one printer that are kept account of. */
const maxCameras = 4
const onlyCamera = 'camera'
/** What a camera saw longer ago, in seconds of printing, says nothing of now. */
const maxAgeSeconds = 180
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
  const views = lookAt(state, frame.sight, frame.camera ?? onlyCamera)
  const findings = findDefects({
    sight: frame.sight,
    standout: worstOf(views, frame.atSeconds),
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
  return [next, { decision, ...(closed ? { closed } : {}), ...(turn ? { turn } : {}) }]
}

/** Looks at a frame before the first layer: how the printer looks is learned, nothing is decided. */
export function prepareAssessment(before: Assessment, sight: Sight, camera = onlyCamera): Assessment {
  return { ...before, views: lookAt(before, sight, camera) }
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
  const seen = shown ? { ...state, views: lookAt(state, shown, camera) } : state
  const views = Object.entries(seen.views).map(([camera, { scene }]) => [
    camera,
    { scene: acceptScene(scene) },
  ])
  return { ...state, suspicion: noSuspicion, changes: {}, views: Object.fromEntries(views) }
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

function lookAt(state: Assessment, sight: Sight, camera: string): Assessment['views'] {
  const { heat, atSeconds } = sight
  const before = state.views[camera]
  if (!before && Object.keys(state.views).length >= maxCameras) return state.views
  const { width, height, cells } = heat
  const isSameGrid = before?.scene.grid.width === width && before.scene.grid.height === height
  if (!before || !isSameGrid) {
    const known = state.grounds.baselines[camera]
    const fits = known && known.grid.width === width && known.grid.height === height
    const scene = openScene(cells, {
      grid: { width, height },
      atSeconds,
      baseline: fits ? known.cells : undefined,
    })
    return { ...state.views, [camera]: { scene } }
  }
  const [scene, standout] = seeScene(before.scene, { map: cells, atSeconds }, state.grounds.rarity)
  // A late frame says nothing, and takes nothing back.
  return { ...state.views, [camera]: { scene, standout: standout ?? before.standout } }
}

/** A camera that sees it is not outvoted by one that does not; one that went blind has no say after a while. */
function worstOf(views: Assessment['views'], nowSeconds: number): Standout | undefined {
  return Object.values(views)
    .filter(({ scene }) => nowSeconds - scene.atSeconds <= maxAgeSeconds)
    .map(({ standout }) => standout)
    .reduce((most, one) => (one && (!most || one.nats > most.nats) ? one : most), undefined)
}

function turnOf(before: Verdict, after: Verdict): Turn | undefined {
  if (after === before) return undefined
  if (after === 'fail') return 'confirmed'
  if (after === 'ok') return 'cleared'
  return before === 'ok' ? 'suspected' : undefined
}
