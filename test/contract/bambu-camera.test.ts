import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openBambuCamera } from '../../device/camera/bambu.ts'
import type { Camera } from '../../device/camera/camera.ts'
import type { BambuCameraConfig } from '../../device/camera/config.ts'
import type { FakeBambuCamera } from '../fakes/bambu-camera.ts'
import { startFakeBambuCamera } from '../fakes/bambu-camera.ts'
import { waitUntil } from '../setup/wait.ts'
import { describeCamera } from './camera-suite.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

function openOn(fake: FakeBambuCamera, change: Partial<BambuCameraConfig> = {}): Camera {
  const { host, port, accessCode, fingerprint } = fake
  return openBambuCamera({ kind: 'bambu', host, port, accessCode, fingerprint, ...change }, { log })
}

describeCamera('a Bambu Lab A1 or P1', async () => {
  const fake = await startFakeBambuCamera()
  const camera = openOn(fake)
  const close = async () => {
    await camera.close()
    await fake.close()
  }
  return { camera, close }
})

describe('a faulty camera of a Bambu Lab printer', { timeout: 120_000 }, () => {
  let fake: FakeBambuCamera
  const opened: Camera[] = []
  const open = (change: Partial<BambuCameraConfig> = {}) => {
    const camera = openOn(fake, change)
    opened.push(camera)
    return camera
  }
  beforeEach(async () => {
    fake = await startFakeBambuCamera()
  })
  afterEach(async () => {
    for (const camera of opened.splice(0)) await camera.close()
    await fake.close()
  })

  test('is not spoken to unless it is the pinned one', async () => {
    await assert.rejects(open({ fingerprint: undefined }).capture(never), /nobody has pinned it/)
    const other = fake.fingerprint.replaceAll(/[0-9]/g, '7')
    await assert.rejects(open({ fingerprint: other }).capture(never), /not the pinned one/)
    assert.equal(fake.heardBytes(), 0)
  })

  test('says so where the access code is refused', async () => {
    await assert.rejects(open({ accessCode: '87654321' }).capture(never), RejectedError)
  })

  for (const as of ['no-picture', 'half', 'endless', 'oversized'] as const) {
    test(`is told from a good one when it sends what is ${as}`, async () => {
      fake.behaves.as = as
      await assert.rejects(open().capture(never), ProtocolError)
    })
  }

  for (const chunkBytes of [7, 100_000]) {
    test(`gives whole pictures although they come ${chunkBytes} bytes at a time`, async () => {
      fake.behaves.chunkBytes = chunkBytes
      const camera = open()
      for (let count = 0; count < 4; count++) {
        const { jpeg } = await camera.capture(never)
        assert.deepEqual([...jpeg.subarray(-2)], [0xff, 0xd9])
      }
    })
  }

  test('that stops giving pictures is unavailable, not its last picture over again', async () => {
    const camera = open()
    await camera.capture(never)
    fake.behaves.as = 'frozen'
    await waitUntil(
      'unavailable',
      () =>
        camera.capture(never).then(
          () => false,
          (error) => error instanceof UnavailableError,
        ),
      { timeoutMs: 20_000 },
    )
  })

  test('is unavailable while it is gone, and works when it is back', async () => {
    const camera = open()
    await camera.capture(never)
    await fake.goAway()
    await waitUntil('the camera is gone', () =>
      camera.capture(never).then(
        () => false,
        (error) => error instanceof UnavailableError,
      ),
    )
    await fake.comeBack()
    await waitUntil('a picture', () =>
      camera.capture(never).then(
        () => true,
        () => false,
      ),
    )
  })

  test('is let go of when it is closed', async () => {
    const camera = open()
    await camera.capture(never)
    assert.equal(fake.viewers(), 1)
    await camera.close()
    await waitUntil('the connection is closed', () => fake.viewers() === 0)
  })
})
