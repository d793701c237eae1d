import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { openPinnedSocket } from '../net/pinned-socket.ts'
import { ByteWindow } from './byte-window.ts'
import { type Camera, maxFrameBytes } from './camera.ts'
import type { BambuCameraConfig } from './config.ts'
import type { PictureCutter, StreamPart } from './picture-stream.ts'
import { StreamCamera } from './stream-camera.ts'

/*
 * The camera of Bambu Lab's A1 and P1 printers: JPEGs one after the other over TLS. Their maker documents nothing of
 * it; after https://github.com/Doridian/OpenBambuAPI/blob/main/video.md, read in November 2026. The X1, P2 and H2
 * printers speak RTSP instead.
 */

const headBytes = 16
const loginBytes = 80
const loginType = 0x3000
const fieldBytes = 32
/** The printer sends a picture a second at best; one that says nothing for so long after the login let us in not. */
const firstPictureWithinMs = 6_000
/** How long to leave it alone after it gave nothing: it bears few connections. */
const longestPauseMs = 30_000

/** Opens the chamber camera of an A1 or P1 printer. The access code goes to the pinned printer alone. */
export function openBambuCamera(config: BambuCameraConfig, { log }: { log: Logger }): Camera {
  return new StreamCamera(
    {
      description: `Camera of the Bambu Lab printer at ${config.host}`,
      name: config.host,
      read: (take, signal) => readStream(config, { take, signal }),
      restartAfterMs: (failures) => (failures < 2 ? 0 : Math.min(longestPauseMs, 500 * 2 ** failures)),
    },
    log,
  )
}

async function readStream(
  config: BambuCameraConfig,
  { take, signal }: { take: (part: StreamPart) => void; signal: AbortSignal },
): Promise<void> {
  const { host, port, fingerprint, accessCode } = config
  const socket = await openPinnedSocket({ host, port, fingerprint }, signal)
  const cutter = new FrameCutter()
  let isLetIn = false
  const impatience = setTimeout(() => socket.destroy(), firstPictureWithinMs)
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    socket.write(loginPacket(accessCode))
    for await (const chunk of socket) {
      const part = cutter.push(chunk, performance.now())
      if (part === undefined) continue
      isLetIn = true
      clearTimeout(impatience)
      take(part)
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    // What else ends a socket is judged below.
  } finally {
    clearTimeout(impatience)
    signal.removeEventListener('abort', stop)
    await closeSocket(socket)
  }
  if (signal.aborted) throw signal.reason
  if (isLetIn) throw new UnavailableError(`${host} ended its pictures`)
  // It says nothing in words: a wrong code ends the connection, and so does a printer that is busy starting.
  throw new RejectedError(`${host} gave no picture: is the access code right, and the camera switched on?`)
}

async function closeSocket(socket: TLSSocket): Promise<void> {
  if (socket.closed) return
  const closed = once(socket, 'close').catch(() => undefined)
  socket.destroy()
  await closed
}

/** Length, type, two empty fields, then name and access code, each padded with zeros. Little-endian. */
export function loginPacket(accessCode: string): Buffer {
  const packet = Buffer.alloc(loginBytes)
  packet.writeUInt32LE(loginBytes - headBytes, 0)
  packet.writeUInt32LE(loginType, 4)
  packet.write('bblp', headBytes, 'ascii')
  packet.write(accessCode, headBytes + fieldBytes, fieldBytes, 'ascii')
  return packet
}

/** Cuts the stream at the lengths that its heads tell. */
export class FrameCutter implements PictureCutter {
  readonly #window = new ByteWindow()
  #beganAtMs = 0
  /** Bytes given out that are to be dropped. */
  #given = 0

  push(chunk: Uint8Array, nowMs: number): StreamPart | undefined {
    this.#drop()
    if (this.#window.length === 0) this.#beganAtMs = nowMs
    this.#window.append(chunk)
    let part: StreamPart | undefined
    for (let bytes = this.#frameBytes(); bytes !== undefined; bytes = this.#frameBytes()) {
      // An older one in the same chunk is of no use any more.
      if (this.#window.length < this.#given + headBytes + bytes) break
      const from = this.#given + headBytes
      part = { bytes: this.#window.content.subarray(from, from + bytes), beganAtMs: this.#beganAtMs }
      this.#given = from + bytes
      this.#beganAtMs = nowMs
    }
    return part
  }

  /** Length of the picture after what was given out; undefined while its head is not whole. */
  #frameBytes(): number | undefined {
    if (this.#window.length < this.#given + headBytes) return undefined
    const bytes = this.#window.content.readUInt32LE(this.#given)
    if (bytes > maxFrameBytes) throw new ProtocolError(`a picture of ${bytes} bytes was announced`)
    return bytes
  }

  #drop(): void {
    this.#window.drop(this.#given)
    this.#given = 0
  }
}
