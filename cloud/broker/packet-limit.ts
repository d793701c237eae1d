import { Transform, type TransformCallback } from 'node:stream'
import { ProtocolError } from '@layerwatch/shared/errors.ts'

/**
 * Passes MQTT through and ends the stream at a packet that says it is larger than allowed, before its bytes
 * are gathered: aedes has no limit of its own and would take up to 256 MB.
 * http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html section 2.2
 */
export class PacketLimit extends Transform {
  readonly #maxBytes: number
  /** Bytes of the present packet still to come; 0 before a fixed header. */
  #left = 0
  /** In a fixed header: how many of its bytes were seen, and the length so far. */
  #headerBytes = 0
  #length = 0

  constructor(maxBytes: number) {
    super()
    this.#maxBytes = maxBytes
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      if (!this.#readHeader(chunk.readUInt8(at))) {
        done(new ProtocolError('MQTT packet too large'))
        return
      }
      at += 1
    }
    done(null, chunk)
  }

  /** Takes one byte of a fixed header: type, then up to four with seven bits of the length each. */
  #readHeader(byte: number): boolean {
    if (this.#headerBytes > 0) {
      this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 1)
      if (this.#length > this.#maxBytes || this.#headerBytes > 4) return false
    }
    const isLast = this.#headerBytes > 0 && byte < 0x80
    this.#headerBytes += 1
    if (isLast) {
      this.#left = this.#length
      this.#headerBytes = 0
      this.#length = 0
    }
    return true
  }
}
