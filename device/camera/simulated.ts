import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { z } from 'zod'
import { fetchReply } from '../net/http.ts'
import { type Camera, maxFrameBytes } from './camera.ts'
import type { SimulatedCameraConfig } from './config.ts'

/** The simulator draws each picture when asked, which may take a while on a busy machine. */
const timeoutMs = 15_000

/**
 * The camera before the simulated printer: pixels over HTTP and nothing else, so that what is seen in them has
 * to be seen by the detector.
 * @throws ConfigError where the address can't be one.
 */
export function openSimulatedCamera(config: z.infer<typeof SimulatedCameraConfig>): Camera {
  const url = URL.parse('/camera/snapshot.jpg', config.url)
  if (url === null) throw new ConfigError(`not an address of a simulator: ${config.url}`)
  return {
    description: `Simulated camera at ${url.origin}`,
    async capture(signal) {
      const capturedAtMs = performance.now()
      const reply = await fetchReply({ url, signal, timeoutMs, maxBytes: maxFrameBytes })
      if (reply.status >= 500) throw new UnavailableError(`the simulated camera answered ${reply.status}`)
      const { bytes } = reply
      const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8
      if (reply.status !== 200 || !isJpeg) throw new ProtocolError('what answers is no simulated camera')
      return { jpeg: bytes, capturedAtMs }
    },
    async close() {},
  }
}
