import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { HttpReply } from '../net/http.ts'
import { discard, explain } from '../net/http.ts'
import type { Camera } from './camera.ts'
import type { MjpegCameraConfig } from './config.ts'
import { HttpSource } from './http-source.ts'
import { PartReader } from './mjpeg-parts.ts'
import type { StreamPart } from './picture-stream.ts'
import { StreamCamera } from './stream-camera.ts'

/**
 * A camera that sends `multipart/x-mixed-replace` JPEGs without end, such as mjpg-streamer, ustreamer and
 * camera-streamer do.
 * @throws ConfigError where the address is none.
 */
export function openMjpegCamera(config: MjpegCameraConfig, { log }: { log: Logger }): Camera {
  const source = HttpSource.parse(config)
  return new StreamCamera(
    {
      description: `MJPEG stream at ${source.address}`,
      name: source.host,
      read: (take, signal) => readStream(source, { take, signal }),
    },
    log,
  )
}

async function readStream(
  source: HttpSource,
  { take, signal }: { take: (part: StreamPart) => void; signal: AbortSignal },
): Promise<void> {
  try {
    const reply = await source.open(signal)
    const parts = new PartReader(boundaryOf(reply))
    for await (const chunk of reply.body) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a body gives bytes')
      const part = parts.push(chunk, performance.now())
      if (part !== undefined) take(part)
    }
  } catch (error) {
    throw explain(error, { host: source.host, signal })
  }
}

function boundaryOf(reply: HttpReply): string {
  const type = reply.header('content-type') ?? 'nothing'
  const boundary = /^multipart\/.*;\s*boundary=\s*("?)([^";]+)\1/i.exec(type)?.[2]
  if (boundary !== undefined) return boundary.trim()
  discard(reply)
  const hint = /^image\//i.test(type) ? ': configure the camera as kind snapshot' : ''
  throw new ProtocolError(`the address sends ${type.slice(0, 100)} and no MJPEG stream${hint}`)
}
