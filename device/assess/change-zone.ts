import type { LayerPicture } from './layer-picture.ts'

/*
 * Where the part grows, found out from the pictures alone. A line of plastic changes a pixel once: it stood still
 * before, and stands still after. Such steps, coming layer after layer at about the same place, are the part. What
 * the head covers and uncovers moves within a layer or comes in bursts; what rises at the edge of the picture is
 * the frame that carries the head.
 */

/** Side of a cell in pixels. */
export const cellPx = 4

export interface Zone {
  readonly columns: number
  readonly rows: number
  /** Layers followed so far. */
  readonly turns: number
  /** How often a cell saw steps lately, 0..1, and how much of it moves within a layer. */
  readonly frequency: Float32Array
  readonly moving: Float32Array
  /** The turn at which the cell last counted as growing; −1 for never. */
  readonly grewAt: Int16Array
}

/** Luma steps between two bands from which a pixel has changed: above the noise left in smoothed pictures. */
export const changedLuma = 3
/** Bands wider than this, in luma steps, hold something that moves. */
export const movingLuma = 14
/** A pixel stands still over some layers while its bands together are no wider than this. */
const stillLuma = 20
/** Layers before and after a step in which a pixel must stand still, and those between, in which it changes. */
const layersBefore = 2
const layersBetween = 2
const layersAfter = 2
/** Layers that must be known before a step can be seen. */
export const stepLayers = layersBefore + layersBetween + layersAfter - 1
/** Weight of the newest layer in a cell's frequency; the first layers weigh more. */
const newestWeight = 0.12
/** A cell grows where it sees steps in this share of the layers, and belongs to the part for some time after. */
const growingShare = 0.3
const rememberTurns = 20
/** Cells of which more than this share moves belong to the head. */
const headShare = 0.6
/** Steps in a cell and around it that count. */
const leastSteps = 3
/** A patch this much smaller than the largest is chance. */
const patchShare = 0.2
/** Patches whose middle lies in this uppermost share of the picture are the frame and not the part. */
const frameShare = 0.3

export function emptyZone(width: number, height: number): Zone {
  const columns = Math.floor(width / cellPx)
  const rows = Math.floor(height / cellPx)
  const cells = columns * rows
  return {
    columns,
    rows,
    turns: 0,
    frequency: new Float32Array(cells),
    moving: new Float32Array(cells),
    grewAt: new Int16Array(cells).fill(-1),
  }
}

/** The zone after one more layer. `layers` ends with it and holds at least `stepLayers` + 1. */
export function followZone(zone: Zone, layers: readonly LayerPicture[]): Zone {
  const newest = layers.at(-1)
  if (!newest || layers.length <= stepLayers) return zone
  const { columns, rows, turns } = zone
  const steps = countSteps(layers, zone)
  const weight = Math.max(newestWeight, 1 / (turns + 4))
  const frequency = new Float32Array(zone.frequency.length)
  const moving = new Float32Array(zone.moving.length)
  const grewAt = zone.grewAt.slice()
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const cell = y * columns + x
      const before = zone.moving[cell] ?? 0
      moving[cell] = before + newestWeight * (movingShare(newest, x, y) - before)
      const isStepping = sumAround(steps, zone, { x, y }) >= leastSteps
      const last = zone.frequency[cell] ?? 0
      frequency[cell] = (moving[cell] ?? 0) > headShare ? 0 : last + weight * ((isStepping ? 1 : 0) - last)
      if ((frequency[cell] ?? 0) >= growingShare) grewAt[cell] = turns
    }
  }
  return { columns, rows, turns: turns + 1, frequency, moving, grewAt }
}

/** The cells of the part as far as it grew lately, with a margin: 1 inside, 0 outside. */
export function growingCells(zone: Zone): Uint8Array {
  const { grewAt, turns } = zone
  const recent = Uint8Array.from(grewAt, (turn) => (turn >= 0 && turns - turn <= rememberTurns ? 1 : 0))
  const patches = findPatches(widen(recent, zone), zone)
  const most = patches.reduce((mass, patch) => Math.max(mass, patch.cells.length), 0)
  const chosen = new Uint8Array(recent.length)
  for (const { cells } of patches) {
    if (cells.length < patchShare * most) continue
    for (const cell of cells) chosen[cell] = 1
  }
  return widen(chosen, zone)
}

/** Pixels of a picture's cells whose bands do not meet an earlier picture's, nothing moving in either. */
export function countChanged(
  before: LayerPicture,
  now: LayerPicture,
  cells: { mask: Uint8Array; columns: number },
): number {
  let count = 0
  forEachPixel(now, cells, (i) => {
    if (hasStepped(before, now, i)) count++
  })
  return count
}

/** Visits the pixels of the cells that are set. */
export function forEachPixel(
  picture: { width: number; height: number },
  { mask, columns }: { mask: Uint8Array; columns: number },
  visit: (index: number) => void,
): void {
  for (let cell = 0; cell < mask.length; cell++) {
    if (!mask[cell]) continue
    const left = (cell % columns) * cellPx
    const top = Math.floor(cell / columns) * cellPx
    for (let y = top; y < top + cellPx; y++) {
      for (let x = left; x < left + cellPx; x++) visit(y * picture.width + x)
    }
  }
}

export function bandWidth(picture: LayerPicture, i: number): number {
  return (picture.high[i] ?? 0) - (picture.low[i] ?? 0)
}

/** Whether the bands of two pictures do not meet at a pixel. */
export function isApart(a: LayerPicture, b: LayerPicture, i: number): boolean {
  return gapBetween(a, b, i) > changedLuma
}

/** Whether a pixel stood still, changed, and stands still again: its bands are narrow, or narrower than the step. */
function hasStepped(a: LayerPicture, b: LayerPicture, i: number): boolean {
  const gap = gapBetween(a, b, i)
  if (gap <= changedLuma) return false
  const width = Math.max(bandWidth(a, i), bandWidth(b, i))
  return width <= stillLuma || width <= gap
}

function gapBetween(a: LayerPicture, b: LayerPicture, i: number): number {
  const rise = (b.low[i] ?? 0) - (a.high[i] ?? 0)
  const fall = (a.low[i] ?? 0) - (b.high[i] ?? 0)
  return Math.max(rise, fall)
}

/** The mask with every set cell's neighbours set too. */
export function widen(mask: Uint8Array, { columns, rows }: { columns: number; rows: number }): Uint8Array {
  const wide = new Uint8Array(mask.length)
  for (let cell = 0; cell < mask.length; cell++) {
    if (!mask[cell]) continue
    const x = cell % columns
    const y = (cell - x) / columns
    for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
      const start = row * columns
      wide.fill(1, start + Math.max(0, x - 1), start + Math.min(columns - 1, x + 1) + 1)
    }
  }
  return wide
}

function countSteps(layers: readonly LayerPicture[], { columns, rows }: Zone): Uint8Array {
  const before = joinBands(layers.slice(-stepLayers - 1, -layersBetween - layersAfter))
  const after = joinBands(layers.slice(-layersAfter))
  const counts = new Uint8Array(columns * rows)
  const all = new Uint8Array(columns * rows).fill(1)
  forEachPixel(after, { mask: all, columns }, (i) => {
    if (!hasStepped(before, after, i)) return
    const cell = Math.floor(i / after.width / cellPx) * columns + Math.floor((i % after.width) / cellPx)
    counts[cell] = (counts[cell] ?? 0) + 1
  })
  return counts
}

/** The bands that hold those of all the layers. */
function joinBands(layers: readonly LayerPicture[]): LayerPicture {
  const [first, ...others] = layers
  if (!first) throw new RangeError('no layers')
  const low = first.low.slice()
  const high = first.high.slice()
  for (const layer of others) {
    for (let i = 0; i < low.length; i++) {
      low[i] = Math.min(low[i] ?? 0, layer.low[i] ?? 0)
      high[i] = Math.max(high[i] ?? 0, layer.high[i] ?? 0)
    }
  }
  return { ...first, low, high }
}

function movingShare(picture: LayerPicture, column: number, row: number): number {
  let count = 0
  for (let y = row * cellPx; y < (row + 1) * cellPx; y++) {
    const start = y * picture.width + column * cellPx
    for (let i = start; i < start + cellPx; i++) if (bandWidth(picture, i) > movingLuma) count++
  }
  return count / (cellPx * cellPx)
}

function sumAround(counts: Uint8Array, { columns, rows }: Zone, { x, y }: { x: number; y: number }): number {
  let sum = 0
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
      sum += counts[row * columns + column] ?? 0
    }
  }
  return sum
}

interface Patch {
  cells: number[]
}

/** Connected cells, but those that reach the picture's edge or lie at its top. */
function findPatches(mask: Uint8Array, { columns, rows }: Zone): Patch[] {
  const rest = mask.slice()
  const patches: Patch[] = []
  for (let start = 0; start < rest.length; start++) {
    if (!rest[start]) continue
    const cells = [start]
    rest[start] = 0
    let [isAtEdge, rowSum] = [false, 0]
    for (let k = 0; k < cells.length; k++) {
      const cell = cells[k] ?? 0
      const x = cell % columns
      const y = (cell - x) / columns
      rowSum += y
      if (x < 1 || x >= columns - 1 || y < 1) isAtEdge = true
      for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
          const next = row * columns + column
          if (!rest[next]) continue
          rest[next] = 0
          cells.push(next)
        }
      }
    }
    if (!isAtEdge && rowSum / cells.length > frameShare * rows) patches.push({ cells })
  }
  return patches
}
