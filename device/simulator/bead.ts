import { direct, locate, type Pose } from './pose.ts'
import { type Canvas, fillConvex, projectInto } from './raster.ts'
import { materials, packSurface } from './surface.ts'
import { nearMm, type View } from './view.ts'

/** A line's cross-section, in widths across and heights down from its top: flat above, round at the sides. */
const profile = [
  [-0.4, -1],
  [-0.5, -0.55],
  [-0.27, 0],
  [0.27, 0],
  [0.5, -0.55],
  [0.4, -1],
] as const

/** The outward normal of each strip between two points of the profile: across, up. */
const strips = [
  [-0.96, -0.28],
  [-0.94, 0.34],
  [0, 1],
  [0.94, 0.34],
  [0.96, -0.28],
] as const

const corners = new Float64Array(profile.length * 2 * 3)
const quad = new Float64Array(12)

/** Draws one line of plastic: numbers of `data` from `offset` as `Growth.beads` holds them. */
export function drawBead(canvas: Canvas, view: View, data: Float32Array, offset: number, pose: Pose): void {
  const at = (i: number) => data[offset + i] ?? 0
  const dx = at(3) - at(0)
  const dy = at(4) - at(1)
  const length = Math.hypot(dx, dy)
  if (length < 1e-4) return
  const width = at(6)
  const height = at(7)
  const ux = dx / length
  const uy = dy / length
  // A little overlap closes the notch at corners.
  const overlap = width * 0.22
  const { eye } = view
  for (let i = 0; i < profile.length; i++) {
    const [across = 0, up = 0] = profile[i] ?? []
    const ax = -uy * across * width
    const ay = ux * across * width
    const start = locate(pose, at(0) - ux * overlap + ax, at(1) - uy * overlap + ay, at(2) + up * height)
    const end = locate(pose, at(3) + ux * overlap + ax, at(4) + uy * overlap + ay, at(5) + up * height)
    if (projectInto(corners, i * 6, view, start.x, start.y, start.z) < nearMm) return
    if (projectInto(corners, i * 6 + 3, view, end.x, end.y, end.z) < nearMm) return
  }
  const middle = locate(pose, (at(0) + at(3)) / 2, (at(1) + at(4)) / 2, at(2))
  for (let i = 0; i < strips.length; i++) {
    const [across = 0, up = 0] = strips[i] ?? []
    const normal = direct(pose, -uy * across, ux * across, up)
    const facing =
      normal.x * (eye.x - middle.x) + normal.y * (eye.y - middle.y) + normal.z * (eye.z - middle.z)
    if (facing <= 0) continue
    copyCorner(0, i * 6)
    copyCorner(3, i * 6 + 3)
    copyCorner(6, i * 6 + 9)
    copyCorner(9, i * 6 + 6)
    fillConvex(canvas, quad, 4, packSurface(materials.filament, normal.x, normal.y, normal.z))
  }
}

function copyCorner(to: number, from: number): void {
  quad[to] = corners[from] ?? 0
  quad[to + 1] = corners[from + 1] ?? 0
  quad[to + 2] = corners[from + 2] ?? 0
}
