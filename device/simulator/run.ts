import type { Failure } from './failures.ts'
import { createPlan, type PrintPlan } from './plan.ts'
import { createRandom, mixSeed } from './random.ts'
import { createShape, type ShapeName, shapeNames } from './shapes.ts'
import { sliceShape } from './slicer.ts'
import { createWorld, type World, type WorldKind } from './world.ts'

/** All that decides a run of a print: plain data, the same on both sides of a thread. */
export type RunSpec = {
  world: WorldKind
  seed: number
  /** 0 for the first print of a simulated printer; later ones differ in shape and filament. */
  run: number
  layers: number
  shape?: ShapeName | undefined
  file?: { name: string; gcode: Uint8Array } | undefined
  failures: readonly Failure[]
}

/** What a run is printed from and where. `seed` is for all that unfolds while it prints. */
export type Run = { world: World; plan: PrintPlan; seed: number }

/** Makes a run's world and plan. Throws `RangeError` where a given file lays no plastic. */
export function createRun(spec: RunSpec): Run {
  const base = createWorld(spec.world, spec.seed)
  const seed = mixSeed('run', base.seed, spec.run)
  const world = spec.run === 0 ? base : changePrint(base, seed)
  const { file } = spec
  if (file) return { world, plan: createPlan(file.name, file.gcode), seed }
  const name = spec.shape ?? world.shape
  const half = world.bed.sizeMm / 2
  const gcode = sliceShape(createShape(name, world.shapeSizeMm), {
    layers: spec.layers,
    layerHeightMm: world.layerHeightMm,
    lineWidthMm: world.lineWidthMm,
    centreMm: { x: half, y: half },
  })
  return { world, plan: createPlan(`${name}.gcode`, new TextEncoder().encode(gcode)), seed }
}

/** The same printer, camera and room with another filament and solid. */
function changePrint(world: World, seed: number): World {
  const other = createWorld(world.kind, seed)
  return { ...world, material: other.material, shape: createRandom(seed).pick(shapeNames) }
}
