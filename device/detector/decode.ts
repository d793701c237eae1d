import { ProtocolError } from '@layerwatch/shared/errors.ts'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { maxFrameBytes, maxFramePixels } from '../camera/camera.ts'
import type { PictureFigures } from './detector.ts'
import { measurePicture } from './figures.ts'

/** A whole frame takes 5 to 60 ms; one that takes this long was made to. */
const timeoutSeconds = 2

/** A frame as the network takes it. */
export interface DecodedFrame {
  /** RGB, `[height, width, 3]` flat: the whole frame squeezed to the network's size. */
  pixels: Uint8Array
  figures: PictureFigures
}

/** Keeps libvips small: it would hold up to 50 MB of decoded pictures and a thread per core. */
export function limitDecoderMemory(): void {
  sharp.cache(false)
  sharp.concurrency(1)
}

/**
 * Decodes a JPEG and squeezes it to the network's size, turned as its EXIF orientation says.
 * @throws ProtocolError where the bytes are no JPEG, cut off, or larger than a frame may be.
 */
export async function decodeFrame(
  jpeg: Uint8Array,
  size: { width: number; height: number },
): Promise<DecodedFrame> {
  if (jpeg.length > maxFrameBytes) throw new ProtocolError(`the picture has ${jpeg.length} bytes`)
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new ProtocolError('the bytes are no JPEG')
  const picture = openPicture(jpeg)
  const { width, height } = await readSize(picture)
  const pixels = await picture
    .autoOrient()
    .resize({ ...size, fit: 'fill', kernel: 'linear' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new ProtocolError('the picture is broken or cut off', { cause })
    })
  return { pixels, figures: { width, height, ...measurePicture(pixels, size) } }
}

function openPicture(jpeg: Uint8Array): Sharp {
  return sharp(jpeg, { failOn: 'truncated', limitInputPixels: maxFramePixels, sequentialRead: true }).timeout(
    {
      seconds: timeoutSeconds,
    },
  )
}

/** Size as a person sees it, from the header alone: a picture too large is never decoded. */
async function readSize(picture: Sharp): Promise<{ width: number; height: number }> {
  const metadata: Metadata = await picture.metadata().catch((cause: unknown) => {
    throw new ProtocolError('the picture is broken or larger than 12 megapixels', { cause })
  })
  if (metadata.format !== 'jpeg') throw new ProtocolError('the bytes are no JPEG')
  if (metadata.width * metadata.height > maxFramePixels) {
    throw new ProtocolError(`the picture has ${metadata.width}×${metadata.height} pixels`)
  }
  return { width: metadata.autoOrient.width, height: metadata.autoOrient.height }
}
