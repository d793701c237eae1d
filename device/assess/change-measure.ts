import { correlate } from './change-align.ts'
import { checkPart, lostShareOf, type Part, type PartCheck, standingCells } from './change-part.ts'
import { findSteps, type Steps } from './change-steps.ts'
import type { Windows } from './change-window.ts'
import { cellPx, cellsAround, countIn, growingCells, type Zone } from './change-zone.ts'
import type { GreyPicture } from './grey.ts'

/*
 * What is measured of one layer against earlier ones: how much grew where the part grows, how much of what stood
 * is still where it was, and whether it is found a little aside.
 */

export interface ChangeMeasures {
  /** Pixels that changed for good where the part grows; undefined while that is not known. */
  readonly grown: number | undefined
  /** Share of the whole picture, 0..1, that changed for good. */
  readonly changedShare: number
  /** Pixels of what stood that were found, that are gone, and that something hides. */
  readonly kept: number
  readonly lost: number
  readonly hidden: number
  /** Where the part is found now, in pixels from where it was; undefined where it is in place or not found. */
  readonly moved: { dx: number; dy: number } | undefined
  /** The part's box in pixels; undefined while it is not known. */
  readonly box: PixelBox | undefined
}

export interface PixelBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The measures, and what they were taken from. */
export interface Measured {
  readonly measures: ChangeMeasures
  readonly steps: Steps
  readonly check: PartCheck
  readonly cells: Uint8Array
}

export function measureChange(windows: Windows, { zone, part }: { zone: Zone; part: Part }): Measured {
  const steps = findSteps(windows)
  const cells = growingCells(zone, standingCells(part, zone))
  const hasZone = cells.some((cell) => cell === 1)
  const check = checkPart(part, windows)
  const box = hasZone ? boxOf(cells, zone.columns) : undefined
  const { kept, lost, hidden } = check
  const changedShare = steps.sure.reduce((sum, pixel) => sum + pixel, 0) / steps.sure.length
  const isGone = lostShareOf(check) > lookAsideAbove
  // What grows just beside the place it is looked for in is growth too, where it is plain.
  const grown = countIn(steps.likely, cells, zone) + countIn(steps.sure, cellsAround(cells, zone), zone)
  const moved =
    box && isGone
      ? findMoved(middleOf(windows.before, windows), middleOf(windows.now, windows), box)
      : undefined
  return {
    measures: { grown: hasZone ? grown : undefined, changedShare, kept, lost, hidden, moved, box },
    steps,
    check,
    cells,
  }
}

/** More of the part than this gone: it is looked for aside. */
const lookAsideAbove = 0.25

/** The middle of a window's frames as a picture. */
export function middleOf(
  frames: readonly Uint8Array[],
  size: { width: number; height: number },
): GreyPicture {
  const { width, height } = size
  const luma = new Uint8Array(width * height)
  const values = new Uint8Array(frames.length)
  const half = frames.length >> 1
  for (let i = 0; i < luma.length; i++) {
    for (let k = 0; k < frames.length; k++) values[k] = frames[k]?.[i] ?? 0
    luma[i] = values.sort()[half] ?? 0
  }
  return { width, height, luma }
}

/**
 * Looks in `now` for what a box showed in `before`: where it is found plainly better than in its place, how far it
 * moved, in pixels. Undefined where it is in its place, or not found.
 */
export function findMoved(
  before: GreyPicture,
  now: GreyPicture,
  box: PixelBox,
): { dx: number; dy: number } | undefined {
  const [x, size] = sideOf(box.x, box.width, before.width)
  const [y, height] = sideOf(box.y, box.height, before.height)
  const at = (dx: number, dy: number) => correlate(before, now, { x, y, dx, dy, size, height })
  const inPlace = at(0, 0)
  let best = { dx: 0, dy: 0, correlation: inPlace }
  for (let dy = -reachPx; dy <= reachPx; dy++) {
    for (let dx = -reachPx; dx <= reachPx; dx++) {
      const correlation = at(dx, dy)
      if (correlation > best.correlation) best = { dx, dy, correlation }
    }
  }
  const better = best.correlation - inPlace
  const isPlain =
    better >= plainlyBetter || (best.correlation >= sameCorrelation && better >= betterWhereSame)
  const isFound =
    isPlain && best.correlation >= foundCorrelation && Math.hypot(best.dx, best.dy) >= leastMovePx
  return isFound ? { dx: best.dx, dy: best.dy } : undefined
}

/** Where a side of the box begins with a margin, and how long it is: the ends of a part tell its place. */
function sideOf(from: number, length: number, most: number): [number, number] {
  const first = Math.max(0, Math.round(from) - marginPx)
  const last = Math.min(most, Math.round(from + length) + marginPx)
  return [first, last - first]
}

const marginPx = 4
/** Pixels around its place in which a part is looked for, and the least that counts as moved. */
const reachPx = 16
const leastMovePx = 2
const plainlyBetter = 0.15
const foundCorrelation = 0.6
/** The very same picture found aside: a smaller gain is plain too. */
const sameCorrelation = 0.97
const betterWhereSame = 0.05

function boxOf(mask: Uint8Array, columns: number): PixelBox {
  let [left, right, top, bottom] = [columns, 0, mask.length, 0]
  for (let cell = 0; cell < mask.length; cell++) {
    if (!mask[cell]) continue
    left = Math.min(left, cell % columns)
    right = Math.max(right, cell % columns)
    top = Math.min(top, Math.floor(cell / columns))
    bottom = Math.max(bottom, Math.floor(cell / columns))
  }
  return {
    x: left * cellPx,
    y: top * cellPx,
    width: (right - left + 1) * cellPx,
    height: (bottom - top + 1) * cellPx,
  }
}
