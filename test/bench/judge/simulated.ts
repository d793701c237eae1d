import type { Detector } from '../../../device/detector/detector.ts'
import type { Failure } from '../../../device/simulator/failures.ts'
import { progressAt } from '../../../device/simulator/plan.ts'
import { createRun, type Run } from '../../../device/simulator/run.ts'
import { type ShapeName, shapeNames } from '../../../device/simulator/shapes.ts'
import { createSimulation, toRunSpec } from '../../../device/simulator/simulation.ts'
import { judgeFrame } from '../../../device/simulator/truth.ts'
import { type Answers, toJudgement, toLogOdds } from './picture.ts'
import { type SeenFrame, seeOnce } from './rule.ts'
import { recallMaps, type ScoreCache } from './score-cache.ts'

/*
 * Prints of every shape rendered in `judge` worlds, which no training saw, and looked at by the real detector.
 * Nothing was chosen by them: the seeds below are used here alone.
 */

export interface SimulatedSpec {
  readonly seed: number
  readonly shape: ShapeName
  readonly layers: number
  readonly failure?: Failure
}

export interface SimulatedPrint {
  readonly spec: SimulatedSpec
  readonly seconds: number
  readonly frames: readonly SeenFrame[]
  /** When enough has gone wrong to be seen; undefined for a good print. */
  readonly visibleSeconds?: number
}

const firstSeed = 401
const failingLayers = 40
const goodLayers = 60
/** Failures of the first layers and later ones, by turns. */
const failureLayers = [3, 12] as const
const size = { width: 640, height: 480 }
export const simulatedIntervalSeconds = 5

/** So many rounds over all shapes: one failing print with loose strands, one detached, two good ones each. */
export function planSimulatedPrints(rounds: number): SimulatedSpec[] {
  const specs: SimulatedSpec[] = []
  for (let round = 0; round < rounds; round++) {
    shapeNames.forEach((shape, at) => {
      const layer = failureLayers[(round + at) % failureLayers.length] ?? failureLayers[0]
      const seed = firstSeed + 4 * (round * shapeNames.length + at)
      specs.push({ seed, shape, layers: failingLayers, failure: { kind: 'spaghetti', layer } })
      specs.push({ seed: seed + 1, shape, layers: failingLayers, failure: { kind: 'detached', layer } })
      specs.push({ seed: seed + 2, shape, layers: goodLayers })
      specs.push({ seed: seed + 3, shape, layers: goodLayers })
    })
  }
  return specs
}

export interface Rendering {
  readonly answers: Answers
  readonly cache: ScoreCache
  readonly openDetector: () => Promise<Detector>
  readonly say: (progress: string) => void
}

/** A simulated print, from the cache where it was rendered and looked at before. */
export async function renderPrint(spec: SimulatedSpec, rendering: Rendering): Promise<SimulatedPrint> {
  const { answers, cache, say } = rendering
  const run = createRun(toRunSpec({ ...spec, world: 'judge' }))
  const count = Math.floor(run.plan.totalSeconds / simulatedIntervalSeconds)
  const names = Array.from({ length: count }, (_, at) => String(at + 1))
  const shelf = nameOf(spec)
  const maps = await recallMaps(cache, { shelf, names, answers }, openCamera(spec, rendering))
  say(`${shelf}: ${count} frames`)
  const frames = names.flatMap((name): SeenFrame[] => {
    const map = maps.get(name)
    const atSeconds = Number(name) * simulatedIntervalSeconds
    const { layer } = progressAt(run.plan, atSeconds)
    return map ? [{ ...seeOnce(toJudgement(map, answers)), atSeconds, layer }] : []
  })
  const visibleSeconds = findVisible(run, spec, frames)
  return {
    spec,
    seconds: run.plan.totalSeconds,
    frames,
    ...(visibleSeconds === undefined ? {} : { visibleSeconds }),
  }
}

function nameOf({ seed, shape, layers, failure }: SimulatedSpec): string {
  return `simulated-${seed}-${shape}-${layers}-${failure ? `${failure.kind}-${failure.layer}` : 'good'}`
}

/** Renders the frames asked for, in their order, and looks at them. */
function openCamera(spec: SimulatedSpec, { answers, openDetector }: Rendering) {
  const simulation = createSimulation({ ...spec, world: 'judge' })
  let atSeconds = 0
  return async (name: string) => {
    const wanted = Number(name) * simulatedIntervalSeconds
    simulation.advance(wanted - atSeconds)
    atSeconds = wanted
    const jpeg = await simulation.renderFrame(size)
    const detector = await openDetector()
    return toLogOdds(await detector.judge(jpeg, AbortSignal.timeout(30_000)), answers)
  }
}

function findVisible(run: Run, { failure }: SimulatedSpec, frames: readonly SeenFrame[]): number | undefined {
  if (!failure) return undefined
  return frames.find(({ atSeconds }) => judgeFrame(run, [failure], atSeconds).isVisible)?.atSeconds
}
