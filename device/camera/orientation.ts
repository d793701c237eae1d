import { jpegSegments } from './jpeg.ts'

/*
 * Turning a JPEG without decoding it: the turn is written into the Exif orientation, which the detector, whatever
 * shrinks pictures, and browsers all follow. Exif 2.32, 4.6.4: https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf
 */

/** Mirrored left to right first, then turned clockwise. */
export interface Turn {
  readonly isMirrored: boolean
  readonly rotationDegrees: 0 | 90 | 180 | 270
}

/** Exif's numbers from 1 on. */
const turns: readonly Turn[] = [
  { isMirrored: false, rotationDegrees: 0 },
  { isMirrored: true, rotationDegrees: 0 },
  { isMirrored: false, rotationDegrees: 180 },
  { isMirrored: true, rotationDegrees: 180 },
  { isMirrored: true, rotationDegrees: 270 },
  { isMirrored: false, rotationDegrees: 90 },
  { isMirrored: true, rotationDegrees: 90 },
  { isMirrored: false, rotationDegrees: 270 },
]

const applicationOne = 0xe1
const exifName = Buffer.from('Exif\0\0', 'latin1')
const orientationTag = 0x0112
/** A segment whose only entry is the orientation, kept at `orientationAt`. */
const exifSegment = Buffer.from([
  ...[0xff, applicationOne, 0, 34, ...exifName],
  ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
  ...[orientationTag >> 8, orientationTag & 0xff, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0],
  ...[0, 0, 0, 0],
])
const orientationAt = 29

/**
 * The same picture, turned beyond how the camera already says it lies. Its other Exif data, such as a thumbnail
 * that would lie wrongly, are left behind.
 */
export function turnJpeg(jpeg: Uint8Array, turn: Turn): Uint8Array {
  const buffer = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  const exif = [...jpegSegments(buffer)].filter(({ marker, at }) => isExif(buffer, marker, at))
  const own = exif[0] ? readOrientation(buffer.subarray(exif[0].at, exif[0].end)) : 1
  const written = Buffer.from(exifSegment)
  written[orientationAt] = numberOf(addTurn(turns[own - 1] ?? turn, turn))
  const kept: Buffer[] = [buffer.subarray(0, 2), written]
  let from = 2
  for (const { at, end } of exif) {
    kept.push(buffer.subarray(from, at))
    from = end
  }
  return Buffer.concat([...kept, buffer.subarray(from)])
}

/** One turn after another: mirroring turns a rotation that came before it the other way round. */
export function addTurn(first: Turn, then: Turn): Turn {
  const before = then.isMirrored ? 360 - first.rotationDegrees : first.rotationDegrees
  const degrees = (before + then.rotationDegrees) % 360
  const rotationDegrees = turns.find((turn) => turn.rotationDegrees === degrees)?.rotationDegrees ?? 0
  return { isMirrored: first.isMirrored !== then.isMirrored, rotationDegrees }
}

function numberOf({ isMirrored, rotationDegrees }: Turn): number {
  const isIt = (turn: Turn) => turn.isMirrored === isMirrored && turn.rotationDegrees === rotationDegrees
  return turns.findIndex(isIt) + 1
}

function isExif(jpeg: Buffer, marker: number, at: number): boolean {
  return marker === applicationOne && jpeg.subarray(at + 4, at + 4 + exifName.length).equals(exifName)
}

/** Orientation in an Exif segment, 1 where it tells none. */
function readOrientation(segment: Buffer): number {
  const tiff = segment.subarray(4 + exifName.length)
  if (tiff.length < 14) return 1
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (directory + 2 > tiff.length) return 1
  const count = short(directory)
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry
    if (at + 12 > tiff.length) return 1
    const value = short(at + 8)
    if (short(at) === orientationTag) return value >= 1 && value <= turns.length ? value : 1
  }
  return 1
}
