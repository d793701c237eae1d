import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Camera } from '../../../device/camera/camera.ts'
import { openLibcamera } from '../../../device/camera/libcamera.ts'
import type { FakeRpicam } from '../../fakes/rpicam.ts'
import { makeFakeRpicam } from '../../fakes/rpicam.ts'

const never = new AbortController().signal
const config = { kind: 'libcamera', camera: 1, width: 640, height: 480, rotationDegrees: 180 } as const

describe('the Pi camera', { timeout: 60_000 }, () => {
  let rpicam: FakeRpicam
  let camera: Camera

  beforeEach(async () => {
    rpicam = await makeFakeRpicam('rpicam-jpeg')
    camera = await openLibcamera(config, { programFolders: [rpicam.folder] })
  })
  afterEach(async () => {
    await camera.close()
    await rpicam.close()
  })

  test('is asked with numbers and fixed names alone', async () => {
    await camera.capture(never)
    const [flags] = await rpicam.asked()
    assert.match(
      flags ?? '',
      /^--nopreview --camera 1 --width 640 --height 480 --quality 85 --timeout 500 --output [\w./-]+ --rotation 180$/,
    )
  })

  test('works where only the older name of the program is there', async () => {
    const older = await makeFakeRpicam('libcamera-jpeg')
    const olderCamera = await openLibcamera(config, { programFolders: ['/nowhere', older.folder] })
    assert.ok((await olderCamera.capture(never)).jpeg.byteLength > 0)
    await olderCamera.close()
    await older.close()
  })

  test('leaves the PATH as it was', async () => {
    const before = process.env.PATH
    await camera.capture(never)
    assert.equal(process.env.PATH, before)
  })

  test('is a matter of configuration where neither program is there', async () => {
    await assert.rejects(openLibcamera(config, { programFolders: ['/nowhere'] }), ConfigError)
  })

  test('is unavailable where the program fails or writes nothing, and comes back', async () => {
    for (const as of ['failing', 'no-file'] as const) {
      await rpicam.behave(as)
      await assert.rejects(camera.capture(never), UnavailableError)
    }
    await rpicam.behave('good')
    assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
  })

  test('never gives half a picture', async () => {
    await rpicam.behave('half')
    await assert.rejects(camera.capture(never), ProtocolError)
  })

  test('kills a stuck program after 8 s, and lets go of whoever waits for it at once', async () => {
    await rpicam.behave('stuck')
    const hasty = new AbortController()
    const began = performance.now()
    const capture = camera.capture(hasty.signal)
    setTimeout(() => hasty.abort(new Error('given up')), 200)
    await assert.rejects(capture, /given up/)
    assert.ok(performance.now() - began < 2_000)
    await rpicam.behave('good')
    assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
    const tookMs = performance.now() - began
    assert.ok(tookMs > 7_000 && tookMs < 12_000, `${tookMs} ms`)
  })
})
