import { ProtocolError } from '@layerwatch/shared/errors.ts'
import sharp from 'sharp'
import type { Camera, Frame } from './camera.ts'
import { maxFramePixels } from './camera.ts'
import type { PictureConfig } from './config.ts'

import { turnJpeg } from './orientation.ts'

/** A cropped picture is encoded again; at this quality nothing of a print's detail is lost. */
const quality = 90

/**
 * A camera whose pictures are turned, mirrored and cropped as the owner wants to see them. It is done here, before
 * anybody sees a picture, so that the detector's boxes, the live view and what is stored agree. Turning costs
 * nothing; a crop decodes and encodes.
 */
export function frameCamera(camera: Camera, picture: PictureConfig | undefined): Camera {
  const { rotationDegrees = 0, isMirrored = false, crop } = picture ?? {}
  const isTurned = rotationDegrees !== 0 || isMirrored
  if (!isTurned && crop === undefined) return camera
  const what = [
    ...(rotationDegrees === 0 ? [] : [`turned by ${rotationDegrees}°`]),
    ...(isMirrored ? ['mirrored'] : []),
    ...(crop ? ['cropped'] : []),
  ]
  return {
    description: `${camera.description}, ${what.join(', ')}`,
    async capture(signal): Promise<Frame> {
      const frame = await camera.capture(signal)
      const jpeg = isTurned ? turnJpeg(frame.jpeg, { rotationDegrees, isMirrored }) : frame.jpeg
      return { ...frame, jpeg: crop ? await cropJpeg(jpeg, crop) : jpeg }
    },
    close: () => camera.close(),
  }
}

/** Cuts out a part of the picture as a person sees it, in 0..1 of its sides. */
async function cropJpeg(jpeg: Uint8Array, crop: NonNullable<PictureConfig['crop']>): Promise<Uint8Array> {
  try {
    const picture = sharp(jpeg, { limitInputPixels: maxFramePixels, failOn: 'truncated' })
    const { width, height } = (await picture.metadata()).autoOrient
    const left = Math.round(crop.left * width)
    const top = Math.round(crop.top * height)
    const size = {
      width: Math.max(Math.min(Math.round(crop.width * width), width - left), 1),
      height: Math.max(Math.min(Math.round(crop.height * height), height - top), 1),
    }
    return await picture
      .autoOrient()
      .extract({ left, top, ...size })
      .jpeg({ quality })
      .toBuffer()
  } catch (cause) {
    throw new ProtocolError('the picture is broken or cut off', { cause })
  }
}
