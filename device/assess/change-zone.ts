import type { Steps } from './change-steps.ts'

/*
 * Where the part grows, found out from the pictures alone: pixels that change for good, layer after layer at about
 * the same place. What rises at the edge of the picture is the frame that carries the head.
 */

/** Side of a cell in pixels. */
export const cellPx = 4

export interface Zone {
  /** Of the picture, in pixels; what is over at its right and its lower edge belongs to the last cells. */
  readonly width: number
  readonly columns: number
  readonly rows: number
  /** Layers followed so far. */
  readonly turns: number
  /** How often a cell saw steps lately, 0..1. */
  readonly frequency: Float32Array
  /** How many it saw, those long ago counting less. */
  readonly mass: Float32Array
  /** The turn at which the cell last counted as growing; −1 for never. */
  readonly grewAt: Int16Array
}

/** Weight of the newest layer in a cell's frequency; the first layers weigh more. */
const newestWeight = 0.12
/** A cell grows where it sees steps in this share of the layers, and belongs to the part for some time after. */
const growingShare = 0.25
const rememberTurns = 12
/** Steps in a cell and around it that count. */
const leastSteps = 4
/** What is left of a cell's mass a layer later, and the most that a layer adds. */
const massLeft = 0.93
const mostMass = cellPx * cellPx
/** A patch with this much less mass than the greatest is chance. */
const patchShare = 0.2
/** Patches whose middle lies in this uppermost share of the picture are the frame and not the part. */
const frameShare = 0.3

export function emptyZone(width: number, height: number): Zone {
  const columns = Math.floor(width / cellPx)
  const rows = Math.floor(height / cellPx)
  const cells = columns * rows
  return {
    width,
    columns,
    rows,
    turns: 0,
    frequency: new Float32Array(cells),
    mass: new Float32Array(cells),
    grewAt: new Int16Array(cells).fill(-1),
  }
}

/** The zone after one more layer. */
export function followZone(zone: Zone, steps: Steps): Zone {
  const { columns, rows, turns } = zone
  const counts = countSteps(steps.sure, zone)
  const weight = Math.max(newestWeight, 1 / (turns + 4))
  const frequency = new Float32Array(zone.frequency.length)
  const mass = new Float32Array(zone.mass.length)
  const grewAt = zone.grewAt.slice()
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const cell = y * columns + x
      const isStepping = sumAround(counts, zone, { x, y }) >= leastSteps
      const last = zone.frequency[cell] ?? 0
      frequency[cell] = last + weight * ((isStepping ? 1 : 0) - last)
      mass[cell] = massLeft * (zone.mass[cell] ?? 0) + Math.min(mostMass, counts[cell] ?? 0)
      if ((frequency[cell] ?? 0) >= growingShare) grewAt[cell] = turns
    }
  }
  return { width: zone.width, columns, rows, turns: turns + 1, frequency, mass, grewAt }
}

/**
 * The cells of the part as far as it grew lately, with a margin: 1 inside, 0 outside. Where it is known what
 * stands, the part grows there or close by.
 */
export function growingCells(zone: Zone, standing: Uint8Array | undefined): Uint8Array {
  const { grewAt, turns } = zone
  const recent = Uint8Array.from(grewAt, (turn) => (turn >= 0 && turns - turn <= rememberTurns ? 1 : 0))
  const wide = widen(recent, zone)
  if (standing) {
    const near = widenBy(nearCells, standing, zone)
    return wide.map((cell, i) => (cell && near[i] ? 1 : 0))
  }
  const patches = findPatches(wide, zone)
  const most = patches.reduce((greatest, { mass }) => Math.max(greatest, mass), 0)
  const chosen = new Uint8Array(recent.length)
  for (const { cells, mass } of patches) {
    if (mass < patchShare * most) continue
    for (const cell of cells) chosen[cell] = 1
  }
  return chosen
}

/** The cells that hold at least some of the pixels that are set. */
export function cellsOf(pixels: (i: number) => boolean, zone: Zone, least: number): Uint8Array {
  const counts = new Uint8Array(zone.columns * zone.rows)
  const size = zone.width * zone.rows * cellPx
  for (let i = 0; i < size; i++) {
    if (!pixels(i)) continue
    const cell = cellOf(zone, i)
    counts[cell] = (counts[cell] ?? 0) + 1
  }
  return counts.map((count) => (count >= least ? 1 : 0))
}

/** Cells around what stands in which the part goes on growing. */
const nearCells = 4

/** A belt of cells around the part, in which one that goes on elsewhere shows. */
export function cellsAround(mask: Uint8Array, zone: Zone): Uint8Array {
  return widenBy(beltCells, mask, zone).map((cell, i) => (cell && !mask[i] ? 1 : 0))
}

function widenBy(steps: number, mask: Uint8Array, zone: Zone): Uint8Array {
  let wide = mask
  for (let step = 0; step < steps; step++) wide = widen(wide, zone)
  return wide
}

const beltCells = 4

/** Pixels set in the cells that are set. */
export function countIn(pixels: Uint8Array, cells: Uint8Array, { width, columns }: Zone): number {
  let count = 0
  for (let cell = 0; cell < cells.length; cell++) {
    if (!cells[cell]) continue
    const column = cell % columns
    const row = (cell - column) / columns
    for (let y = row * cellPx; y < (row + 1) * cellPx; y++) {
      const start = y * width + column * cellPx
      for (let i = start; i < start + cellPx; i++) count += pixels[i] ?? 0
    }
  }
  return count
}

/** The cell a pixel lies in. */
export function cellOf({ width, columns, rows }: Zone, i: number): number {
  const column = Math.min(columns - 1, Math.floor((i % width) / cellPx))
  return Math.min(rows - 1, Math.floor(i / width / cellPx)) * columns + column
}

/** The mask with every set cell's neighbours set too. */
function widen(mask: Uint8Array, { columns, rows }: { columns: number; rows: number }): Uint8Array {
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

function countSteps(steps: Uint8Array, zone: Zone): Uint8Array {
  const counts = new Uint8Array(zone.columns * zone.rows)
  for (let i = 0; i < steps.length; i++) {
    if (!steps[i]) continue
    const cell = cellOf(zone, i)
    counts[cell] = (counts[cell] ?? 0) + 1
  }
  return counts
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
  readonly cells: readonly number[]
  readonly mass: number
}

/** Connected cells, but those that reach the picture's edge or lie at its top. */
function findPatches(mask: Uint8Array, zone: Zone): Patch[] {
  const { columns, rows } = zone
  const rest = mask.slice()
  const patches: Patch[] = []
  for (let start = 0; start < rest.length; start++) {
    if (!rest[start]) continue
    const cells = takePatch(rest, start, zone)
    let [isAtEdge, rowSum, mass] = [false, 0, 0]
    for (const cell of cells) {
      const x = cell % columns
      const y = (cell - x) / columns
      rowSum += y
      mass += zone.mass[cell] ?? 0
      if (x < 1 || x >= columns - 1 || y < 1) isAtEdge = true
    }
    if (!isAtEdge && rowSum / cells.length > frameShare * rows) patches.push({ cells, mass })
  }
  return patches
}

/** Takes the cells connected with one out of the mask. */
function takePatch(rest: Uint8Array, start: number, { columns, rows }: Zone): number[] {
  const cells = [start]
  rest[start] = 0
  for (let k = 0; k < cells.length; k++) {
    const cell = cells[k] ?? 0
    const x = cell % columns
    const y = (cell - x) / columns
    for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
        const next = row * columns + column
        if (!rest[next]) continue
        rest[next] = 0
        cells.push(next)
      }
    }
  }
  return cells
}
