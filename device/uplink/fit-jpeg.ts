import sharp from 'sharp'
import { maxFramePixels } from '../camera/camera.ts'

/** Steps from a good picture to a poor one; the first that fits is taken. */
const steps = [
  { width: 1600, quality: 82 },
  { width: 1280, quality: 75 },
  { width: 960, quality: 68 },
  { width: 640, quality: 60 },
  { width: 480, quality: 50 },
  { width: 320, quality: 40 },
] as const

/**
 * Makes a JPEG of at most `maxBytes`, the picture itself where it is small enough; undefined where the bytes are
 * no picture. Metadata (a place, a camera's serial number) is left behind whenever it is made anew.
 */
export async function fitJpeg(jpeg: Uint8Array, maxBytes: number): Promise<Uint8Array | undefined> {
  if (jpeg.length <= maxBytes) return jpeg
  for (const { width, quality } of steps.slice(maxBytes < 100_000 ? 3 : 0)) {
    try {
      const made = await sharp(jpeg, { limitInputPixels: maxFramePixels, failOn: 'none' })
        .autoOrient()
        .resize({ width, withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer()
      if (made.length <= maxBytes) return made
    } catch {
      return undefined
    }
  }
  return undefined
}
