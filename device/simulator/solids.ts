import { type Canvas, drawPolygon } from './raster.ts'
import { dot, subtract, type Vector, vector } from './vector.ts'
import type { View } from './view.ts'

/** An upright box by two opposite corners. */
export type Box = { low: Vector; high: Vector }

/** Gives the number to draw a face with, by its outward normal. */
export type Paint = (normal: Vector) => number

const faces: readonly { normal: Vector; corners: readonly (readonly [number, number, number])[] }[] = [
  {
    normal: vector(-1, 0, 0),
    corners: [
      [0, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
    ],
  },
  {
    normal: vector(1, 0, 0),
    corners: [
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
      [1, 0, 1],
    ],
  },
  {
    normal: vector(0, -1, 0),
    corners: [
      [0, 0, 0],
      [1, 0, 0],
      [1, 0, 1],
      [0, 0, 1],
    ],
  },
  {
    normal: vector(0, 1, 0),
    corners: [
      [0, 1, 0],
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 1],
    ],
  },
  {
    normal: vector(0, 0, -1),
    corners: [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
    ],
  },
  {
    normal: vector(0, 0, 1),
    corners: [
      [0, 0, 1],
      [1, 0, 1],
      [1, 1, 1],
      [0, 1, 1],
    ],
  },
]

/** Draws the sides of a box that face the eye. */
export function drawBox(canvas: Canvas, view: View, { low, high }: Box, paint: Paint): void {
  for (const face of faces) {
    const corners = face.corners.map(([x, y, z]) =>
      vector(x ? high.x : low.x, y ? high.y : low.y, z ? high.z : low.z),
    )
    const first = corners[0]
    if (!first || dot(subtract(view.eye, first), face.normal) <= 0) continue
    drawPolygon(canvas, view, corners, paint(face.normal))
  }
}

/** Draws a disc that faces `normal`, spanned by two directions of length 1. */
export function drawDisc(
  canvas: Canvas,
  view: View,
  disc: { centre: Vector; radius: number; u: Vector; v: Vector },
  id: number,
): void {
  const corners = Array.from({ length: 20 }, (_, i) => {
    const angle = (i / 20) * 2 * Math.PI
    const c = Math.cos(angle) * disc.radius
    const s = Math.sin(angle) * disc.radius
    return vector(
      disc.centre.x + disc.u.x * c + disc.v.x * s,
      disc.centre.y + disc.u.y * c + disc.v.y * s,
      disc.centre.z + disc.u.z * c + disc.v.z * s,
    )
  })
  drawPolygon(canvas, view, corners, id)
}

/** A box by its middle and its whole extents. */
export function boxAround(centre: Vector, width: number, depth: number, height: number): Box {
  return {
    low: vector(centre.x - width / 2, centre.y - depth / 2, centre.z - height / 2),
    high: vector(centre.x + width / 2, centre.y + depth / 2, centre.z + height / 2),
  }
}
