import { tileSamples } from './raster.ts'
import type { Scene } from './scene.ts'
import type { ShadowMap } from './shadow.ts'
import { materials } from './surface.ts'
import { add, dot, normalize, scale } from './vector.ts'

/**
 * Works out the light of every pixel of a tile from its 2 × 2 samples and writes it, linear and three numbers
 * a pixel, to `light`.
 */
export type Shader = (tile: number, light: Float32Array) => void

/** How far the samples of a pixel look aside for what shades them, so that shadows have soft edges. */
const taps = [
  [-0.9, -0.35, 0.4, 0.75],
  [0.85, -0.5, -0.3, 0.6],
  [-0.45, 0.9, 0.7, -0.15],
  [0.3, 0.25, -0.75, -0.8],
] as const

/** A shader for a scene. One closure holds every number, because this is where nearly all the time goes. */
export function createShader(scene: Scene): Shader {
  const { view, canvas, lamp, sky, bed, backdrop, paints, world } = scene
  const { width, near, ids, tileColumns, height } = canvas
  const { eye, right, up, forward, focal, centreX, centreY } = view
  const light = world.light
  const sun = light.direction
  const toEye = scale(forward, -1)
  const half = normalize(add(sun, toEye))
  const fill = normalize(add(scale(toEye, 0.8), { x: 0, y: 0, z: 0.6 }))
  const pixelWidth = width / 2
  const gloss = paints.map((_, i) =>
    i === materials.filament || i === materials.strand ? world.material.gloss : 0.1,
  )
  const reds = Float32Array.from(paints, (paint) => paint[0])
  const greens = Float32Array.from(paints, (paint) => paint[1])
  const blues = Float32Array.from(paints, (paint) => paint[2])
  const bedHalf = bed.sizeMm / 2

  return (tile, out) => {
    const left = (tile % tileColumns) * tileSamples
    const top = Math.floor(tile / tileColumns) * tileSamples
    const endX = Math.min(width, left + tileSamples)
    const endY = Math.min(height, top + tileSamples)
    for (let y = top; y < endY; y += 2) {
      for (let x = left; x < endX; x += 2) {
        const pixel = ((y >> 1) * pixelWidth + (x >> 1)) * 3
        let red = 0
        let green = 0
        let blue = 0
        for (let sample = 0; sample < 4; sample++) {
          const sx = x + (sample & 1)
          const sy = y + (sample >> 1)
          const i = sy * width + sx
          const id = ids[i] ?? 0
          const material = id & 255
          if (material === materials.background) {
            red += backdrop[pixel] ?? 0
            green += backdrop[pixel + 1] ?? 0
            blue += backdrop[pixel + 2] ?? 0
            continue
          }
          const nx = ((id >>> 24) - 128) / 127
          const ny = (((id >>> 16) & 255) - 128) / 127
          const nz = (((id >>> 8) & 255) - 128) / 127
          const distance = 1 / (near[i] ?? 1)
          const a = ((sx + 0.5 - centreX) / focal) * distance
          const b = ((centreY - sy - 0.5) / focal) * distance
          const px = eye.x + forward.x * distance + right.x * a + up.x * b
          const py = eye.y + forward.y * distance + right.y * a + up.y * b
          const pz = eye.z + forward.z * distance + right.z * a + up.z * b
          const tap = taps[sample] ?? taps[0]
          // Looking up a little above the surface keeps it from shading itself.
          const lx = px + nx * 0.7
          const ly = py + ny * 0.7
          const lz = pz + nz * 0.7
          const open = seen(lamp, lx, ly, lz, tap, light.softnessMm, 0.7)
          const room = 0.42 + 0.58 * seen(sky, lx, ly, lz, tap, 5, 1.6)
          const facing = nx * sun.x + ny * sun.y + nz * sun.z
          const diffuse = Math.max(0, facing) * open
          const toFill = nx * fill.x + ny * fill.y + nz * fill.z
          const ambient = room * (0.6 + 0.28 * nz + Math.max(0, toFill) * 0.25)
          let albedo = 1
          let shine = gloss[material] ?? 0
          if (material === materials.bed) {
            const column = Math.min(bed.cells - 1, Math.max(0, Math.floor((px + bedHalf) / bed.cellMm)))
            const row = Math.min(bed.cells - 1, Math.max(0, Math.floor((py + bedHalf) / bed.cellMm)))
            albedo = bed.factors[row * bed.cells + column] ?? 1
            shine = bed.gloss
          }
          let glint = nx * half.x + ny * half.y + nz * half.z
          glint = glint > 0 ? glint * glint : 0
          glint *= glint
          glint *= glint
          glint *= glint
          const spark = shine * glint * open * 0.8
          red += (reds[material] ?? 0) * albedo * (diffuse * light.colour[0] + ambient * light.ambient[0])
          green += (greens[material] ?? 0) * albedo * (diffuse * light.colour[1] + ambient * light.ambient[1])
          blue += (blues[material] ?? 0) * albedo * (diffuse * light.colour[2] + ambient * light.ambient[2])
          red += spark * light.colour[0]
          green += spark * light.colour[1]
          blue += spark * light.colour[2]
        }
        out[pixel] = red / 4
        out[pixel + 1] = green / 4
        out[pixel + 2] = blue / 4
      }
    }
  }
}

/** How much of the light reaches a place, 0..1. */
function seen(
  map: ShadowMap,
  x: number,
  y: number,
  z: number,
  tap: readonly [number, number, number, number],
  reachMm: number,
  biasMm: number,
): number {
  const { across, along, direction, cellMm, size, depths } = map
  const u = (x * across.x + y * across.y + z * across.z) / cellMm + size / 2
  const v = (x * along.x + y * along.y + z * along.z) / cellMm + size / 2
  const limit = x * direction.x + y * direction.y + z * direction.z + biasMm
  const reach = reachMm / cellMm
  let open = 0
  for (let i = 0; i < 4; i += 2) {
    const column = Math.round(u + (tap[i] ?? 0) * reach)
    const row = Math.round(v + (tap[i + 1] ?? 0) * reach)
    if (column < 0 || row < 0 || column >= size || row >= size) open += 0.5
    else if ((depths[row * size + column] ?? 0) < limit) open += 0.5
  }
  return open
}

/** The light of a flat part in the open, for things that move and are shaded whole. */
export function shadeFlat(
  scene: Scene,
  material: number,
  nx: number,
  ny: number,
  nz: number,
): [number, number, number] {
  const { light } = scene.world
  const paint = scene.paints[material] ?? [0.5, 0.5, 0.5]
  const facing = Math.max(0, dot({ x: nx, y: ny, z: nz }, light.direction))
  const ambient = 0.55 + 0.25 * nz
  return [
    paint[0] * (facing * light.colour[0] + ambient * light.ambient[0]),
    paint[1] * (facing * light.colour[1] + ambient * light.ambient[1]),
    paint[2] * (facing * light.colour[2] + ambient * light.ambient[2]),
  ]
}
