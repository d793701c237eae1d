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
  if (file) {
    const plan = createPlan(file.name, file.gcode)
    return { world: stepBack(world, plan), plan, seed }
  }
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

/** A print larger than the solids here is looked at from farther away, so that all of it is in the picture. */
function stepBack(world: World, plan: PrintPlan): World {
  let [width, height] = [0, 0]
  for (const { isLaid, role, to } of plan.segments) {
    if (!isLaid) continue
    height = Math.max(height, to.z)
    if (role !== 'other') width = Math.max(width, 2 * Math.hypot(to.x, to.y))
  }
  const { camera } = world
  const factor = Math.max(1, width / 90, height / 55)
  const target = { ...camera.target, z: Math.max(camera.target.z, height * 0.45) }
  return { ...world, camera: { ...camera, distanceMm: camera.distanceMm * factor, target } }
}

/** The same printer, camera and room with another filament and solid. */
function changePrint(world: World, seed: number): World {
  const other = createWorld(world.kind, seed)
  return { ...world, material: other.material, shape: createRandom(seed).pick(shapeNames) }
}
