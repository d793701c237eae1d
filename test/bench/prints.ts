import type { Assessment, Outcome } from '../../device/assess/assess.ts'
import { assess, newAssessment } from '../../device/assess/assess.ts'
import type { Policy } from '../../device/assess/policy.ts'
import { seeFrame } from '../../device/assess/report.ts'
import type { Detector } from '../../device/detector/detector.ts'
import type { Failure } from '../../device/simulator/failures.ts'
import { createRun } from '../../device/simulator/run.ts'
import { createSimulation, toRunSpec } from '../../device/simulator/simulation.ts'
import { judgeFrame } from '../../device/simulator/truth.ts'

/** One simulated print, watched to its pause or its end. Times are seconds of printing. */
export interface WatchedPrint {
  seed: number
  frames: number
  layers: number
  seconds: number
  visible?: { seconds: number; layer: number }
  paused?: { seconds: number; layer: number }
  suspicions: number
}

export interface WatchOptions {
  seed: number
  layers: number
  failure?: Failure
}

export interface Watcher {
  detector: Detector
  policy: Policy
  intervalSeconds: number
  size: { width: number; height: number }
}

/**
 * Prints and judges without a clock: the renderer, the detector and the decision are the ones that run in the
 * product; only what waits is left out. Worlds are those that no training saw.
 */
export async function watchPrint(options: WatchOptions, watcher: Watcher): Promise<WatchedPrint> {
  const spec = { ...options, world: 'judge' as const }
  const simulation = createSimulation(spec)
  const run = createRun(toRunSpec(spec))
  const failures = options.failure ? [options.failure] : []
  const watched: WatchedPrint = {
    seed: options.seed,
    frames: 0,
    layers: run.plan.layers,
    seconds: run.plan.totalSeconds,
    suspicions: 0,
  }
  let assessment: Assessment = newAssessment
  for (let seconds = 0; seconds < run.plan.totalSeconds; seconds += watcher.intervalSeconds) {
    const { layer } = simulation.status()
    if (!watched.visible && failures.length > 0 && judgeFrame(run, failures, seconds).isVisible) {
      watched.visible = { seconds, layer }
    }
    let outcome: Outcome
    ;[assessment, outcome] = await lookOnce(assessment, { simulation, layer, seconds, watcher })
    watched.frames++
    if (outcome.turn === 'suspected') watched.suspicions++
    if (outcome.decision?.verdict === 'fail') return { ...watched, paused: { seconds, layer } }
    simulation.advance(watcher.intervalSeconds)
  }
  return watched
}

interface Moment {
  simulation: ReturnType<typeof createSimulation>
  layer: number
  seconds: number
  watcher: Watcher
}

async function lookOnce(
  before: Assessment,
  { simulation, layer, seconds, watcher }: Moment,
): Promise<[Assessment, Outcome]> {
  const jpeg = await simulation.renderFrame(watcher.size)
  const judgement = await watcher.detector.judge(jpeg, AbortSignal.timeout(30_000))
  const frame = { layer, atSeconds: seconds, sight: seeFrame(judgement, seconds) }
  return assess(before, frame, watcher.policy)
}

/** Delay from the first visible failure to the pause, and what the target allows: 3 layers or 60 s. */
export function delayOf(print: WatchedPrint): { seconds: number; layers: number; allowedSeconds: number } {
  const layerSeconds = print.seconds / print.layers
  const allowedSeconds = Math.max(3 * layerSeconds, 60)
  if (!print.visible || !print.paused) return { seconds: Infinity, layers: Infinity, allowedSeconds }
  return {
    seconds: print.paused.seconds - print.visible.seconds,
    layers: print.paused.layer - print.visible.layer,
    allowedSeconds,
  }
}
