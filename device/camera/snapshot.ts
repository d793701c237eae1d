import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { explain, readBody } from '../net/http.ts'
import type { Camera, Frame } from './camera.ts'
import { maxFrameBytes } from './camera.ts'
import type { SnapshotCameraConfig } from './config.ts'
import { HttpSource } from './http-source.ts'
import { checkJpeg } from './jpeg.ts'

/** Longest wait for one picture. */
const timeoutMs = 5_000

/**
 * A camera that answers each request with one JPEG, such as `http://octopi.local/webcam/?action=snapshot`.
 * @throws ConfigError where the address is none.
 */
export function openSnapshotCamera(config: SnapshotCameraConfig): Camera {
  const source = HttpSource.parse(config)
  return {
    description: `Snapshots from ${source.address}`,
    capture: (signal) => takeSnapshot(source, signal),
    close: async () => undefined,
  }
}

async function takeSnapshot(source: HttpSource, signal: AbortSignal): Promise<Frame> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, deadline])
  // The picture is younger than the question: the earlier moment never calls an old picture new.
  const capturedAtMs = performance.now()
  try {
    const reply = await source.open(either)
    return { jpeg: checkJpeg(await readBody(reply.body, maxFrameBytes)), capturedAtMs }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!deadline.aborted) throw explain(error, { host: source.host, signal })
    throw new UnavailableError(`${source.host} gave no picture within ${timeoutMs / 1000} s`, {
      cause: error,
    })
  }
}
