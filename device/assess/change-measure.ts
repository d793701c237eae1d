import { correlate } from './change-align.ts'
import type { Zone } from './change-zone.ts'
import {
  bandWidth,
  cellPx,
  countChanged,
  forEachPixel,
  growingCells,
  isApart,
  movingLuma,
  widen,
} from './change-zone.ts'
import type { GreyPicture } from './grey.ts'
import type { LayerPicture } from './layer-picture.ts'

/*
 * What is measured of one layer against earlier ones: how much grew where the part grows, how much of the part is
 * still where it was, whether it is found a little aside, and what changed elsewhere.
 */

export interface ChangeMeasures {
  /** Pixels that changed where the part grows, against some layers before; undefined while that is not known. */
  readonly grown: number | undefined
  /** The same in a belt around, where a part that grows on elsewhere, or a head that hides it, shows. */
  readonly grownAround: number
  /** Pixels of the part that stood still before and can be seen now, and the share of them that did not change. */
  readonly partPixels: number
  readonly keptShare: number
  /** The same around the part, where nothing should change: tells a change of light from one of the part. */
  readonly aroundShare: number
  /** Where the part is found now, in pixels from where it was; undefined where it is in place or not found. */
  readonly moved: { dx: number; dy: number } | undefined
  /** Pixels that changed for good away from part and head, in parts of the picture. */
  readonly strayShare: number
  /** The part's box in pixels; undefined while it is not known. */
  readonly box: PixelBox | undefined
}

export interface PixelBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Layers between the pictures that growth is measured over. */
export const growthLayers = 3
/** Layers back to the picture the part is looked for in. */
export const partLayers = 3

export function measureChange(zone: Zone, layers: readonly LayerPicture[]): ChangeMeasures | undefined {
  const now = layers.at(-1)
  const before = layers.at(-1 - growthLayers)
  if (!now || !before) return undefined
  const mask = growingCells(zone)
  const { columns } = zone
  const hasZone = mask.some((cell) => cell === 1)
  const cells = { mask, columns }
  const part = comparePart(before, now, cells)
  const ring = ringAround(mask, zone)
  const box = hasZone ? boxOf(mask, columns) : undefined
  const around = comparePart(before, now, { mask: ring, columns })
  return {
    grown: hasZone ? countChanged(before, now, cells) : undefined,
    grownAround: countChanged(before, now, { mask: ring, columns }),
    partPixels: part.pixels,
    keptShare: part.keptShare,
    aroundShare: around.keptShare,
    moved:
      box && part.keptShare < lookAsideBelow && part.pixels > 0
        ? findMoved(middlePicture(before), middlePicture(now), box)
        : undefined,
    strayShare: measureStray(zone, before, now),
    box,
  }
}

/** Less of the part than this in place: it is looked for aside. */
const lookAsideBelow = 0.9

function comparePart(
  before: LayerPicture,
  now: LayerPicture,
  cells: { mask: Uint8Array; columns: number },
): { pixels: number; keptShare: number } {
  let [pixels, kept] = [0, 0]
  forEachPixel(now, cells, (i) => {
    if (bandWidth(before, i) > movingLuma || bandWidth(now, i) > movingLuma) return
    pixels++
    if (!isApart(before, now, i)) kept++
  })
  return { pixels, keptShare: pixels === 0 ? 1 : kept / pixels }
}

/** A belt of some cells around the part. */
function ringAround(mask: Uint8Array, zone: Zone): Uint8Array {
  let wide = mask
  for (let step = 0; step < ringCells; step++) wide = widen(wide, zone)
  return wide.map((cell, i) => (cell && !mask[i] ? 1 : 0))
}

const ringCells = 4

/**
 * Looks in `now` for what a box showed in `before`: where it is found plainly better than in its place, how far it
 * moved, in pixels. Undefined where it is in its place, or not found.
 */
export function findMoved(
  before: GreyPicture,
  now: GreyPicture,
  box: PixelBox,
): { dx: number; dy: number } | undefined {
  const size = Math.round(Math.min(maxPatchPx, Math.max(minPatchPx, Math.min(box.width, box.height))))
  const x = Math.round(box.x + box.width / 2 - size / 2)
  const y = Math.round(box.y + box.height / 2 - size / 2)
  const inPlace = correlate(before, now, { x, y, dx: 0, dy: 0, size })
  let best = { dx: 0, dy: 0, correlation: inPlace + plainlyBetter }
  for (let dy = -reachPx; dy <= reachPx; dy++) {
    for (let dx = -reachPx; dx <= reachPx; dx++) {
      const correlation = correlate(before, now, { x, y, dx, dy, size })
      if (correlation > best.correlation) best = { dx, dy, correlation }
    }
  }
  const isFound = best.correlation >= foundCorrelation && Math.hypot(best.dx, best.dy) >= leastMovePx
  return isFound ? { dx: best.dx, dy: best.dy } : undefined
}

const minPatchPx = 12
const maxPatchPx = 40
/** Pixels around its place in which a part is looked for, and the least that counts as moved. */
const reachPx = 24
const leastMovePx = 2
const plainlyBetter = 0.15
const foundCorrelation = 0.6

function boxOf(mask: Uint8Array, columns: number): PixelBox {
  let [left, right, top, bottom] = [columns, 0, mask.length, 0]
  for (let cell = 0; cell < mask.length; cell++) {
    if (!mask[cell]) continue
    left = Math.min(left, cell % columns)
    right = Math.max(right, cell % columns)
    top = Math.min(top, Math.floor(cell / columns))
    bottom = Math.max(bottom, Math.floor(cell / columns))
  }
  const scale = cellPx
  return {
    x: left * scale,
    y: top * scale,
    width: (right - left + 1) * scale,
    height: (bottom - top + 1) * scale,
  }
}

/** The middles of a layer's bands as a picture. */
export function middlePicture({ width, height, low, high }: LayerPicture): GreyPicture {
  return { width, height, luma: low.map((value, i) => (value + (high[i] ?? 0)) / 2) }
}

/** What changed outside the part and the head's way, in parts of the picture. */
function measureStray(zone: Zone, before: LayerPicture, now: LayerPicture): number {
  const part = ringAroundWithPart(zone)
  const quiet = zone.moving.map((moving, cell) => (moving < quietShare && !part[cell] ? 1 : 0))
  const changed = countChanged(before, now, { mask: Uint8Array.from(quiet), columns: zone.columns })
  return changed / (now.width * now.height)
}

/** A cell of which less than this share moves usually is out of the head's way. */
const quietShare = 0.15

function ringAroundWithPart(zone: Zone): Uint8Array {
  return widen(growingCells(zone), zone)
}
