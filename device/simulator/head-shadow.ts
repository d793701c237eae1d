import { projectInto } from './raster.ts'
import type { Scene } from './scene.ts'
import { materials } from './surface.ts'
import type { Vector } from './vector.ts'
import { rayThrough } from './view.ts'

/** The head as its shadow knows it: a flat rectangle this high above the nozzle, with a soft edge; mm. */
const shade = { heightMm: 34, halfWidthMm: 16, halfDepthMm: 13, edgeMm: 13, strength: 0.62 }

/** Darkens what lies in the head's soft shadow. `light` is the still picture, three numbers a pixel. */
export function castHeadShadow(scene: Scene, light: Float32Array, nozzle: Vector): void {
  const { view, canvas, world } = scene
  const { width, near, ids } = canvas
  const { eye, right } = view
  const sun = world.light.direction
  const slantX = sun.x / sun.z
  const slantY = sun.y / sun.z
  const lampZ = nozzle.z + shade.heightMm
  const box = shadowBox(scene, nozzle)
  const step = 2 / view.focal
  for (let y = box.top; y < box.bottom; y += 2) {
    const start = rayThrough(view, box.left, y)
    for (let x = box.left, k = 0; x < box.right; x += 2, k++) {
      const i = y * width + x
      if (((ids[i] ?? 0) & 255) === materials.background) continue
      const distance = 1 / (near[i] ?? 1)
      const rise = lampZ - eye.z - (start.z + right.z * step * k) * distance
      if (rise < 0) continue
      const atX = eye.x + (start.x + right.x * step * k) * distance + slantX * rise - nozzle.x
      const outX = Math.max(0, Math.abs(atX) - shade.halfWidthMm)
      if (outX >= shade.edgeMm) continue
      const atY = eye.y + (start.y + right.y * step * k) * distance + slantY * rise - nozzle.y - 2
      const outY = Math.max(0, Math.abs(atY) - shade.halfDepthMm)
      const inside = 1 - Math.sqrt(outX * outX + outY * outY) / shade.edgeMm
      if (inside <= 0) continue
      const left = 1 - shade.strength * inside * inside
      const pixel = ((y >> 1) * (width >> 1) + (x >> 1)) * 3
      light[pixel] = (light[pixel] ?? 0) * left
      light[pixel + 1] = (light[pixel + 1] ?? 0) * left
      light[pixel + 2] = (light[pixel + 2] ?? 0) * left
    }
  }
}

const corner = new Float64Array(3)

/** The samples the shadow may fall on, from the nozzle's height down to the bed. */
function shadowBox({ view, canvas, world }: Scene, nozzle: Vector) {
  const sun = world.light.direction
  const reachX = shade.halfWidthMm + shade.edgeMm
  const reachY = shade.halfDepthMm + shade.edgeMm + 2
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, 0, 0]
  for (const z of [0, nozzle.z]) {
    const rise = nozzle.z + shade.heightMm - z
    for (const [dx, dy] of [
      [-reachX, -reachY],
      [reachX, -reachY],
      [-reachX, reachY],
      [reachX, reachY],
    ] as const) {
      const x = nozzle.x - (sun.x / sun.z) * rise + dx
      projectInto(corner, 0, view, x, nozzle.y - (sun.y / sun.z) * rise + dy, z)
      minX = Math.min(minX, corner[0] ?? 0)
      maxX = Math.max(maxX, corner[0] ?? 0)
      minY = Math.min(minY, corner[1] ?? 0)
      maxY = Math.max(maxY, corner[1] ?? 0)
    }
  }
  return {
    left: Math.max(0, Math.floor(minX) & ~1),
    right: Math.min(canvas.width, maxX),
    top: Math.max(0, Math.floor(minY) & ~1),
    bottom: Math.min(canvas.height, maxY),
  }
}
