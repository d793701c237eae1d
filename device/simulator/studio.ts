import type { Failure } from './failures.ts'
import { addFailure, createGrowth, type Growth, growTo, shiftAt } from './growth.ts'
import { createPicture, type Picture } from './picture.ts'
import { segmentsDoneAt } from './plan.ts'
import { createRun, type Run, type RunSpec } from './run.ts'

/** What a picture is taken of: how far the print is and where its head stands. */
export type Shot = {
  printSeconds: number
  nozzle: { x: number; y: number; z: number }
  layer: number
  isFeeding: boolean
  tick: number
}

export type FrameSize = { width: number; height: number }

/** Takes pictures of runs. Going back in time or to another run starts the picture anew. */
export type Studio = { render: (spec: RunSpec, shot: Shot, size: FrameSize) => Promise<Uint8Array> }

type Stage = { key: string; run: Run; growth: Growth; pictures: Map<string, Picture>; printSeconds: number }

export function createStudio(): Studio {
  let stage: Stage | undefined
  return {
    async render(spec, shot, size) {
      stage = prepare(stage, spec, shot.printSeconds)
      const { growth, run, pictures } = stage
      growTo(growth, segmentsDoneAt(run.plan, shot.printSeconds))
      const sizeKey = `${size.width}x${size.height}`
      const picture = pictures.get(sizeKey) ?? createPicture(run.world, size)
      pictures.set(sizeKey, picture)
      const slip = shot.isFeeding ? shiftAt(growth, shot.layer) : { x: 0, y: 0 }
      const nozzle = { x: shot.nozzle.x + slip.x, y: shot.nozzle.y + slip.y, z: shot.nozzle.z }
      return picture.render(growth, { nozzle, isFeeding: shot.isFeeding, tick: shot.tick })
    },
  }
}

/** What stands on the bed at a moment, for whoever wants to know without taking a picture. */
export function growthOf(run: Run, failures: readonly Failure[], printSeconds: number): Growth {
  const growth = createGrowth(run.plan, failures, run.seed)
  growTo(growth, segmentsDoneAt(run.plan, printSeconds))
  return growth
}

function prepare(stage: Stage | undefined, spec: RunSpec, printSeconds: number): Stage {
  const key = [spec.world, spec.seed, spec.run, spec.layers, spec.shape, spec.file?.name].join('|')
  if (stage?.key !== key || printSeconds < stage.printSeconds) {
    const run = stage?.key === key ? stage.run : createRun(spec)
    const growth = createGrowth(run.plan, spec.failures, run.seed)
    return { key, run, growth, pictures: new Map(), printSeconds }
  }
  for (const failure of spec.failures.slice(stage.growth.failures.length)) addFailure(stage.growth, failure)
  return { ...stage, printSeconds }
}
