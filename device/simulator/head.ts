import { type Canvas, projectInto } from './raster.ts'
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
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 0, 1)), 1.4, 1.4, 2), paint(parts.brass))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 0, 3.2)), 4.2, 4.2, 2.4), paint(parts.brass))
  drawBox(canvas, view, boxAround(add(nozzle, vector(1.5, 1, 9)), 17, 15, 9), paint(parts.steel))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 1, 16)), 6, 6, 6), paint(parts.rail))
}

function drawCarriage(canvas: Canvas, { view }: Scene, nozzle: Vector, paint: Painter): void {
  const body = add(nozzle, vector(0, 2, 40))
  drawBox(canvas, view, boxAround(body, 42, 36, 44), paint(parts.head))
  drawBox(canvas, view, boxAround(add(nozzle, vector(0, 4, 67)), 30, 28, 14), paint(parts.head))
  // The duct that cools the part reaches down beside the nozzle.
  drawBox(canvas, view, boxAround(add(nozzle, vector(-24, 0, 26)), 12, 20, 34), paint(parts.head))
  drawBox(canvas, view, boxAround(add(nozzle, vector(-19, -1, 7)), 9, 13, 5), paint(parts.head))
  const front = add(nozzle, vector(0, -16.4, 38))
  const u = vector(1, 0, 0)
  const v = vector(0, 0, 1)
  const face = (material: number) => paint(material)(vector(0, -1, 0))
  drawDisc(canvas, view, { centre: front, radius: 17, u, v }, face(parts.fan))
  drawDisc(canvas, view, { centre: add(front, vector(0, -0.4, 0)), radius: 14.5, u, v }, face(parts.carriage))
  drawDisc(canvas, view, { centre: add(front, vector(0, -0.8, 0)), radius: 6, u, v }, face(parts.accent))
  drawBox(canvas, view, boxAround(add(nozzle, vector(12, -16.6, 56)), 10, 0.6, 4), paint(parts.label))
  const side = add(nozzle, vector(21.4, 2, 40))
  const across = vector(0, 1, 0)
  const outside = paint(parts.fan)(vector(1, 0, 0))
  drawDisc(canvas, view, { centre: side, radius: 13, u: across, v }, outside)
}

/** The tube and cable rise from the head and bend to the machine's back. */
function drawTube(canvas: Canvas, { view }: Scene, nozzle: Vector, paint: Painter): void {
  const id = paint(parts.cable)(vector(0, -0.7, 0.3))
  const white = paint(parts.rail)(vector(0, -0.6, 0.5))
  const pieces = 12
  const tube = (share: number, spread: number): Vector => ({
    x: nozzle.x + (40 * spread - nozzle.x) * share * share,
    y: nozzle.y + 4 + (90 - nozzle.y) * share * share,
    z: nozzle.z + 72 + Math.sin(share * 2.2) * 95,
  })
  for (let i = 0; i < pieces; i++) {
    drawRoundPiece(canvas, view, [tube(i / pieces, 1), tube((i + 1) / pieces, 1)], { radius: 3.4, id })
    drawRoundPiece(canvas, view, [tube(i / pieces, -0.4), tube((i + 1) / pieces, -0.4)], {
      radius: 1.9,
      id: white,
    })
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

/** Where the head's soft shadow falls on a place: how much of the lamp's light it leaves, 0..1. */
export function headShadowAt(nozzle: Vector, sun: Vector, x: number, y: number, z: number): number {
  const rise = Math.max(0, nozzle.z + 34 - z)
  const atX = x + (sun.x / sun.z) * rise - nozzle.x
  const atY = y + (sun.y / sun.z) * rise - nozzle.y - 2
  const outX = Math.max(0, Math.abs(atX) - 16)
  const outY = Math.max(0, Math.abs(atY) - 13)
  const away = Math.hypot(outX, outY) / 13
  return away >= 1 ? 1 : 1 - 0.62 * (1 - away) ** 2
}

const corner = new Float64Array(3)

/** The samples the head's shadow may fall on. */
export function headShadowBox(
  scene: Scene,
  nozzle: Vector,
): { minX: number; maxX: number; minY: number; maxY: number } {
  const sun = scene.world.light.direction
  const box = { minX: Infinity, maxX: -Infinity, minY: Infinity, maxY: -Infinity }
  for (const z of [0, nozzle.z]) {
    const rise = nozzle.z + 34 - z
    for (const dx of [-30, 30]) {
      for (const dy of [-28, 28]) {
        const x = nozzle.x - (sun.x / sun.z) * rise + dx
        projectInto(corner, 0, scene.view, x, nozzle.y + 2 - (sun.y / sun.z) * rise + dy, z)
        box.minX = Math.min(box.minX, corner[0] ?? 0)
        box.maxX = Math.max(box.maxX, corner[0] ?? 0)
        box.minY = Math.min(box.minY, corner[1] ?? 0)
        box.maxY = Math.max(box.maxY, corner[1] ?? 0)
      }
    }
  }
  return box
}
