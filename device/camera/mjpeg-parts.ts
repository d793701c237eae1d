import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { maxFrameBytes } from './camera.ts'

const maxHeadBytes = 8 * 1024

/**
 * Cuts a `multipart/x-mixed-replace` stream into its parts, whose length may be told or not. Boundaries are found
 * with or without the two dashes some cameras count as their own.
 */
export class PartReader {
  readonly #delimiter: Buffer
  #buffer = Buffer.alloc(64 * 1024)
  #start = 0
  #end = 0
  /** Up to here the current part was searched for its end. */
  #searched = 0
  /** Undefined while between parts; within one, its length where the camera tells it. */
  #part: { length: number | undefined } | undefined

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`--${boundary.replace(/^-+/, '')}`)
  }

  /**
   * Takes in what came and gives the last part that is complete by it, if any: older ones are of no use.
   * @throws ProtocolError where a part or its head is too large.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    this.#append(chunk)
    let newest: [number, number] | undefined
    for (;;) {
      const found = this.#part === undefined ? this.#readHead() : this.#readBody()
      if (found === undefined) break
      if (found !== 'head') newest = found
    }
    if (this.#end - this.#start > maxFrameBytes) throw new ProtocolError('a part of the stream does not end')
    return newest && Uint8Array.from(this.#buffer.subarray(...newest))
  }

  #append(chunk: Uint8Array): void {
    const kept = this.#end - this.#start
    if (this.#end + chunk.byteLength > this.#buffer.length) {
      const size = Math.max(this.#buffer.length, 2 * (kept + chunk.byteLength))
      const larger = kept + chunk.byteLength > this.#buffer.length ? Buffer.alloc(size) : this.#buffer
      this.#buffer.copy(larger, 0, this.#start, this.#end)
      this.#buffer = larger
      this.#searched -= this.#start
      this.#start = 0
      this.#end = kept
    }
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.byteLength
  }

  /** Finds the delimiter and the head after it. */
  #readHead(): 'head' | undefined {
    const text = this.#buffer.subarray(this.#start, this.#end)
    const at = text.indexOf(this.#delimiter)
    if (at < 0) {
      // Anything before a delimiter is noise; the delimiter may be here in part.
      this.#start = Math.max(this.#start, this.#end - this.#delimiter.length)
      return undefined
    }
    const head = text.subarray(at, at + maxHeadBytes).toString('latin1')
    const gap = /\r?\n\r?\n/.exec(head)
    if (gap === null) {
      if (text.length - at >= maxHeadBytes) throw new ProtocolError('the head of a part does not end')
      return undefined
    }
    const told = /^content-length:\s*(\d+)\s*$/im.exec(head.slice(0, gap.index))?.[1]
    const length = told === undefined ? undefined : Number(told)
    if (length !== undefined && length > maxFrameBytes) {
      throw new ProtocolError(`a part of ${length} bytes is no picture we take`)
    }
    this.#start += at + gap.index + gap[0].length
    this.#searched = this.#start
    this.#part = { length }
    return 'head'
  }

  /** Where the part lies, once all of it is there. */
  #readBody(): [number, number] | undefined {
    const length = this.#part?.length
    if (length !== undefined) {
      return this.#end - this.#start < length ? undefined : this.#finish(this.#start + length)
    }
    const from = Math.max(this.#start, this.#searched - this.#delimiter.length)
    const at = this.#buffer.subarray(from, this.#end).indexOf(this.#delimiter)
    this.#searched = this.#end
    return at < 0 ? undefined : this.#finish(from + at)
  }

  #finish(end: number): [number, number] {
    const start = this.#start
    this.#start = end
    this.#part = undefined
    return [start, end]
  }
}
