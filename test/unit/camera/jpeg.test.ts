import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import sharp from 'sharp'
import { checkJpeg, jpegSegments } from '../../../device/camera/jpeg.ts'
import { decodeFrame } from '../../../device/detector/decode.ts'
import { claimSize, drawPicture } from '../../fakes/pictures.ts'

test('baseline and progressive pictures pass unchanged, padding is cut off', async () => {
  const plain = await drawPicture(1)
  const progressive = await sharp(plain).jpeg({ progressive: true }).toBuffer()
  for (const picture of [plain, progressive]) {
    assert.deepEqual(Buffer.from(checkJpeg(picture)), picture)
    assert.deepEqual(Buffer.from(checkJpeg(Buffer.concat([picture, Buffer.alloc(64, 10)]))), picture)
  }
})

test('a picture cut off anywhere is refused', async () => {
  const picture = await drawPicture(2)
  for (let length = 0; length < picture.length; length++) {
    assert.throws(() => checkJpeg(picture.subarray(0, length)), ProtocolError, `${length} bytes`)
  }
})

test('a thumbnail inside a cut off picture does not make it whole', async () => {
  const picture = await drawPicture(3)
  const thumbnail = await drawPicture(4)
  const app1 = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), thumbnail])
  app1.writeUInt16BE(thumbnail.length + 2, 2)
  const withThumbnail = Buffer.concat([picture.subarray(0, 2), app1, picture.subarray(2)])
  assert.deepEqual(Buffer.from(checkJpeg(withThumbnail)), withThumbnail)
  assert.throws(() => checkJpeg(withThumbnail.subarray(0, withThumbnail.length - 100)), ProtocolError)
})

test('pictures above 12 megapixels or without size are refused by their head', async () => {
  const picture = await drawPicture(5)
  assert.throws(() => checkJpeg(claimSize(picture, { width: 4001, height: 3000 })), ProtocolError)
  assert.throws(() => checkJpeg(claimSize(picture, { width: 0, height: 3000 })), ProtocolError)
  assert.ok(checkJpeg(claimSize(picture, { width: 4000, height: 3000 })))
})

test('what is no JPEG is refused, whatever it is', async () => {
  const png = await sharp(await drawPicture(6))
    .png()
    .toBuffer()
  for (const bytes of [png, Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(100_000, 0xff)]) {
    assert.throws(() => checkJpeg(bytes), ProtocolError)
  }
})

test('a picture without Huffman tables, as many USB cameras give, is taken and decoded', async () => {
  const drawn = await sharp(await drawPicture(5))
    .jpeg({ optimiseCoding: false })
    .toBuffer()
  const tables = [...jpegSegments(drawn)].filter(({ marker }) => marker === 0xc4)
  assert.ok(tables.length > 0)
  const bare = tables.reduceRight(
    (jpeg, { at, end }) => Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(end)]),
    drawn,
  )
  const size = { width: 32, height: 32 }
  const [whole, withoutTables] = await Promise.all(
    [drawn, checkJpeg(bare)].map((one) => decodeFrame(one, size)),
  )
  assert.deepEqual(withoutTables?.pixels, whole?.pixels)
})
