import { z } from 'zod'
import { Box } from './vocabulary.ts'

/** Corner of a polygon, [x, y] in 0..1 of the picture from the upper left. */
export const Point = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
export type Point = z.infer<typeof Point>

/** What the owner said to ignore in a camera's picture: a logo, a spool, a screen. */
export const Mask = z.object({
  boxes: z.array(Box).max(64).default([]).describe('Boxes [x, y, width, height] in 0..1 of the picture'),
  polygons: z
    .array(z.array(Point).min(3).max(64))
    .max(16)
    .optional()
    .describe('Polygons, lists of corners [x, y] in 0..1 of the picture'),
})
export type Mask = z.infer<typeof Mask>

export const noMask: Mask = { boxes: [] }

/** More than this share of a picture is never ignored, whoever says so: somebody must go on watching. */
export const maxMaskedShare = 0.9
/** From this share on the owner is told how much is ignored. */
export const toldMaskedShare = 0.25

/** Size of a map in cells. */
export interface Grid {
  readonly width: number
  readonly height: number
}

/** The cells of a map, row by row from the upper left, that lie under a mask: those whose middle does. */
export function maskedCells(mask: Mask, { width, height }: Grid): Set<number> {
  const masked = new Set<number>()
  for (let cell = 0; cell < width * height; cell++) {
    const x = ((cell % width) + 0.5) / width
    const y = (Math.floor(cell / width) + 0.5) / height
    if (isMaskedAt(mask, x, y)) masked.add(cell)
  }
  return masked
}

/** Whether a place of the picture, 0..1, lies under a mask. */
export function isMaskedAt({ boxes, polygons = [] }: Mask, x: number, y: number): boolean {
  return (
    boxes.some(([left, top, w, h]) => x >= left && x <= left + w && y >= top && y <= top + h) ||
    polygons.some((corners) => isInside(corners, x, y))
  )
}

/** A ray to the right crosses the outline of what it begins in an odd number of times. */
function isInside(corners: readonly Point[], x: number, y: number): boolean {
  let isIn = false
  for (const [i, [x1, y1]] of corners.entries()) {
    const [x2, y2] = corners[(i + 1) % corners.length] ?? [x1, y1]
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) isIn = !isIn
  }
  return isIn
}

/** Fine enough to measure a mask by: a thousandth of the picture counts. */
const measuringGrid: Grid = { width: 40, height: 40 }

/** How much of the picture a mask covers, 0..1. */
export function maskedShare(mask: Mask, grid: Grid = measuringGrid): number {
  return maskedCells(mask, grid).size / (grid.width * grid.height)
}

/** Both masks in one. */
export function joinMasks(a: Mask, b: Mask): Mask {
  const polygons = [...(a.polygons ?? []), ...(b.polygons ?? [])]
  return { boxes: [...a.boxes, ...b.boxes].slice(0, 64), ...(polygons.length > 0 ? { polygons } : {}) }
}

/** The smallest box around cells. */
export function surroundCells(cells: readonly number[], { width, height }: Grid): Box {
  const columns = cells.map((cell) => cell % width)
  const rows = cells.map((cell) => Math.floor(cell / width))
  const left = Math.min(...columns)
  const top = Math.min(...rows)
  return [
    left / width,
    top / height,
    (Math.max(...columns) - left + 1) / width,
    (Math.max(...rows) - top + 1) / height,
  ]
}

/** The smallest box around boxes. */
export function surroundBoxes(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map(([x]) => x))
  const top = Math.min(...boxes.map(([, y]) => y))
  const right = Math.max(...boxes.map(([x, , w]) => x + w))
  const bottom = Math.max(...boxes.map(([, y, , h]) => y + h))
  return [left, top, Math.min(1, right) - left, Math.min(1, bottom) - top]
}
