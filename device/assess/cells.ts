import type { Grid } from '@layerwatch/shared/mask.ts'

/*
 * Arithmetic on maps: one number a cell, row by row from the upper left. Nothing here changes what it is given.
 * Plain loops: a bench judges millions of frames, and a Pi has better things to do.
 */

/** Colder than any bounded log-odds. */
const coldestCell = -9

export type Cells = Readonly<Float32Array>

/** Each cell as hot as the hottest of itself and the up to eight around it: a place that may be a cell off. */
export function spreadCells(cells: Cells, { width, height }: Grid): Float32Array {
  const across = new Float32Array(cells.length)
  for (let i = 0; i < cells.length; i++) {
    const x = i % width
    let most = at(cells, i)
    if (x > 0) most = Math.max(most, at(cells, i - 1))
    if (x < width - 1) most = Math.max(most, at(cells, i + 1))
    across[i] = most
  }
  const spread = new Float32Array(cells.length)
  for (let i = 0; i < cells.length; i++) {
    let most = at(across, i)
    if (i >= width) most = Math.max(most, at(across, i - width))
    if (i < width * (height - 1)) most = Math.max(most, at(across, i + width))
    spread[i] = most
  }
  return spread
}

/** Cell by cell the middle one of three maps, the lower of two, or the only one. */
export function holdCells(maps: readonly Cells[]): Cells {
  const [a, b, c] = maps
  if (!a) throw new RangeError('no map to hold')
  if (!b) return a
  const held = new Float32Array(a.length)
  for (let i = 0; i < held.length; i++) {
    const low = Math.min(at(a, i), at(b, i))
    const high = Math.max(at(a, i), at(b, i))
    held[i] = c ? Math.max(low, Math.min(high, at(c, i))) : low
  }
  return held
}

/** A map on its way toward another: cells that rise go `up` of the way, cells that fall `down` of it. */
export function approachCells(
  from: Cells,
  to: Cells,
  { up, down }: { up: number; down: number },
): Float32Array {
  const next = new Float32Array(from.length)
  for (let i = 0; i < next.length; i++) {
    const step = at(to, i) - at(from, i)
    next[i] = at(from, i) + (step > 0 ? up : down) * step
  }
  return next
}

/** The hottest of several maps, cell by cell. */
export function joinCells(first: Cells, others: readonly Cells[]): Float32Array {
  const joined = Float32Array.from(first)
  for (const other of others) {
    for (let i = 0; i < joined.length; i++) joined[i] = Math.max(at(joined, i), at(other, i))
  }
  return joined
}

/** A map that is nowhere lower than `least`. */
export function raiseCells(cells: Cells, least: number): Float32Array {
  const raised = new Float32Array(cells.length)
  for (let i = 0; i < raised.length; i++) raised[i] = Math.max(least, at(cells, i))
  return raised
}

/** A map that is nowhere higher than `most`, or than another map where that is higher already. */
export function boundCells(cells: Cells, other: Cells, most: number): Float32Array {
  const bounded = new Float32Array(cells.length)
  for (let i = 0; i < bounded.length; i++) bounded[i] = Math.min(at(cells, i), Math.max(most, at(other, i)))
  return bounded
}

/** 1 where a map is hotter than `least`, 0 elsewhere. */
export function keepCells(cells: Cells, least: number): Float32Array {
  const kept = new Float32Array(cells.length)
  for (let i = 0; i < kept.length; i++) kept[i] = at(cells, i) > least ? 1 : 0
  return kept
}

/** A map without the cells that another has at 1: nothing is as cold as they are then. */
export function clearCells(cells: Cells, kept: Cells): Float32Array {
  const cleared = Float32Array.from(cells)
  for (let i = 0; i < cleared.length; i++) if (at(kept, i) > 0) cleared[i] = coldestCell
  return cleared
}

/** Where a map lies highest above another, hottest first, and how high on the mean of `count` cells. */
export function findRise(cells: Cells, usual: Cells, count: number): { cells: number[]; rise: number } {
  const where: number[] = []
  const values: number[] = []
  for (let cell = 0; cell < cells.length; cell++) {
    const value = at(cells, cell) - at(usual, cell)
    if (values.length === count && value <= (values[count - 1] ?? 0)) continue
    let slot = Math.min(values.length, count - 1)
    for (; slot > 0 && (values[slot - 1] ?? 0) < value; slot--) {
      values[slot] = values[slot - 1] ?? 0
      where[slot] = where[slot - 1] ?? 0
    }
    values[slot] = value
    where[slot] = cell
  }
  return { cells: where, rise: values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length) }
}

/** Mean of the `count` hottest cells. */
export function averageHottest(cells: Cells, count: number): number {
  return findRise(cells, new Float32Array(cells.length), count).rise
}

export function at(cells: Cells, cell: number): number {
  return cells[cell] ?? 0
}
