import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import type { Camera } from '../../device/camera/camera.ts'

/** A camera under test. */
export interface CameraBench {
  camera: Camera
  close(): Promise<void>
}

const never = new AbortController().signal

/** What the port promises of a camera in order, tried on one adapter. */
export function describeCamera(name: string, open: () => Promise<CameraBench>): void {
  describe(`a camera: ${name}`, { timeout: 60_000 }, () => {
    let bench: CameraBench
    before(async () => {
      bench = await open()
    })
    after(() => bench.close())

    test('says what it is', () => {
      assert.match(bench.camera.description, /\w+/)
      assert.doesNotMatch(bench.camera.description, /secret|password/)
    })

    test('gives whole pictures, each newer than the last', async () => {
      let lastAtMs = Number.NEGATIVE_INFINITY
      const seen = new Set<string>()
      for (let count = 0; count < 5; count++) {
        const { jpeg, capturedAtMs } = await bench.camera.capture(never)
        assert.ok(capturedAtMs > lastAtMs && capturedAtMs <= performance.now())
        lastAtMs = capturedAtMs
        const { width } = await sharp(jpeg).metadata()
        assert.ok(width > 0)
        await sharp(jpeg).stats()
        seen.add(Buffer.from(jpeg).toString('base64'))
      }
      assert.equal(seen.size, 5)
    })

    test('lets go of a picture nobody waits for any more', async () => {
      const given = new AbortController()
      given.abort(new Error('given up'))
      await assert.rejects(bench.camera.capture(given.signal), /given up/)
      assert.ok((await bench.camera.capture(never)).jpeg.byteLength > 0)
    })
  })
}
