import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CameraConfig } from '../camera/config.ts'

/** A camera on loopback that shows what it is given, by the protocol of a configured one. */
export interface StandIn {
  /** How its adapter is opened on it. */
  readonly camera: CameraConfig
  /** Shows a picture from now on; a stream sends it at once. */
  show(jpeg: Uint8Array): void
  close(): void
}

const boundary = 'known'

/**
 * Stands in for a camera that is asked over HTTP, so that its own adapter fetches what it shows; undefined for a
 * camera of another kind.
 */
export async function openStandIn(camera: CameraConfig): Promise<StandIn | undefined> {
  if (camera.kind !== 'snapshot' && camera.kind !== 'mjpeg' && camera.kind !== 'simulated') return undefined
  let shown: Uint8Array = new Uint8Array()
  const streams = new Set<ServerResponse>()
  const server = createServer((_request, response) => {
    if (camera.kind !== 'mjpeg') {
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(shown)
      return
    }
    response.writeHead(200, { 'content-type': `multipart/x-mixed-replace;boundary=${boundary}` })
    response.write(`--${boundary}\r\n`)
    writePart(response, shown)
    streams.add(response)
    response.once('close', () => streams.delete(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = readAddress(server.address())
  const { kind, picture } = camera
  return {
    camera: { kind, url: `http://127.0.0.1:${port}/known`, ...(picture && { picture }) },
    show(jpeg) {
      shown = jpeg
      for (const stream of streams) writePart(stream, jpeg)
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function writePart(stream: ServerResponse, jpeg: Uint8Array): void {
  stream.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`)
  stream.write(jpeg)
  stream.write(`\r\n--${boundary}\r\n`)
}

function readAddress(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new TypeError('a server on loopback has a port')
  return address
}
