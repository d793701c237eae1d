import type { Grid } from '@layerwatch/shared/mask.ts'

/*
 * Arithmetic on maps: one number a cell, row by row from the upper left. Nothing here changes what it is given.
 * Plain loops: a bench judges millions of frames, and a Pi has better things to do.
 */

/** Colder than any bounded log-odds. */
const coldestCell = -9

export type Cells = Readonly<Float32Array>

/**
 * Each cell as hot as the hottest of itself and the up to eight around it, for a place may be a cell off; and nowhere
 * lower than `least`.
 */
export function spreadCells(cells: Cells, { width, height }: Grid, least: number): Float32Array {
  const across = new Float32Array(cells.length)
  for (let i = 0; i < cells.length; i++) {
    const x = i % width
    let most = Math.max(least, at(cells, i))
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
    // Written without a branch or a call, for no branch can be foretold here: a quarter of the time.
    const sum = at(a, i) + at(b, i)
    const apart = Math.abs(at(a, i) - at(b, i))
    const low = (sum - apart) / 2
    const high = (sum + apart) / 2
    const third = c ? at(c, i) : low
    const lower = (high + third - Math.abs(high - third)) / 2
    held[i] = (low + lower + Math.abs(low - lower)) / 2
  }
  return held
}

/** Share of its way that an average with a time constant goes in so long. */
export function shareOf(gapSeconds: number, timeConstantSeconds: number): number {
  return 1 - Math.exp(-gapSeconds / timeConstantSeconds)
}

/** A map on its way toward another by a share of the way. */
export function approachCells(from: Cells, to: Cells, share: number): Float32Array {
  const next = new Float32Array(from.length)
  for (let i = 0; i < next.length; i++) next[i] = at(from, i) + share * (at(to, i) - at(from, i))
  return next
}

/** How a map follows another: shares of the way, and the height above which nothing rises. */
export interface Pace {
  readonly up: number
  readonly down: number
  readonly most: number
  /** Cells at 1 here rise at a pace of their own. */
  readonly standing: { readonly cells: Cells; readonly up: number }
}

/**
 * A map on its way toward another: cells that rise go `up` of the way, cells that fall `down` of it. None rises
 * higher than `most`, however hot the other is.
 */
export function followCells(from: Cells, to: Cells, { up, down, most, standing }: Pace): Float32Array {
  const next = new Float32Array(from.length)
  for (let i = 0; i < next.length; i++) {
    const before = at(from, i)
    const step = Math.min(at(to, i), Math.max(most, before)) - before
    const rising = at(standing.cells, i) > 0 ? standing.up : up
    next[i] = before + (step > 0 ? rising : down) * step
  }
  return next
}

/**
 * A map of variances on its way toward the squared differences of two maps, these taken within bounds, and at most
 * `jump` times the variance there was.
 */
export function approachVariance(
  from: Cells,
  [cells, mean]: readonly [Cells, Cells],
  { share, least, most, jump }: { share: number; least: number; most: number; jump: number },
): Float32Array {
  const next = new Float32Array(from.length)
  for (let i = 0; i < next.length; i++) {
    const difference = at(cells, i) - at(mean, i)
    const square = Math.max(least, Math.min(most, jump * at(from, i), difference * difference))
    next[i] = at(from, i) + share * (square - at(from, i))
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

/** The highest of a map's cells, highest first. */
interface Hottest {
  readonly cells: number[]
  readonly values: number[]
}

/** The `count` hottest cells of a map, hottest first, and their mean. */
export function findHottest(map: Cells, count: number): { cells: number[]; mean: number } {
  const hottest: Hottest = { cells: [], values: [] }
  let least = -Infinity
  for (let cell = 0; cell < map.length; cell++) {
    const value = at(map, cell)
    if (value > least) least = insertHottest(hottest, { cell, value, count })
  }
  return { cells: hottest.cells, mean: meanOf(hottest.values) }
}

/** What a map is held against: what is usual, and how much each cell moves. */
export interface Past {
  readonly usual: Cells
  readonly variance: Cells
  readonly typicalVariance: number
}

/**
 * Where a map lies highest above another, highest first, and how high on the mean of `count` cells. A cell's height
 * counts in its own usual movements: so many times as much as the root of `typicalVariance` is that of its variance.
 */
export function findRise(map: Cells, past: Past, count: number): { cells: number[]; mean: number } {
  const hottest: Hottest = { cells: [], values: [] }
  let least = -Infinity
  for (let cell = 0; cell < map.length; cell++) {
    const value = riseAt(map, past, cell)
    if (value > least) least = insertHottest(hottest, { cell, value, count })
  }
  return { cells: hottest.cells, mean: meanOf(hottest.values) }
}

/** 1 where a map lies this far above what is usual, each cell in its own movements; 0 elsewhere. */
export function standingCells(map: Cells, past: Past, rise: number): Float32Array {
  const standing = new Float32Array(map.length)
  for (let cell = 0; cell < map.length; cell++) standing[cell] = riseAt(map, past, cell) >= rise ? 1 : 0
  return standing
}

function riseAt(map: Cells, { usual, variance, typicalVariance }: Past, cell: number): number {
  const rise = at(map, cell) - at(usual, cell)
  return rise > 0 ? rise * Math.sqrt(typicalVariance / at(variance, cell)) : rise
}

/** Puts a cell in its place among the hottest; gives what the next must be hotter than. */
function insertHottest(
  { cells, values }: Hottest,
  { cell, value, count }: { cell: number; value: number; count: number },
): number {
  let slot = Math.min(values.length, count - 1)
  for (; slot > 0 && (values[slot - 1] ?? 0) < value; slot--) {
    values[slot] = values[slot - 1] ?? 0
    cells[slot] = cells[slot - 1] ?? 0
  }
  values[slot] = value
  cells[slot] = cell
  return values.length < count ? -Infinity : (values[count - 1] ?? 0)
}

function meanOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / Math.max(1, values.length)
}

/** Value below which this share of the differences of two maps lies, to within a sixteenth and within ± `most`. */
export function differenceAt(
  cells: Cells,
  other: Cells,
  { share, most }: { share: number; most: number },
): number {
  const perUnit = 16
  const middle = most * perUnit
  const counts = new Uint16Array(2 * middle + 1)
  for (let i = 0; i < cells.length; i++) {
    const bin = Math.floor((at(cells, i) - at(other, i)) * perUnit + middle + 0.5)
    const within = Math.min(2 * middle, Math.max(0, bin))
    counts[within] = (counts[within] ?? 0) + 1
  }
  const wanted = share * cells.length
  let below = 0
  for (let bin = 0; bin < counts.length; bin++) {
    below += counts[bin] ?? 0
    if (below >= wanted) return bin / perUnit - most
  }
  return 0
}

/** A map with every cell lowered by as much, within bounds; what is as cold as can be stays so. */
export function lowerCells(
  cells: Cells,
  by: number,
  { coldest, hottest }: { coldest: number; hottest: number },
): Cells {
  if (by === 0) return cells
  const lowered = new Float32Array(cells.length)
  for (let i = 0; i < lowered.length; i++) {
    const cell = at(cells, i)
    lowered[i] = cell > coldest ? Math.max(coldest, Math.min(hottest, cell - by)) : cell
  }
  return lowered
}

/** Mean of the `count` hottest cells. */
export function averageHottest(cells: Cells, count: number): number {
  return findHottest(cells, count).mean
}

export function at(cells: Cells, cell: number): number {
  return cells[cell] ?? 0
}
