import { dot, subtract, type Vector } from './vector.ts'
import { nearMm, type View } from './view.ts'

/**
 * What is seen at each sample: its nearness (1/distance, 0 for nothing) and a number that says what it is.
 * A layer drawn over another passes the other's nearness as `under`; otherwise `under` is its own.
 */
export type Canvas = {
  width: number
  height: number
  near: Float32Array
  under: Float32Array
  ids: Uint32Array
  /** Tiles drawn on since they were last cleared, one byte each. */
  tiles: Uint8Array
  tileColumns: number
  rows: { low: Float32Array; high: Float32Array }
}

/** Samples a tile is wide and high. */
export const tileSamples = 32

export function createCanvas(width: number, height: number, under?: Float32Array): Canvas {
  const near = new Float32Array(width * height)
  const tileColumns = Math.ceil(width / tileSamples)
  return {
    width,
    height,
    near,
    under: under ?? near,
    ids: new Uint32Array(width * height),
    tiles: new Uint8Array(tileColumns * Math.ceil(height / tileSamples)),
    tileColumns,
    rows: { low: new Float32Array(height), high: new Float32Array(height) },
  }
}

/** Draws a flat convex polygon; what reaches behind the camera is cut off. */
export function drawPolygon(canvas: Canvas, view: View, corners: readonly Vector[], id: number): void {
  const clipped = clipNear(view, corners)
  if (clipped.length < 3) return
  const flat = new Float64Array(clipped.length * 3)
  clipped.forEach((corner, i) => {
    projectInto(flat, i * 3, view, corner.x, corner.y, corner.z)
  })
  fillConvex(canvas, flat, clipped.length, id)
}

/** Writes a place's x, y and nearness to `out` at `offset`; returns its distance along the view. */
export function projectInto(
  out: Float64Array,
  offset: number,
  view: View,
  x: number,
  y: number,
  z: number,
): number {
  const { eye, right, up, forward, focal } = view
  const dx = x - eye.x
  const dy = y - eye.y
  const dz = z - eye.z
  const distance = dx * forward.x + dy * forward.y + dz * forward.z
  const near = 1 / distance
  out[offset] = view.centreX + focal * (dx * right.x + dy * right.y + dz * right.z) * near
  out[offset + 1] = view.centreY - focal * (dx * up.x + dy * up.y + dz * up.z) * near
  out[offset + 2] = near
  return distance
}

/** Fills a convex polygon given as x, y, nearness per corner, row by row. */
export function fillConvex(canvas: Canvas, corners: Float64Array, count: number, id: number): void {
  const { width, height, rows } = canvas
  let minX = Infinity
  let maxX = -Infinity
  let minY = Infinity
  let maxY = -Infinity
  for (let i = 0; i < count; i++) {
    const x = corners[i * 3] ?? 0
    const y = corners[i * 3 + 1] ?? 0
    if (x < minX) minX = x
    if (x > maxX) maxX = x
    if (y < minY) minY = y
    if (y > maxY) maxY = y
  }
  const top = Math.max(0, Math.ceil(minY - 0.5))
  const bottom = Math.min(height - 1, Math.ceil(maxY - 0.5) - 1)
  if (top > bottom || maxX < 0 || minX > width) return
  const plane = planeOf(corners, count)
  if (!plane) return
  for (let y = top; y <= bottom; y++) {
    rows.low[y] = Infinity
    rows.high[y] = -Infinity
  }
  for (let i = 0; i < count; i++) spanEdge(canvas, corners, i * 3, ((i + 1) % count) * 3, top, bottom)
  fillRows(canvas, { top, bottom, minX, maxX }, plane, id)
}

type Plane = { a: number; b: number; c: number; least: number; most: number }

/** Nearness is linear on the picture: near = a·x + b·y + c. The widest triangle of the polygon gives it. */
function planeOf(corners: Float64Array, count: number): Plane | undefined {
  let best = 0
  let [a, b, c] = [0, 0, 0]
  let least = Infinity
  let most = 0
  const x0 = corners[0] ?? 0
  const y0 = corners[1] ?? 0
  const n0 = corners[2] ?? 0
  for (let i = 0; i < count; i++) {
    const near = corners[i * 3 + 2] ?? 0
    if (near < least) least = near
    if (near > most) most = near
    if (i < 2) continue
    const x1 = (corners[i * 3 - 3] ?? 0) - x0
    const y1 = (corners[i * 3 - 2] ?? 0) - y0
    const n1 = (corners[i * 3 - 1] ?? 0) - n0
    const x2 = (corners[i * 3] ?? 0) - x0
    const y2 = (corners[i * 3 + 1] ?? 0) - y0
    const n2 = near - n0
    const area = x1 * y2 - x2 * y1
    if (Math.abs(area) <= Math.abs(best)) continue
    best = area
    a = (n1 * y2 - n2 * y1) / area
    b = (x1 * n2 - x2 * n1) / area
    c = n0 - a * x0 - b * y0
  }
  return Math.abs(best) < 1e-4 ? undefined : { a, b, c, least, most }
}

function spanEdge(
  canvas: Canvas,
  corners: Float64Array,
  from: number,
  to: number,
  top: number,
  bottom: number,
) {
  const { low, high } = canvas.rows
  let x0 = corners[from] ?? 0
  let y0 = corners[from + 1] ?? 0
  let x1 = corners[to] ?? 0
  let y1 = corners[to + 1] ?? 0
  if (y0 > y1) {
    ;[x0, x1] = [x1, x0]
    ;[y0, y1] = [y1, y0]
  }
  const first = Math.max(top, Math.ceil(y0 - 0.5))
  const last = Math.min(bottom, Math.ceil(y1 - 0.5) - 1)
  if (first > last) return
  const slope = (x1 - x0) / (y1 - y0)
  let x = x0 + (first + 0.5 - y0) * slope
  for (let y = first; y <= last; y++, x += slope) {
    if (x < (low[y] ?? 0)) low[y] = x
    if (x > (high[y] ?? 0)) high[y] = x
  }
}

function fillRows(
  canvas: Canvas,
  box: { top: number; bottom: number; minX: number; maxX: number },
  plane: Plane,
  id: number,
): void {
  const { width, near, under, ids, rows } = canvas
  const { a, b, c, least, most } = plane
  let isDrawn = false
  for (let y = box.top; y <= box.bottom; y++) {
    const first = Math.max(0, Math.ceil((rows.low[y] ?? 0) - 0.5))
    const last = Math.min(width - 1, Math.ceil((rows.high[y] ?? 0) - 0.5) - 1)
    let value = a * (first + 0.5) + b * (y + 0.5) + c
    const start = y * width + first
    const end = y * width + last
    for (let i = start; i <= end; i++, value += a) {
      // A sliver's plane is steep: its values must not leave the range of its corners.
      const bounded = Math.max(least, Math.min(most, value))
      if (bounded > (near[i] ?? 0) && bounded > (under[i] ?? 0)) {
        near[i] = bounded
        ids[i] = id
        isDrawn = true
      }
    }
  }
  if (isDrawn) markTiles(canvas, box.minX, box.top, box.maxX, box.bottom)
}

/** Notes that a rectangle of samples has changed. */
export function markTiles(canvas: Canvas, minX: number, minY: number, maxX: number, maxY: number): void {
  const { tiles, tileColumns } = canvas
  const tileRows = tiles.length / tileColumns
  const left = Math.max(0, Math.floor(minX / tileSamples))
  const right = Math.min(tileColumns - 1, Math.floor(maxX / tileSamples))
  const top = Math.max(0, Math.floor(minY / tileSamples))
  const bottom = Math.min(tileRows - 1, Math.floor(maxY / tileSamples))
  for (let row = top; row <= bottom; row++) {
    tiles.fill(1, row * tileColumns + left, row * tileColumns + right + 1)
  }
}

function clipNear(view: View, corners: readonly Vector[]): Vector[] {
  const distances = corners.map((corner) => dot(subtract(corner, view.eye), view.forward))
  if (distances.every((distance) => distance >= nearMm)) return [...corners]
  const kept: Vector[] = []
  corners.forEach((corner, i) => {
    const k = (i + 1) % corners.length
    const next = corners[k] ?? corner
    const here = distances[i] ?? 0
    const there = distances[k] ?? 0
    if (here >= nearMm) kept.push(corner)
    if (here >= nearMm === there >= nearMm) return
    const share = (nearMm - here) / (there - here)
    kept.push({
      x: corner.x + (next.x - corner.x) * share,
      y: corner.y + (next.y - corner.y) * share,
      z: corner.z + (next.z - corner.z) * share,
    })
  })
  return kept
}
