import { type Canvas, drawPolygon } from './raster.ts'
import type { Scene } from './scene.ts'
import { gantryHalfMm, parts } from './scenery.ts'
import { shadeFlat } from './shade.ts'
import { boxAround, drawBox, drawDisc } from './solids.ts'
import { drawThread } from './strand.ts'
import { materials } from './surface.ts'
import { add, type Vector, vector } from './vector.ts'

/** What moves is shaded whole: each number drawn stands for one light, three numbers in `lights`. */
export type Palette = { lights: number[]; count: number }

/** Draws the gantry, the head and its tube, the nozzle standing at `nozzle`. */
export function drawHead(canvas: Canvas, scene: Scene, nozzle: Vector, palette: Palette): void {
  const { view, world } = scene
  const half = world.bed.sizeMm / 2
  const reach = gantryHalfMm(world)
  const railZ = nozzle.z + 44
  const beamY = nozzle.y + 26
  const paint = (material: number) => (n: Vector) =>
    addLight(palette, shadeFlat(scene, material, n.x, n.y, n.z))
  for (const side of [-1, 1]) {
    const rail = {
      low: vector(side * reach - 8, -half * 0.2, railZ - 8),
      high: vector(side * reach + 8, half + 14, railZ + 8),
    }
    drawBox(canvas, view, rail, paint(parts.frame))
  }
  drawBox(canvas, view, boxAround(vector(0, beamY, railZ), reach * 2, 18, 20), paint(parts.frame))
  drawBox(canvas, view, boxAround(vector(0, beamY - 10, railZ), reach * 2, 3, 7), paint(parts.rail))
  drawBox(canvas, view, boxAround(vector(0, beamY - 12, railZ + 8), reach * 2, 1.5, 5), paint(parts.cable))
  drawHotEnd(canvas, scene, nozzle, paint)
  drawCarriage(canvas, scene, nozzle, paint)
  drawTube(canvas, scene, nozzle, paint)
}

function drawHotEnd(canvas: Canvas, { view }: Scene, nozzle: Vector, paint: Painter): void {
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 0, 0.8)), 1.2, 1.2, 1.6), paint(parts.brass))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 0, 2.4)), 3, 3, 1.6), paint(parts.brass))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 0, 4)), 5.5, 5.5, 1.8), paint(parts.brass))
  drawBox(canvas, view, boxAround(add(nozzle, vector(2, 1, 10)), 20, 14, 10), paint(parts.cable))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 1, 17)), 5, 5, 5), paint(parts.steel))
}

/** The carriage with its two fans, the motor above and the duct that cools the part. */
function drawCarriage(canvas: Canvas, scene: Scene, nozzle: Vector, paint: Painter): void {
  const { view } = scene
  const box = (at: Vector, size: readonly [number, number, number], material: number) =>
    drawBox(canvas, view, boxAround(add(nozzle, at), ...size), paint(material))
  box(vector(0, 6, 39), [40, 26, 40], parts.head)
  box(vector(0, 5, 61), [36, 24, 4], parts.head)
  box(vector(-2, 8, 75), [28, 26, 24], parts.cable)
  box(vector(-2, 8, 64.5), [30, 28, 3], parts.steel)
  for (let fin = 0; fin < 6; fin++) box(vector(0, 4, 21 + fin * 2.6), [22, 20, 1.1], parts.rail)
  box(vector(-25, 2, 37), [12, 28, 28], parts.fan)
  box(vector(-24, 1, 17), [9, 18, 16], parts.fan)
  box(vector(-17, 0, 7), [10, 11, 5], parts.fan)
  box(vector(23, 4, 33), [6, 9, 12], parts.cable)
  box(vector(23, 4, 22), [2.4, 2.4, 14], parts.label)
  drawFan(canvas, scene, add(nozzle, vector(0, -12, 42)), paint)
}

/** A 40 mm fan seen from its front: frame, opening, blades, hub and screws. */
function drawFan(canvas: Canvas, { view }: Scene, centre: Vector, paint: Painter): void {
  const u = vector(1, 0, 0)
  const v = vector(0, 0, 1)
  const ahead = (mm: number) => add(centre, vector(0, -mm, 0))
  const face = (material: number) => paint(material)(vector(0, -1, 0))
  drawBox(canvas, view, boxAround(centre, 40, 10, 40), paint(parts.carriage))
  drawDisc(canvas, view, { centre: ahead(5.1), radius: 18.6, u, v }, face(parts.fan))
  const blade = face(parts.carriage)
  for (let i = 0; i < 7; i++) {
    const at = (angle: number, radius: number) =>
      add(ahead(5.3), vector(Math.cos(angle) * radius, 0, Math.sin(angle) * radius))
    const turn = (i / 7) * 2 * Math.PI + 0.3
    drawPolygon(
      canvas,
      view,
      [at(turn, 7), at(turn + 0.25, 17.5), at(turn + 0.72, 17.2), at(turn + 0.6, 7)],
      blade,
    )
  }
  drawDisc(canvas, view, { centre: ahead(5.5), radius: 8, u, v }, face(parts.carriage))
  drawDisc(canvas, view, { centre: ahead(5.7), radius: 5.6, u, v }, face(parts.accent))
  for (const x of [-16.5, 16.5]) {
    for (const z of [-16.5, 16.5]) {
      drawDisc(canvas, view, { centre: add(ahead(5.2), vector(x, 0, z)), radius: 2, u, v }, face(parts.steel))
    }
  }
}

/** The cable and the filament's tube rise from the head and bend to the machine's back. */
function drawTube(canvas: Canvas, { view }: Scene, nozzle: Vector, paint: Painter): void {
  const lights = {
    cable: paint(parts.cable)(vector(0, -0.7, 0.3)),
    tube: paint(parts.rail)(vector(0, -0.6, 0.5)),
    wire: paint(parts.accent)(vector(0, -0.7, 0.4)),
  }
  const pieces = 16
  const curve = (share: number, way: { x: number; toX: number; rise: number }): Vector => ({
    x: nozzle.x + way.x + (way.toX - nozzle.x) * share * share,
    y: nozzle.y + 10 + (100 - nozzle.y) * share * share,
    z: nozzle.z + 84 + Math.sin(share * 2.1) * way.rise,
  })
  const ways = [
    { x: 10, toX: 70, rise: 70, radius: 4, id: lights.cable },
    { x: -6, toX: -50, rise: 120, radius: 2, id: lights.tube },
    { x: 13, toX: 74, rise: 76, radius: 0.9, id: lights.wire },
  ]
  for (const way of ways) {
    for (let i = 0; i < pieces; i++) {
      const ends: [Vector, Vector] = [curve(i / pieces, way), curve((i + 1) / pieces, way)]
      drawRoundPiece(canvas, view, ends, way)
    }
  }
}

/** Draws the thread that hangs from the nozzle to where the last strand lies. */
export function drawHangingThread(
  canvas: Canvas,
  scene: Scene,
  line: { from: Vector; to: Vector; radiusMm: number },
  palette: Palette,
): void {
  const { from, to, radiusMm } = line
  const id = addLight(palette, shadeFlat(scene, materials.strand, 0, -0.7, 0.7))
  const pieces = 8
  const at = (share: number) => ({
    x: from.x + (to.x - from.x) * share ** 1.6,
    y: from.y + (to.y - from.y) * share ** 1.6,
    z: from.z + (to.z - from.z) * share - Math.sin(share * Math.PI) * 1.5,
  })
  for (let i = 0; i < pieces; i++) {
    const ends: [Vector, Vector] = [at(i / pieces), at((i + 1) / pieces)]
    drawRoundPiece(canvas, scene.view, ends, { radius: radiusMm, id })
  }
}

type Painter = (material: number) => (normal: Vector) => number

function drawRoundPiece(
  canvas: Canvas,
  view: Scene['view'],
  [a, b]: readonly [Vector, Vector],
  style: { radius: number; id: number },
): void {
  drawThread(canvas, view, [a.x, a.y, a.z, b.x, b.y, b.z, style.radius], 0, () => style.id)
}

function addLight(palette: Palette, light: [number, number, number]): number {
  palette.count++
  palette.lights.push(...light)
  return palette.count
}
