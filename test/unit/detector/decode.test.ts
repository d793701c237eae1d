import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import sharp from 'sharp'
import { decodeFrame } from '../../../device/detector/decode.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const size = { width: 320, height: 320 }

function drawEven(colour: { r: number; g: number; b: number }, { width = 640, height = 480 } = {}) {
  return sharp({ create: { width, height, channels: 3, background: colour } }).jpeg({ quality: 95 })
}

/** Left half black, right half white. */
function drawHalves() {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200">
    <rect width="400" height="200" fill="black"/><rect x="200" width="200" height="200" fill="white"/></svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 95 })
}

test('a frame is squeezed whole to the size of the network, in RGB', async () => {
  const { pixels, figures } = await decodeFrame(await drawEven({ r: 200, g: 100, b: 50 }).toBuffer(), size)
  assert.equal(pixels.length, 320 * 320 * 3)
  for (const [channel, value] of [200, 100, 50].entries()) {
    assert.ok(Math.abs((pixels[3000 + channel] ?? 0) - value) <= 3)
  }
  assert.deepEqual([figures.width, figures.height], [640, 480])
})

test('a grey picture has three equal channels', async () => {
  const grey = await drawEven({ r: 90, g: 90, b: 90 }).toColourspace('b-w').toBuffer()
  const { pixels } = await decodeFrame(grey, size)
  assert.equal(pixels.length, 320 * 320 * 3)
  assert.equal(pixels[0], pixels[2])
})

test('a CMYK picture comes out as RGB', async () => {
  const cmyk = await drawEven({ r: 200, g: 40, b: 40 }).toColourspace('cmyk').toBuffer()
  const { pixels } = await decodeFrame(cmyk, size)
  assert.equal(pixels.length, 320 * 320 * 3)
  assert.ok((pixels[0] ?? 0) > (pixels[1] ?? 255) + 60)
})

test('a picture is turned upright as its EXIF orientation says', async () => {
  const turned = await drawHalves().withMetadata({ orientation: 6 }).toBuffer()
  const { pixels, figures } = await decodeFrame(turned, size)
  assert.deepEqual([figures.width, figures.height], [200, 400])
  const middle = 160 * 3
  assert.ok((pixels[320 * 3 * 20 + middle] ?? 255) < 30, 'black is above')
  assert.ok((pixels[320 * 3 * 300 + middle] ?? 0) > 225, 'white is below')
})

test('the largest frame allowed is decoded, one row more is refused', async () => {
  const largest = await drawEven({ r: 9, g: 9, b: 9 }, { width: 4000, height: 3000 }).toBuffer()
  assert.equal((await decodeFrame(largest, size)).figures.width, 4000)
  const larger = await drawEven({ r: 9, g: 9, b: 9 }, { width: 4000, height: 3001 }).toBuffer()
  await assert.rejects(decodeFrame(larger, size), ProtocolError)
})

test('a picture cut off at any tenth of its length is refused', async () => {
  const whole = await drawPicture(3, { width: 640, height: 480 })
  for (let tenth = 0; tenth < 10; tenth++) {
    await assert.rejects(decodeFrame(whole.subarray(0, (whole.length * tenth) / 10), size), ProtocolError)
  }
})

test('what stands after the end of a picture does no harm', async () => {
  const padded = Buffer.concat([await drawPicture(3), Buffer.alloc(500)])
  assert.equal((await decodeFrame(padded, size)).figures.width, 96)
})
