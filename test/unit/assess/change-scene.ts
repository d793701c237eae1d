import type { GreyPicture } from '../../../device/assess/grey.ts'
import { createRandom, type Random } from '../../../device/simulator/random.ts'

/*
 * A bed, a wall with things on it, and a block that grows by a pixel a layer: enough of a print for the sense of
 * change, in microseconds a picture.
 */

export const sceneWidth = 160
export const sceneHeight = 120
const bedY = 95

export interface SceneMoment {
  /** Height of the part in pixels, and where it stands. */
  readonly heightPx: number
  readonly leftPx?: number
  /** Light as a factor, and shake of the camera in whole pixels. */
  readonly light?: number
  readonly shake?: { dx: number; dy: number }
  /** Where the head's left edge is; it hangs above the part. */
  readonly headX?: number
}

/** Draws one frame, with the noise of its own that every sensor has. */
export function drawScene(moment: SceneMoment, random: Random): GreyPicture {
  const { heightPx, leftPx = 60, light = 1, shake = { dx: 0, dy: 0 }, headX } = moment
  const luma = new Uint8Array(sceneWidth * sceneHeight)
  for (let row = 0; row < sceneHeight; row++) {
    for (let column = 0; column < sceneWidth; column++) {
      const x = column - shake.dx
      const y = row - shake.dy
      let value = backgroundAt(x, y)
      const isPart = x >= leftPx && x < leftPx + 40 && y <= bedY && y > bedY - heightPx
      if (isPart) value = 190 + ((y * 7 + (x >> 3) * 5) % 4) * 8
      const headBottom = bedY - heightPx - 6
      if (headX !== undefined && x >= headX && x < headX + 30 && y < headBottom && y > headBottom - 26)
        value = 40
      luma[row * sceneWidth + column] = Math.min(255, Math.max(0, value * light + random.normal() * 2))
    }
  }
  return { width: sceneWidth, height: sceneHeight, luma }
}

/** Things on the wall and lines on the bed, so that there is something to hold on to. */
function backgroundAt(x: number, y: number): number {
  if (y > bedY) return (x + 2 * (y - bedY)) % 20 < 2 ? 150 : 70
  const cell = (Math.floor(x / 12) * 7 + Math.floor(y / 10) * 13) % 5
  return 80 + cell * 12
}

export function sceneRandom(seed: number): Random {
  return createRandom(seed)
}
