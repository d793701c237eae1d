import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { JpegCutter } from '../../../device/camera/jpeg-cutter.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const pictures = await Promise.all([1, 2, 3].map((number) => drawPicture(number)))
const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = pictures

/** Every picture the cutter gives, with its stamp, where the stream comes in pieces of that size. */
function cutAll(stream: Buffer, step: number): { picture: Buffer; beganAtMs: number }[] {
  const cutter = new JpegCutter()
  const cut: { picture: Buffer; beganAtMs: number }[] = []
  for (let at = 0; at < stream.length; at += step) {
    const part = cutter.push(stream.subarray(at, at + step), at)
    if (part) cut.push({ picture: Buffer.from(part.bytes), beganAtMs: part.beganAtMs })
  }
  return cut
}

/** The picture with a small one within it, as cameras store a thumbnail in an application segment. */
function withThumbnail(picture: Buffer, thumbnail: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(thumbnail.length + 2, 2)
  return Buffer.concat([picture.subarray(0, 2), head, thumbnail, picture.subarray(2)])
}

test('pictures are cut apart however the stream is chopped up', () => {
  for (const step of [1, 2, 3, 7, 200]) {
    assert.deepEqual(
      cutAll(Buffer.concat(pictures), step).map(({ picture }) => picture),
      pictures,
    )
  }
})

test('of several pictures that come at once only the newest is given', () => {
  assert.deepEqual(
    cutAll(Buffer.concat(pictures), 100_000).map(({ picture }) => picture),
    pictures.slice(-1),
  )
})

test('a picture is stamped when its first bytes came', () => {
  const [one, two] = cutAll(Buffer.concat([first, second]), 10)
  assert.equal(one?.beganAtMs, 0)
  assert.ok(Math.abs((two?.beganAtMs ?? 0) - first.length) <= 20)
})

test('a thumbnail is no picture of the stream', () => {
  const whole = withThumbnail(second, first)
  assert.deepEqual(
    cutAll(Buffer.concat([whole, first]), 50).map(({ picture }) => picture),
    [whole, first],
  )
})

test('noise and half pictures are passed over, and what follows is whole', () => {
  const noise = Buffer.from('ERROR: *** no picture ***')
  const stream = Buffer.concat([noise, first.subarray(0, first.length - 200), second, noise, first])
  assert.deepEqual(
    cutAll(stream, 64).map(({ picture }) => picture),
    [second, first],
  )
})

test('a picture without end is refused, and noise without end is not kept', () => {
  const endless = new JpegCutter()
  endless.push(first.subarray(0, first.length - 2), 0)
  const flood = (cutter: JpegCutter) => {
    for (let sent = 0; sent < 256; sent++) cutter.push(Buffer.alloc(65_536, 65), 0)
  }
  assert.throws(() => flood(endless), ProtocolError)
  flood(new JpegCutter())
})
