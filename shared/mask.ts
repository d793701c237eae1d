import { z } from 'zod'
import { Box } from './vocabulary.ts'

/** What the owner said to ignore in a camera's picture: a logo, a spool, a screen. */
export const Mask = z.object({
  boxes: z.array(Box).max(64).default([]).describe('Boxes [x, y, width, height] in 0..1 of the picture'),
})
export type Mask = z.infer<typeof Mask>

export const noMask: Mask = { boxes: [] }

/** Size of a map in cells. */
export interface Grid {
  readonly width: number
  readonly height: number
}

/** The cells of a map, row by row from the upper left, that lie under a mask: those whose middle is in a box. */
export function maskedCells({ boxes }: Mask, { width, height }: Grid): Set<number> {
  const masked = new Set<number>()
  for (let cell = 0; cell < width * height; cell++) {
    const x = ((cell % width) + 0.5) / width
    const y = (Math.floor(cell / width) + 0.5) / height
    if (boxes.some(([left, top, w, h]) => x >= left && x <= left + w && y >= top && y <= top + h)) {
      masked.add(cell)
    }
  }
  return masked
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
