import type { Logger } from 'pino'
import type { Camera, Frame } from '../camera/camera.ts'
import type { CameraConfig } from '../camera/config.ts'
import { frameCamera } from '../camera/framing.ts'
import { openCamera } from '../camera/open.ts'
import { openStandIn } from './stand-in.ts'
import { unframePicture } from './unframe.ts'

/** A configured camera that shows what it is given. */
export interface KnownCamera {
  /** Where the pictures enter: before the camera's own adapter, or where that one hands them over. */
  readonly entersAt: 'source' | 'adapter'
  /** The picture as the configured camera would give it. */
  see(jpeg: Uint8Array, signal: AbortSignal): Promise<Frame>
  close(): Promise<void>
}

/**
 * Opens a configured camera whose pictures are given by the caller. One that is asked over HTTP fetches them from
 * loopback by its own adapter, then turns and crops them as configured; one of another kind (USB, RTSP, the Pi
 * camera, Bambu Lab, a folder) has them put behind its adapter, and turns and crops them as well.
 */
export async function openKnownCamera(config: CameraConfig, log: Logger): Promise<KnownCamera> {
  const standIn = await openStandIn(config)
  let given: Uint8Array = new Uint8Array()
  const camera = standIn
    ? await openCamera(standIn.camera, { log })
    : frameCamera(
        giver(() => given),
        config.picture,
      )
  return {
    entersAt: standIn ? 'source' : 'adapter',
    async see(jpeg, signal) {
      given = await unframePicture(jpeg, config.picture)
      // Asked before it is shown: a stream may pass over a picture that nobody waits for.
      const seeing = camera.capture(signal)
      standIn?.show(given)
      return seeing
    },
    async close() {
      await camera.close()
      standIn?.close()
    },
  }
}

function giver(newest: () => Uint8Array): Camera {
  return {
    description: 'the known print',
    capture: async () => ({ jpeg: newest(), capturedAtMs: performance.now() }),
    close: async () => {},
  }
}
