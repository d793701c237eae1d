import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '@layerwatch/shared/errors.ts'
import sharp from 'sharp'
import { PictureConfig } from '../../../device/camera/config.ts'
import { frameCamera } from '../../../device/camera/framing.ts'
import type { Turn } from '../../../device/camera/orientation.ts'
import { addTurn, turnJpeg } from '../../../device/camera/orientation.ts'
import { decodeFrame } from '../../../device/detector/decode.ts'
import { fitJpeg } from '../../../device/uplink/fit-jpeg.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const never = new AbortController().signal
const degrees = [0, 90, 180, 270] as const
const turns: Turn[] = degrees.flatMap((rotationDegrees) =>
  [false, true].map((isMirrored) => ({ rotationDegrees, isMirrored })),
)

/** Four quarters of one colour each, twice as wide as high. */
async function drawQuarters(): Promise<Buffer> {
  const colours = ['red', 'lime', 'blue', 'white']
  const quarters = colours.map(
    (fill, i) => `<rect x="${(i % 2) * 80}" y="${i < 2 ? 0 : 40}" width="80" height="40" fill="${fill}"/>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="80">${quarters.join('')}</svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
}

/** Colours of the four corners as the detector sees them: R, G, B, W from the upper left on, row by row. */
async function cornersOf(jpeg: Uint8Array): Promise<string> {
  const { pixels } = await decodeFrame(jpeg, { width: 8, height: 8 })
  const nameAt = (x: number, y: number) => {
    const rgb = [...pixels.subarray(3 * (8 * y + x), 3 * (8 * y + x) + 3)].map((value) => value > 128)
    return { 'true,false,false': 'R', 'false,true,false': 'G', 'false,false,true': 'B' }[String(rgb)] ?? 'W'
  }
  return [nameAt(1, 1), nameAt(6, 1), nameAt(1, 6), nameAt(6, 6)].join('')
}

const still = (jpeg: Uint8Array, picture: Partial<PictureConfig>) =>
  frameCamera(
    {
      description: 'a camera',
      capture: async () => ({ jpeg, capturedAtMs: 7 }),
      close: async () => undefined,
    },
    PictureConfig.parse(picture),
  )

describe('a picture that is turned', () => {
  test('lies as the configuration says: mirrored first, then turned clockwise', async () => {
    const expected = new Map([
      ['0', 'RGBW'],
      ['0 mirrored', 'GRWB'],
      ['90', 'BRWG'],
      ['90 mirrored', 'WGBR'],
      ['180', 'WBGR'],
      ['180 mirrored', 'BWRG'],
      ['270', 'GWRB'],
      ['270 mirrored', 'RBGW'],
    ])
    const jpeg = await drawQuarters()
    for (const turn of turns) {
      const name = `${turn.rotationDegrees}${turn.isMirrored ? ' mirrored' : ''}`
      assert.equal(await cornersOf(turnJpeg(jpeg, turn)), expected.get(name), name)
    }
  })

  test('is turned on from how its camera says it lies, whichever way that is', async () => {
    const plain = await drawQuarters()
    for (let orientation = 1; orientation <= 8; orientation++) {
      const own = await sharp(plain).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer()
      const upright = await sharp(own).autoOrient().jpeg({ quality: 95 }).toBuffer()
      for (const turn of turns) {
        const both = await cornersOf(turnJpeg(own, turn))
        assert.equal(
          both,
          await cornersOf(turnJpeg(upright, turn)),
          `${orientation}, ${JSON.stringify(turn)}`,
        )
      }
    }
  })

  test('comes back after as many turns as lead back', () => {
    for (const first of turns) {
      const back = turns.find((then) => {
        const both = addTurn(first, then)
        return !both.isMirrored && both.rotationDegrees === 0
      })
      assert.ok(back)
    }
  })

  test('has its sides swapped for the detector, and stays so where it is made smaller', async () => {
    const big = await sharp(await drawQuarters())
      .resize(1600, 800)
      .jpeg({ quality: 100 })
      .toBuffer()
    const turned = turnJpeg(big, { rotationDegrees: 90, isMirrored: false })
    const { figures } = await decodeFrame(turned, { width: 320, height: 320 })
    assert.deepEqual([figures.width, figures.height], [800, 1600])
    const small = await fitJpeg(turned, turned.length - 1)
    assert.ok(small && small.length < turned.length)
    assert.equal(await cornersOf(small), 'BRWG')
  })

  test('that is broken stays broken, and no bytes make it fail otherwise', async () => {
    const jpeg = await sharp(await drawQuarters())
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    for (let at = 2; at < 80; at++) {
      const broken = Buffer.from(jpeg)
      broken[at] = 0xff
      assert.doesNotThrow(() => turnJpeg(broken, { rotationDegrees: 90, isMirrored: false }))
      assert.doesNotThrow(() => turnJpeg(jpeg.subarray(0, at), { rotationDegrees: 90, isMirrored: false }))
    }
  })
})

describe('a camera whose picture is framed', () => {
  test('gives the part of the turned picture that is kept', async () => {
    const crop = { left: 0, top: 0.5, width: 0.5, height: 0.5 }
    const camera = still(await drawQuarters(), { rotationDegrees: 90, crop })
    const { jpeg, capturedAtMs } = await camera.capture(never)
    assert.equal(capturedAtMs, 7)
    assert.match(camera.description, /turned by 90°, cropped/)
    const { width, height, orientation } = await sharp(jpeg).metadata()
    assert.deepEqual([width, height, orientation], [40, 80, undefined])
    assert.equal(await cornersOf(jpeg), 'WWWW')
  })

  test('is the camera itself where nothing is asked for', async () => {
    const jpeg = await drawPicture(1)
    assert.equal((await still(jpeg, {}).capture(never)).jpeg, jpeg)
  })

  test('refuses a crop outside of the picture, and says a picture that is none', async () => {
    const crop = { left: 0.5, top: 0, width: 0.6, height: 1 }
    assert.equal(PictureConfig.safeParse({ crop }).success, false)
    const half = (await drawPicture(1)).subarray(0, 500)
    const whole = { left: 0, top: 0, width: 1, height: 1 }
    await assert.rejects(still(half, { crop: whole }).capture(never), ProtocolError)
  })
})
