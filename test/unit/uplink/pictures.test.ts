import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import sharp from 'sharp'
import { fitJpeg } from '../../../device/uplink/fit-jpeg.ts'
import { LayerPictures, maxLayerPictureBytes } from '../../../device/uplink/pictures.ts'

function openFolder(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-pictures-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  return { dataDir, pictures: new LayerPictures(dataDir) }
}

/** A picture that compresses as badly as any. */
const noise = await sharp(randomBytes(1280 * 960 * 3), { raw: { width: 1280, height: 960, channels: 3 } })
  .jpeg({ quality: 95 })
  .toBuffer()

test('a picture of a layer is kept, at most 40 kB of it', async (t) => {
  const { pictures } = openFolder(t)
  await pictures.keep('print', 7, noise)
  const kept = readFileSync(pictures.fileOf('print', 7))
  assert.ok(kept.length <= maxLayerPictureBytes, `${kept.length} bytes`)
  assert.equal((await sharp(kept).metadata()).format, 'jpeg')
})

test('of the prints the last twenty stay', async (t) => {
  const { dataDir, pictures } = openFolder(t)
  const small = await sharp(noise).resize(32).jpeg().toBuffer()
  for (let i = 1; i <= 25; i++) {
    await pictures.keep(`print-${i}`, 1, small)
    utimesSync(join(dataDir, 'pictures', `print-${i}`), i, i)
  }
  const left = readdirSync(join(dataDir, 'pictures'))
  assert.equal(left.length, 20)
  assert.ok(left.includes('print-25') && left.includes('print-6') && !left.includes('print-5'))
})

test('a picture that is small enough is left as it is, and what is none is not sent', async () => {
  assert.equal(await fitJpeg(noise, noise.length), noise)
  assert.equal(await fitJpeg(randomBytes(1000), 100), undefined)
  const fit = await fitJpeg(noise, 256 * 1024)
  assert.ok(fit && fit.length <= 256 * 1024)
})
