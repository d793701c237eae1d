import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import type { Camera } from '../../../device/camera/camera.ts'
import { LibcameraConfig } from '../../../device/camera/config.ts'
import { openLibcamera } from '../../../device/camera/libcamera.ts'
import type { FakeRpicam } from '../../fakes/rpicam.ts'
import { makeFakeRpicam } from '../../fakes/rpicam.ts'
import { waitUntil } from '../../setup/wait.ts'

const never = new AbortController().signal
const log = pino({ level: 'silent' })
const config = {
  kind: 'libcamera',
  camera: 1,
  width: 640,
  height: 480,
  rotationDegrees: 180,
  captures: 'stills',
  framesPerSecond: 10,
} as const

describe('single shots of the Pi camera', { timeout: 60_000 }, () => {
  let rpicam: FakeRpicam
  let camera: Camera

  beforeEach(async () => {
    rpicam = await makeFakeRpicam('rpicam-jpeg')
    camera = await openLibcamera(config, { log, folders: [rpicam.folder] })
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
    const olderCamera = await openLibcamera(config, { log, folders: ['/nowhere', older.folder] })
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
    await assert.rejects(openLibcamera(config, { log, folders: ['/nowhere'] }), ConfigError)
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
    const runs = (await rpicam.asked()).length
    await waitUntil('it runs', async () => (await rpicam.asked()).length > runs)
    hasty.abort(new Error('given up'))
    await assert.rejects(capture, /given up/)
    assert.ok(performance.now() - began < 5_000)
    await rpicam.behave('good')
    assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
    const tookMs = performance.now() - began
    assert.ok(tookMs > 7_000 && tookMs < 20_000, `${tookMs} ms`)
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the stream of the Pi camera', { timeout: 60_000 }, () => {
  const streaming = { ...config, captures: 'stream' } as const
  let rpicam: FakeRpicam
  let camera: Camera

  beforeEach(async () => {
    rpicam = await makeFakeRpicam('rpicam-vid', 'rpicam-jpeg')
    camera = await openLibcamera(streaming, { log, folders: [rpicam.folder] })
  })
  afterEach(async () => {
    await camera.close()
    assert.deepEqual((await rpicam.pids()).filter(isRunning), [])
    await rpicam.close()
  })

  test('is one program for many pictures, asked with numbers and fixed names alone', async () => {
    for (let count = 0; count < 5; count++) await camera.capture(never)
    assert.deepEqual(await rpicam.asked(), [
      '--codec mjpeg --timeout 0 --nopreview --flush --camera 1 --width 640 --height 480 --framerate 10 --quality 85 --rotation 180 --output -',
    ])
  })

  test('is the default, comes from the older program too, and gives way to single shots', async () => {
    const { captures } = LibcameraConfig.parse({ kind: 'libcamera' })
    assert.equal(captures, 'stream')
    for (const [program, words] of [
      ['libcamera-vid', /streaming/],
      ['rpicam-jpeg', /single shots/],
    ] as const) {
      const other = await makeFakeRpicam(program)
      const otherCamera = await openLibcamera(streaming, { log, folders: [other.folder] })
      assert.match(otherCamera.description, words)
      assert.ok((await otherCamera.capture(never)).jpeg.byteLength > 0)
      await otherCamera.close()
      await other.close()
    }
    await assert.rejects(openLibcamera(streaming, { log, folders: ['/nowhere'] }), ConfigError)
  })

  test('says what the program said where it fails, and comes back', async () => {
    await rpicam.behave('failing')
    await assert.rejects(camera.capture(never), (error) => {
      assert.ok(error instanceof UnavailableError)
      assert.match(error.message, /Raspberry Pi camera 1: .*no cameras available/)
      return true
    })
    await rpicam.behave('good')
    await waitUntil('it is back', () =>
      camera.capture(never).then(
        () => true,
        () => false,
      ),
    )
  })

  test('never gives half a picture, and refuses one without end', async () => {
    await rpicam.behave('endless')
    await assert.rejects(camera.capture(never), ProtocolError)
    await rpicam.behave('half')
    await assert.rejects(camera.capture(never), Error)
  })
})
