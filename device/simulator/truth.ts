import { type Failure, type FailureKind, failureAt, failureKinds } from './failures.ts'
import type { Floats } from './floats.ts'
import { progressAt, secondsAtLayer } from './plan.ts'
import { projectInto } from './raster.ts'
import type { Run } from './run.ts'
import { growthOf } from './studio.ts'
import { createView } from './view.ts'

/** What is wrong in a picture: written beside pictures for training, never told by the simulator. */
export type Truth = {
  failure: FailureKind | null
  /** Whether enough has gone wrong to be seen. */
  isVisible: boolean
  /** Around the strands in the air: corner and size in 0..1 of the frame. */
  strandsBox?: [x: number, y: number, width: number, height: number]
}

const visibleStrands = 60
const visibleAfterSeconds = 25

/** What is wrong in the picture of a run at a moment. */
export function judgeFrame(run: Run, failures: readonly Failure[], printSeconds: number): Truth {
  const { layer } = progressAt(run.plan, printSeconds)
  const kind = failureKinds.find((candidate) => failureAt(failures, layer, candidate))
  if (!kind) return { failure: null, isVisible: false }
  const { strands } = growthOf(run, failures, printSeconds)
  const onset = Math.min(...failures.map((failure) => secondsAtLayer(run.plan, failure.layer)))
  const isTangle = kind === 'spaghetti' || kind === 'detached'
  // What has been knocked over or broken off is seen in the next picture.
  if (kind === 'knocked-over' || kind === 'broken-off') return withStrands(kind, run, strands)
  const isVisible = isTangle ? strands.count >= visibleStrands : printSeconds - onset >= visibleAfterSeconds
  if (strands.count === 0) return { failure: kind, isVisible }
  return { failure: kind, isVisible, strandsBox: boxOf(run, strands) }
}

function withStrands(failure: FailureKind, run: Run, strands: Floats): Truth {
  const truth = { failure, isVisible: true }
  return strands.count === 0 ? truth : { ...truth, strandsBox: boxOf(run, strands) }
}

const place = new Float64Array(3)

function boxOf(
  run: Run,
  strands: { data: Float32Array; stride: number; count: number },
): [number, number, number, number] {
  // The picture's proportions are 4:3 here; a wider frame shows more at its sides at the same scale.
  const size = { width: 4, height: 3 }
  const view = createView(run.world.camera, size.width, size.height)
  let [minX, minY, maxX, maxY] = [1, 1, 0, 0]
  for (let i = 0; i < strands.count; i++) {
    const at = (k: number) => strands.data[i * strands.stride + k] ?? 0
    projectInto(place, 0, view, at(3), at(4), at(5))
    const x = Math.min(1, Math.max(0, (place[0] ?? 0) / size.width))
    const y = Math.min(1, Math.max(0, (place[1] ?? 0) / size.height))
    minX = Math.min(minX, x)
    maxX = Math.max(maxX, x)
    minY = Math.min(minY, y)
    maxY = Math.max(maxY, y)
  }
  const round = (value: number) => Math.round(value * 1e4) / 1e4
  return [round(minX), round(minY), round(Math.max(0, maxX - minX)), round(Math.max(0, maxY - minY))]
}
