import { baselineCells, learnBaseline } from '../../../device/assess/baseline.ts'
import { mixSeed } from '../../../device/simulator/random.ts'
import type { Camera } from './camera.ts'
import { openLook } from './good-run.ts'
import { defaultSensitivity, type Known, watchLikeLayerwatch } from './layerwatch.ts'
import type { Answers } from './picture.ts'
import { openStream } from './stream.ts'

/*
 * Cameras that are known: what the baselines of some good prints before tell of them, as the agent learns them.
 */

/** Good prints before, and how long each was. */
const printsBefore = 3
const secondsEach = 3600

export interface Learning {
  readonly answers: Answers
  readonly correlationSeconds: number
  readonly intervalSeconds: number
  readonly seed: number
}

/** Prints some good prints before each camera and learns from them. */
export function learnCameras(cameras: readonly Camera[], learning: Learning): Map<Camera, Known> {
  return new Map(cameras.map((camera) => [camera, learnCamera(camera, learning)]))
}

function learnCamera(camera: Camera, learning: Learning): Known {
  const { answers, correlationSeconds, intervalSeconds, seed } = learning
  const look = openLook(camera, answers)
  let known: Known = {}
  let baseline: ReturnType<typeof learnBaseline>
  for (let print = 1; print <= printsBefore; print++) {
    const stream = openStream(camera, correlationSeconds, mixSeed('before', seed, camera.name, print))
    const watch = watchLikeLayerwatch(defaultSensitivity, known)
    for (let atSeconds = intervalSeconds; atSeconds <= secondsEach; atSeconds += intervalSeconds) {
      const frame = { ...look(stream(intervalSeconds)), atSeconds, layer: Math.ceil(atSeconds / 60) }
      watch.see(frame)
    }
    for (const [name, { scene }] of Object.entries(watch.assessment.views)) {
      const ended = {
        outcome: 'finished',
        hadFailure: false,
        isFineByOwner: true,
      } as const
      baseline = learnBaseline(baseline, ended, { scene, modelSha256: 'bench' })
      if (baseline) known = { [name]: { grid: scene.grid, cells: baselineCells(baseline) } }
    }
  }
  return known
}
