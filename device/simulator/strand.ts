import { type Canvas, fillConvex, projectInto } from './raster.ts'
import { nearMm, type View } from './view.ts'

const ends = new Float64Array(6)
const quad = new Float64Array(12)
/** A thread is drawn as three bands with the normals of a round one: across the picture and towards the eye. */
const bands = [
  { from: -1, to: -0.4, across: -0.75, ahead: 0.66 },
  { from: -0.4, to: 0.4, across: 0, ahead: 1 },
  { from: 0.4, to: 1, across: 0.75, ahead: 0.66 },
] as const

/** Draws a piece of round thread: `piece` is x0 y0 z0 x1 y1 z1 radius at `offset`; `paint` numbers a normal. */
export function drawThread(
  canvas: Canvas,
  view: View,
  piece: ArrayLike<number>,
  offset: number,
  paint: (nx: number, ny: number, nz: number) => number,
): void {
  const at = (i: number) => piece[offset + i] ?? 0
  if (projectInto(ends, 0, view, at(0), at(1), at(2)) < nearMm) return
  if (projectInto(ends, 3, view, at(3), at(4), at(5)) < nearMm) return
  const [x0 = 0, y0 = 0, n0 = 0, x1 = 0, y1 = 0, n1 = 0] = ends
  let dx = x1 - x0
  let dy = y1 - y0
  const length = Math.hypot(dx, dy)
  const half = Math.max(0.55, at(6) * view.focal * ((n0 + n1) / 2))
  if (length < 1e-3) {
    dx = 1
    dy = 0
  } else {
    dx /= length
    dy /= length
  }
  // Pieces overlap by a little less than their radius, so that a bend shows no gap.
  const more = half * 0.7
  const { right, up, forward } = view
  for (const band of bands) {
    setCorner(0, x0 - dx * more - dy * half * band.from, y0 - dy * more + dx * half * band.from, n0)
    setCorner(3, x0 - dx * more - dy * half * band.to, y0 - dy * more + dx * half * band.to, n0)
    setCorner(6, x1 + dx * more - dy * half * band.to, y1 + dy * more + dx * half * band.to, n1)
    setCorner(9, x1 + dx * more - dy * half * band.from, y1 + dy * more + dx * half * band.from, n1)
    const acrossRight = -dy * band.across
    const acrossUp = -dx * band.across
    fillConvex(
      canvas,
      quad,
      4,
      paint(
        right.x * acrossRight + up.x * acrossUp - forward.x * band.ahead,
        right.y * acrossRight + up.y * acrossUp - forward.y * band.ahead,
        right.z * acrossRight + up.z * acrossUp - forward.z * band.ahead,
      ),
    )
  }
}

function setCorner(offset: number, x: number, y: number, near: number): void {
  quad[offset] = x
  quad[offset + 1] = y
  quad[offset + 2] = near
}
