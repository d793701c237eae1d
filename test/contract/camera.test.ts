import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { LibcameraConfig } from '../../device/camera/config.ts'
import { openFolderCamera } from '../../device/camera/folder.ts'
import { openLibcamera } from '../../device/camera/libcamera.ts'
import { openMjpegCamera } from '../../device/camera/mjpeg.ts'
import { openSnapshotCamera } from '../../device/camera/snapshot.ts'
import { startFakeCamera } from '../fakes/camera.ts'
import { drawPicture, numberPicture } from '../fakes/pictures.ts'
import { makeFakeRpicam } from '../fakes/rpicam.ts'
import { waitUntil } from '../setup/wait.ts'
import { describeCamera } from './camera-suite.ts'
import { describeHttpCamera } from './http-camera-suite.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

describeCamera('snapshots over HTTP', async () => {
  const fake = await startFakeCamera()
  return { camera: openSnapshotCamera({ kind: 'snapshot', url: fake.url('snapshot') }), close: fake.close }
})

for (const tellsLength of [true, false]) {
  const how = tellsLength ? 'told' : 'untold'
  describeCamera(`an MJPEG stream of ${how} lengths`, async () => {
    const fake = await startFakeCamera()
    fake.behaves.tellsLength = tellsLength
    const camera = openMjpegCamera({ kind: 'mjpeg', url: fake.url('mjpeg') }, { log })
    return {
      camera,
      close: async () => {
        await camera.close()
        await fake.close()
      },
    }
  })
}

describeCamera('a folder of pictures', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-folder-'))
  const picture = await drawPicture(0)
  for (let number = 0; number < 500; number++) {
    await writeFile(path.join(folder, `${number}.jpg`), numberPicture(picture, number))
  }
  return {
    camera: await openFolderCamera({ kind: 'folder', path: folder, intervalSeconds: 0.05, loop: true }),
    close: () => rm(folder, { recursive: true }),
  }
})

for (const captures of ['stream', 'stills'] as const) {
  describeCamera(`the Pi camera by ${captures}`, async () => {
    const rpicam = await makeFakeRpicam(captures === 'stream' ? 'rpicam-vid' : 'rpicam-jpeg')
    const config = LibcameraConfig.parse({ kind: 'libcamera', captures, width: 640, height: 480 })
    const camera = await openLibcamera(config, { log, folders: [rpicam.folder] })
    return { camera, close: () => camera.close().then(rpicam.close) }
  })
}

describeHttpCamera('snapshot', (url, login) => openSnapshotCamera({ kind: 'snapshot', url, ...login }))
describeHttpCamera('mjpeg', (url, login) => openMjpegCamera({ kind: 'mjpeg', url, ...login }, { log }))

describe('an MJPEG stream', { timeout: 60_000 }, () => {
  test('at ten times the frame rate gives its newest picture and holds no other', async () => {
    const fake = await startFakeCamera()
    fake.behaves.framesPerSecond = 300
    const camera = openMjpegCamera({ kind: 'mjpeg', url: fake.url('mjpeg') }, { log })
    await camera.capture(never)
    for (let count = 0; count < 20; count++) {
      const askedAtMs = performance.now()
      const frame = await camera.capture(never)
      // Arrived meanwhile or just before: nothing waited in a queue.
      assert.ok(askedAtMs - frame.capturedAtMs < 100, `${askedAtMs - frame.capturedAtMs} ms old`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await camera.close()
    await fake.close()
  })

  test('that stops giving pictures is unavailable, not its last picture over again', async () => {
    const fake = await startFakeCamera()
    const camera = openMjpegCamera({ kind: 'mjpeg', url: fake.url('mjpeg') }, { log })
    await camera.capture(never)
    fake.behaves.as = 'frozen-stream'
    await waitUntil(
      'unavailable',
      async () => {
        const error = await camera.capture(never).then(
          () => undefined,
          (error: unknown) => error,
        )
        return error instanceof UnavailableError
      },
      { timeoutMs: 15_000 },
    )
    await camera.close()
    await fake.close()
  })

  test('is let go of when the camera is closed', async () => {
    const fake = await startFakeCamera()
    const camera = openMjpegCamera({ kind: 'mjpeg', url: fake.url('mjpeg') }, { log })
    await camera.capture(never)
    assert.equal(fake.streams(), 1)
    await camera.close()
    await waitUntil('the stream is closed', () => fake.streams() === 0)
    await fake.close()
  })

  test('says where an address gives single pictures instead', async () => {
    const fake = await startFakeCamera()
    const camera = openMjpegCamera({ kind: 'mjpeg', url: fake.url('snapshot') }, { log })
    await assert.rejects(camera.capture(never), (error) => {
      assert.ok(error instanceof ProtocolError)
      assert.match(error.message, /kind snapshot/)
      return true
    })
    await fake.close()
  })
})
