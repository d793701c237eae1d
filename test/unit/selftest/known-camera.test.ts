import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import sharp from 'sharp'
import { CameraConfig } from '../../../device/camera/config.ts'
import { openKnownCamera } from '../../../device/selftest/known-camera.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const log = pino({ level: 'silent' })
const { signal } = new AbortController()
const size = { width: 320, height: 240 }

/** Greatest mean difference of two pictures' quarters, in steps of 255. */
async function difference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const raw = (jpeg: Uint8Array) => sharp(jpeg).autoOrient().resize(32, 24, { fit: 'fill' }).raw().toBuffer()
  const [one, other] = [await raw(a), await raw(b)]
  assert.equal(one.length, other.length)
  return one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length
}

const url = 'http://127.0.0.1:9/not-there'
const crop = { left: 0.1, top: 0.3, width: 0.6, height: 0.7 }
const pictures = {
  'as it is': undefined,
  turned: { rotationDegrees: 90 },
  'mirrored and turned': { rotationDegrees: 270, isMirrored: true },
  'turned and cropped': { rotationDegrees: 180, crop },
  'mirrored and cropped': { isMirrored: true, crop },
}
const kinds = {
  snapshot: { kind: 'snapshot', url },
  mjpeg: { kind: 'mjpeg', url, username: 'me', password: 'secret' },
  simulated: { kind: 'simulated', url },
  rtsp: { kind: 'rtsp', url: 'rtsp://127.0.0.1:9/' },
}

for (const [kind, camera] of Object.entries(kinds)) {
  describe(`the known print before a camera of kind ${kind}`, () => {
    for (const [how, picture] of Object.entries(pictures)) {
      test(`${how}: what is judged is what was given, every time`, async () => {
        const config = CameraConfig.parse({ ...camera, ...(picture && { picture }) })
        const known = await openKnownCamera(config, log)
        assert.equal(known.entersAt, kind === 'rtsp' ? 'adapter' : 'source')
        for (const number of [1, 2, 3]) {
          const given = await drawPicture(number * 5, size)
          const { jpeg } = await known.see(given, signal)
          const off = await difference(jpeg, given)
          assert.ok(off < 6, `off by ${off}`)
        }
        await known.close()
      })
    }
  })
}
