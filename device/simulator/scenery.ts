import type { Canvas } from './raster.ts'
import { boxAround, drawBox } from './solids.ts'
import { materials, packSurface } from './surface.ts'
import { type Vector, vector } from './vector.ts'
import type { View } from './view.ts'
import type { Colour, World } from './world.ts'

/** The painted parts of a printer, as numbers of materials. */
export const parts = {
  frame: materials.firstPlain,
  rail: materials.firstPlain + 1,
  carriage: materials.firstPlain + 2,
  head: materials.firstPlain + 3,
  fan: materials.firstPlain + 4,
  accent: materials.firstPlain + 5,
  brass: materials.firstPlain + 6,
  steel: materials.firstPlain + 7,
  cable: materials.firstPlain + 8,
  label: materials.firstPlain + 9,
} as const

/** The colours of all materials of a world, in the order of their numbers. */
export function createPaints(world: World): Colour[] {
  const paints: Colour[] = Array.from({ length: parts.label + 1 }, () => [0.5, 0.5, 0.5])
  paints[materials.bed] = world.bed.colour
  paints[materials.filament] = world.material.colour
  paints[materials.strand] = world.material.colour
  paints[parts.frame] = world.printer.frame
  paints[parts.rail] = [0.33, 0.34, 0.35]
  paints[parts.carriage] = [0.035, 0.035, 0.037]
  paints[parts.head] = world.printer.head
  paints[parts.fan] = [0.012, 0.012, 0.013]
  paints[parts.accent] = world.printer.accent
  paints[parts.brass] = [0.5, 0.33, 0.1]
  paints[parts.steel] = [0.32, 0.32, 0.33]
  paints[parts.cable] = [0.015, 0.015, 0.016]
  paints[parts.label] = [0.6, 0.55, 0.1]
  return paints
}

/** How far the gantry's side rails stand from the bed's middle, mm. */
export function gantryHalfMm(world: World): number {
  return world.bed.sizeMm / 2 + 26
}

/** Draws what never moves: the bed's plate, what carries it, the base and the posts. */
export function drawScenery(canvas: Canvas, view: View, world: World): void {
  const half = world.bed.sizeMm / 2
  const paint = (material: number) => (n: Vector) => packSurface(material, n.x, n.y, n.z)
  drawBox(canvas, view, { low: vector(-half, -half, -3), high: vector(half, half, 0) }, (normal) =>
    packSurface(normal.z > 0.5 ? materials.bed : parts.carriage, normal.x, normal.y, normal.z),
  )
  const under = { low: vector(-half + 6, -half + 6, -14), high: vector(half - 6, half - 6, -4) }
  drawBox(canvas, view, under, paint(parts.carriage))
  const base = { low: vector(-half - 34, -half * 0.72, -85), high: vector(half + 34, half + 34, -34) }
  drawBox(canvas, view, base, paint(parts.frame))
  const rod = { low: vector(-30, -half - 20, -30), high: vector(30, half + 20, -18) }
  drawBox(canvas, view, rod, paint(parts.rail))
  drawClips(canvas, view, world)
  const reach = gantryHalfMm(world)
  for (const side of [-1, 1]) {
    const post = vector(side * reach, half + 16, 160)
    drawBox(canvas, view, boxAround(post, 22, 30, 490), paint(parts.frame))
    const groove = vector(side * reach, half, 160)
    drawBox(canvas, view, boxAround(groove, 6, 3, 490), paint(parts.carriage))
    const screw = vector(side * (reach - 18), half + 12, 150)
    drawBox(canvas, view, boxAround(screw, 7, 7, 470), paint(parts.steel))
  }
  const top = vector(0, half + 16, 395)
  drawBox(canvas, view, boxAround(top, reach * 2 + 22, 30, 22), paint(parts.frame))
}

function drawClips(canvas: Canvas, view: View, world: World): void {
  if (world.bed.kind !== 'glass') return
  const half = world.bed.sizeMm / 2
  for (const x of [-half * 0.7, half * 0.7]) {
    for (const y of [-half + 4, half - 4]) {
      drawBox(canvas, view, boxAround(vector(x, y, 0.8), 22, 12, 2.6), (n) =>
        packSurface(parts.steel, n.x, n.y, n.z),
      )
    }
  }
}
