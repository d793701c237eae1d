import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { ByteWindow } from './byte-window.ts'
import { maxFrameBytes } from './camera.ts'
import { JpegEnd } from './jpeg-end.ts'
import type { PictureCutter, StreamPart } from './picture-stream.ts'

const maxHeadBytes = 8 * 1024

/** The part that is coming in. */
interface OpenPart {
  /** Its length where the camera tells it. */
  length: number | undefined
  beganAtMs: number | undefined
  /** Up to here it was searched for the delimiter. */
  searched: number
  end: JpegEnd
}

/**
 * Cuts a `multipart/x-mixed-replace` stream into its parts. Where the length is not told, a part ends with its
 * picture, so that it need not wait for the boundary, which some cameras send with the next picture. Boundaries
 * are found with or without the two dashes some cameras count as their own.
 */
export class PartReader implements PictureCutter {
  readonly #delimiter: Buffer
  readonly #window = new ByteWindow()
  /** Undefined while between parts. */
  #part: OpenPart | undefined

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`--${boundary.replace(/^-+/, '')}`)
  }

  push(chunk: Uint8Array, nowMs: number): StreamPart | undefined {
    this.#window.append(chunk)
    let newest: StreamPart | undefined
    for (;;) {
      if (this.#part === undefined && !this.#readHead()) break
      const part = this.#readBody(nowMs)
      if (part === undefined) break
      newest = part
    }
    if (this.#window.length > maxFrameBytes) throw new ProtocolError('a part of the stream does not end')
    return newest
  }

  /** Finds the delimiter and the head after it. */
  #readHead(): boolean {
    const text = this.#window.content
    const at = text.indexOf(this.#delimiter)
    if (at < 0) {
      // Anything before a delimiter is noise; the delimiter may be here in part.
      this.#window.drop(Math.max(text.length - this.#delimiter.length, 0))
      return false
    }
    const head = text.subarray(at, at + maxHeadBytes).toString('latin1')
    const gap = /\r?\n\r?\n/.exec(head)
    if (gap === null) {
      if (text.length - at >= maxHeadBytes) throw new ProtocolError('the head of a part does not end')
      return false
    }
    const told = /^content-length:\s*(\d+)\s*$/im.exec(head.slice(0, gap.index))?.[1]
    const length = told === undefined ? undefined : Number(told)
    if (length !== undefined && length > maxFrameBytes) {
      throw new ProtocolError(`a part of ${length} bytes is no picture we take`)
    }
    this.#window.drop(at + gap.index + gap[0].length)
    this.#part = { length, beganAtMs: undefined, searched: 0, end: new JpegEnd() }
    return true
  }

  /** The part, once all of it is there. */
  #readBody(nowMs: number): StreamPart | undefined {
    const bytes = this.#window.content
    const part = this.#part
    if (part === undefined) return undefined
    if (bytes.length > 0) part.beganAtMs ??= nowMs
    const length = this.#lengthOf(part, bytes)
    if (length === undefined) return undefined
    this.#window.drop(length)
    this.#part = undefined
    return { bytes: bytes.subarray(0, length), beganAtMs: part.beganAtMs ?? nowMs }
  }

  #lengthOf(part: OpenPart, bytes: Buffer): number | undefined {
    if (part.length !== undefined) return bytes.length < part.length ? undefined : part.length
    const pictureEnd = part.end.find(bytes)
    const from = Math.max(part.searched - this.#delimiter.length, 0)
    const at = bytes.subarray(0, pictureEnd).indexOf(this.#delimiter, from)
    part.searched = bytes.length
    return at < 0 ? pictureEnd : at
  }
}
