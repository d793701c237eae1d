import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { maxFrameBytes, maxFramePixels } from './camera.ts'

const startOfImage = 0xd8
const endOfImage = Buffer.from([0xff, 0xd9])
const startOfScan = 0xda

/**
 * Checks, without decoding it, that bytes are one whole JPEG of a size we take; cuts off what a camera padded it
 * with.
 * @throws ProtocolError where they are not.
 */
export function checkJpeg(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > maxFrameBytes) throw new ProtocolError('the picture has too many bytes')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { width, height, scanAt } = readHead(buffer)
  if (width === 0 || height === 0 || width * height > maxFramePixels) {
    throw new ProtocolError(`the picture is ${width}×${height} pixels`)
  }
  // Inside the scan 0xff is always followed by 0 or a restart mark, so this is the true end; a thumbnail's lies
  // before the scan.
  const endAt = buffer.lastIndexOf(endOfImage)
  if (endAt < scanAt) throw new ProtocolError('the picture is cut off')
  return bytes.subarray(0, endAt + endOfImage.length)
}

/** One segment before the scan: its marker, and where it lies with marker and length. */
export interface JpegSegment {
  marker: number
  at: number
  end: number
}

/**
 * The segments of a JPEG up to and with the first scan's; ends early where it is cut off or garbled.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
 */
export function* jpegSegments(jpeg: Buffer): Generator<JpegSegment> {
  let at = 2
  while (at + 9 < jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1] ?? 0
    const isPadding = marker === 0xff
    const end = isPadding ? at + 1 : at + 2 + jpeg.readUInt16BE(at + 2)
    if (!isPadding) yield { marker, at, end }
    if (marker === startOfScan) return
    at = end
  }
}

function readHead(jpeg: Buffer): { width: number; height: number; scanAt: number } {
  let size: { width: number; height: number } | undefined
  if (jpeg[0] !== 0xff || jpeg[1] !== startOfImage) throw new ProtocolError('what came is no JPEG')
  for (const { marker, at } of jpegSegments(jpeg)) {
    if (marker === startOfScan && size !== undefined) return { ...size, scanAt: at }
    if (isFrameHeader(marker)) size = { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) }
  }
  throw new ProtocolError('the picture is cut off or garbled')
}

/** SOF0 to SOF15 without the three tables that share their range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
}
