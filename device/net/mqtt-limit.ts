import type { Duplex } from 'node:stream'
import { ProtocolError } from '@layerwatch/shared/errors.ts'

/** Highest number of bytes that tell a length. Section 2.2.3 of MQTT 3.1.1. */
const maxLengthBytes = 4

/**
 * Ends a socket at a packet that announces more than so many bytes, before they are gathered: the MQTT package has
 * no limit of its own and would gather 256 MB. For a socket that is read by somebody else.
 * http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
 */
export function limitPackets(socket: Duplex, maxBytes: number): void {
  const meter = new PacketMeter(maxBytes)
  socket.on('data', (chunk: Buffer) => {
    if (meter.take(chunk)) return
    socket.destroy(new ProtocolError(`a message of more than ${maxBytes} bytes was announced`))
  })
}

/** Follows the bytes of a stream of packets from head to head. */
export class PacketMeter {
  readonly #maxBytes: number
  /** Bytes of this packet still to come. */
  #rest = 0
  /** Bytes of this head taken so far: its type, then its length, seven bits a byte, the lowest first. */
  #taken = 0
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** False where a packet in it is too long. */
  take(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, chunk.length - at)
        this.#rest -= skipped
        at += skipped
      } else {
        this.#takeHead(chunk[at] ?? 0)
        if (this.#length > this.#maxBytes || this.#taken > maxLengthBytes + 1) return false
        at += 1
      }
    }
    return true
  }

  #takeHead(byte: number): void {
    if (this.#taken > 0) this.#length += (byte & 0x7f) * 128 ** (this.#taken - 1)
    const isWhole = this.#taken > 0 && byte < 0x80
    this.#taken = isWhole ? 0 : this.#taken + 1
    if (!isWhole) return
    this.#rest = this.#length
    if (this.#length <= this.#maxBytes) this.#length = 0
  }
}
