import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Camera } from '../../device/camera/camera.ts'
import type { FakeCamera } from '../fakes/camera.ts'
import { cameraLogin, startFakeCamera } from '../fakes/camera.ts'
import { waitUntil } from '../setup/wait.ts'

type Login = Partial<typeof cameraLogin>
const never = new AbortController().signal

/** Everything a camera on the network can do wrong, tried on one adapter. */
export function describeHttpCamera(
  kind: 'snapshot' | 'mjpeg',
  open: (url: string, login: Login) => Camera,
): void {
  describe(`a faulty ${kind} camera`, { timeout: 120_000 }, () => {
    let fake: FakeCamera
    const opened: Camera[] = []
    const openHere = (login: Login = {}) => {
      const camera = open(fake.url(kind), login)
      opened.push(camera)
      return camera
    }

    beforeEach(async () => {
      fake = await startFakeCamera()
    })
    afterEach(async () => {
      for (const camera of opened.splice(0)) await camera.close()
      await fake.close()
    })

    for (const login of ['basic', 'digest'] as const) {
      test(`is let in with ${login} login, and says so where it is refused`, async () => {
        fake.behaves.login = login
        const camera = openHere(cameraLogin)
        assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
        assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
        await assert.rejects(openHere().capture(never), RejectedError)
        await assert.rejects(openHere({ ...cameraLogin, password: 'x' }).capture(never), RejectedError)
      })
    }

    test('gives no name and password before it is asked for them', async () => {
      await openHere(cameraLogin).capture(never)
      assert.doesNotMatch(fake.asked.join('\n'), /Basic|Digest/)
    })

    const faults = [
      'no-picture',
      'half',
      'endless',
      'too-long',
      'oversized',
      'error-page',
      'huge-head',
    ] as const
    for (const as of faults) {
      test(`is told from a good one when it sends what is ${as}`, async () => {
        fake.behaves.as = as
        await assert.rejects(openHere().capture(never), ProtocolError)
      })
    }

    test('gives pictures although it pads them', async () => {
      fake.behaves.as = 'padded'
      const { jpeg } = await openHere().capture(never)
      assert.deepEqual([...jpeg.subarray(-2)], [0xff, 0xd9])
    })

    test('is unavailable while it is silent, and let go of at once when nobody waits', async () => {
      fake.behaves.as = 'silent'
      const began = performance.now()
      const hasty = new AbortController()
      const capture = openHere().capture(hasty.signal)
      setImmediate(() => hasty.abort(new Error('given up')))
      await assert.rejects(capture, /given up/)
      assert.ok(performance.now() - began < 1_000)
      await assert.rejects(openHere().capture(never), UnavailableError)
      assert.ok(performance.now() - began < 10_000)
    })

    test('is unavailable when it breaks off', async () => {
      fake.behaves.as = 'gone-after-head'
      await assert.rejects(openHere().capture(never), UnavailableError)
    })

    test('is unavailable while it is gone, and works when it is back', async () => {
      const camera = openHere()
      await camera.capture(never)
      await fake.goAway()
      await waitUntil('the camera is gone', async () => {
        const error = await camera.capture(never).then(
          () => undefined,
          (error: unknown) => error,
        )
        return error instanceof UnavailableError
      })
      await assert.rejects(camera.capture(never), UnavailableError)
      await fake.comeBack()
      assert.ok((await camera.capture(never)).jpeg.byteLength > 0)
    })

    test('is followed on its own host and nowhere else', async () => {
      fake.behaves.redirectTo = `/${kind === 'mjpeg' ? 'stream' : 'snapshot'}-moved`
      assert.ok((await openHere().capture(never)).jpeg.byteLength > 0)
      const visitors: string[] = []
      const stranger = createServer((request, response) => {
        visitors.push(request.headers.authorization ?? 'nobody')
        response.end()
      }).listen(0, '127.0.0.1')
      await once(stranger, 'listening')
      fake.behaves.redirectTo = `http://127.0.0.1:${Object(stranger.address()).port}/`
      await assert.rejects(openHere(cameraLogin).capture(never), ProtocolError)
      stranger.close()
      assert.deepEqual(visitors, [])
    })
  })
}
