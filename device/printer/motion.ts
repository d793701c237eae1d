import sharp from 'sharp'

/*
 * Whether something moves before the camera, from small grey pictures some seconds apart: all that tells a print
 * from an idle printer where there is no link to it.
 */

/** Size of the pictures compared, in cells of one luma value (0..255) each. */
export const motionSize = { width: 64, height: 48 } as const

/** A picture as it is compared. */
export function readMotionPicture(jpeg: Uint8Array): Promise<Uint8Array> {
  return sharp(jpeg).greyscale().resize(motionSize.width, motionSize.height, { fit: 'fill' }).raw().toBuffer()
}

/** A cell has changed when it differs by more, beyond what the whole picture does (clouds, a lamp that warms up). */
const changedBeyond = 10
/**
 * As many changed cells are motion. Measured on the shared frames: successive pictures of a webcam on a running
 * printer (emptydeck-P1) differ in 165 cells at least; where nothing moved between two (timelapseplus-red, the head
 * parked) in 0 to 1.
 */
const movedCells = 12
/** So many of the last pairs of pictures must show motion: a person who walks by is no print. */
const beginPairs = { moved: 3, of: 4 } as const
/** Longer than a printer stands still to heat up or to change its filament; after it the print is over. */
const endAfterMs = 10 * 60_000

export interface Motion {
  readonly isPrinting: boolean
  readonly last?: Uint8Array
  /** Whether the last pairs of pictures showed motion, the newest last. */
  readonly pairs: readonly boolean[]
  readonly movedAtMs: number
}

export const noMotion: Motion = { isPrinting: false, pairs: [], movedAtMs: Number.NEGATIVE_INFINITY }

/** Takes a picture into account. */
export function noticeMotion(motion: Motion, picture: Uint8Array, nowMs: number): Motion {
  if (motion.last === undefined) return { ...motion, last: picture }
  const hasMoved = showMotion(motion.last, picture)
  const pairs = [...motion.pairs, hasMoved].slice(-beginPairs.of)
  const movedAtMs = hasMoved ? nowMs : motion.movedAtMs
  const isPrinting = motion.isPrinting
    ? nowMs - movedAtMs <= endAfterMs
    : pairs.filter(Boolean).length >= beginPairs.moved
  return { isPrinting, last: picture, pairs, movedAtMs }
}

/** Whether something moved from one picture to the next. */
export function showMotion(before: Uint8Array, after: Uint8Array): boolean {
  return countChanged(before, after) >= movedCells
}

/** Cells that differ by more than the whole picture does. */
export function countChanged(before: Uint8Array, after: Uint8Array): number {
  const differences = Array.from(after, (value, cell) => value - (before[cell] ?? 0))
  const usual = differences.toSorted((a, b) => a - b)[differences.length >> 1] ?? 0
  return differences.filter((difference) => Math.abs(difference - usual) > changedBeyond).length
}
