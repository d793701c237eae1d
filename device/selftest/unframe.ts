import sharp from 'sharp'
import type { PictureConfig } from '../camera/config.ts'

/**
 * The picture a camera would have to give for its turned, mirrored and cropped picture to be this one: what is
 * cropped away is grey.
 */
export async function unframePicture(
  jpeg: Uint8Array,
  picture: PictureConfig | undefined,
): Promise<Uint8Array> {
  const { rotationDegrees = 0, isMirrored = false, crop } = picture ?? {}
  if (!crop && rotationDegrees === 0 && !isMirrored) return jpeg
  const wide = crop ? await surround(jpeg, crop) : jpeg
  const turned = await sharp(wide)
    .rotate((360 - rotationDegrees) % 360)
    .jpeg({ quality: 95 })
    .toBuffer()
  return isMirrored ? await sharp(turned).flop().jpeg({ quality: 95 }).toBuffer() : turned
}

async function surround(jpeg: Uint8Array, crop: NonNullable<PictureConfig['crop']>): Promise<Uint8Array> {
  const { width, height } = await sharp(jpeg).metadata()
  const whole = { width: Math.round(width / crop.width), height: Math.round(height / crop.height) }
  const left = Math.min(Math.round(crop.left * whole.width), Math.max(0, whole.width - width))
  const top = Math.min(Math.round(crop.top * whole.height), Math.max(0, whole.height - height))
  return await sharp(jpeg)
    .extend({
      left,
      top,
      right: Math.max(0, whole.width - width - left),
      bottom: Math.max(0, whole.height - height - top),
      background: { r: 128, g: 128, b: 128 },
    })
    .jpeg({ quality: 95 })
    .toBuffer()
}
