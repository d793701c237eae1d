import { cross, dot, normalize, type Vector, vector } from './vector.ts'

/**
 * How near to the light the nearest thing is, on a grid across the light: what lies deeper is in shadow. The
 * grid is centred on the bed.
 */
export type ShadowMap = {
  direction: Vector
  across: Vector
  along: Vector
  cellMm: number
  size: number
  depths: Float32Array
}

const emptyDepth = -1e6

export function createShadowMap(direction: Vector, style: { cellMm: number; size: number }): ShadowMap {
  const helper = Math.abs(direction.z) > 0.95 ? vector(0, 1, 0) : vector(0, 0, 1)
  const across = normalize(cross(helper, direction))
  const depths = new Float32Array(style.size * style.size).fill(emptyDepth)
  return { direction, across, along: cross(direction, across), ...style, depths }
}

export function clearShadows(map: ShadowMap): void {
  map.depths.fill(emptyDepth)
}

/** Lets a thread or line of plastic cast its shadow. */
export function castLine(map: ShadowMap, from: Vector, to: Vector, widthMm: number): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y, to.z - from.z)
  const steps = Math.max(1, Math.ceil(length / map.cellMm))
  const { across, along, direction, cellMm, size, depths } = map
  const half = size / 2
  const startU = dot(from, across) / cellMm + half
  const startV = dot(from, along) / cellMm + half
  const startD = dot(from, direction)
  const stepU = (dot(to, across) / cellMm + half - startU) / steps
  const stepV = (dot(to, along) / cellMm + half - startV) / steps
  const stepD = (dot(to, direction) - startD) / steps
  const reach = widthMm / 2 / cellMm
  for (let i = 0; i <= steps; i++) {
    const depth = startD + stepD * i
    const u0 = Math.max(0, Math.round(startU + stepU * i - reach - 0.3))
    const u1 = Math.min(size - 1, Math.round(startU + stepU * i + reach - 0.7))
    const v0 = Math.max(0, Math.round(startV + stepV * i - reach - 0.3))
    const v1 = Math.min(size - 1, Math.round(startV + stepV * i + reach - 0.7))
    for (let v = v0; v <= Math.max(v0, v1) && v < size; v++) {
      for (let u = u0; u <= Math.max(u0, u1) && u < size; u++) {
        const cell = v * size + u
        if ((depths[cell] ?? 0) < depth) depths[cell] = depth
      }
    }
  }
}
