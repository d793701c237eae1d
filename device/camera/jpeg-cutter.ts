import { ProtocolError } from '@layerwatch/shared/errors.ts'
import { ByteWindow } from './byte-window.ts'
import { maxFrameBytes } from './camera.ts'
import { JpegEnd } from './jpeg-end.ts'
import type { PictureCutter, StreamPart } from './picture-stream.ts'

const startOfImage = Buffer.from([0xff, 0xd8, 0xff])

/** Cuts a stream of JPEGs with nothing between them, as `rpicam-vid --codec mjpeg` writes it. */
export class JpegCutter implements PictureCutter {
  readonly #window = new ByteWindow()
  /** The picture that is coming in, from the first byte kept on. */
  #picture: { beganAtMs: number; end: JpegEnd } | undefined

  push(chunk: Uint8Array, nowMs: number): StreamPart | undefined {
    this.#window.append(chunk)
    let newest: StreamPart | undefined
    while (this.#picture !== undefined || this.#findStart(nowMs)) {
      const picture = this.#cut()
      if (picture === undefined) break
      newest = picture === 'garbled' ? newest : picture
    }
    if (this.#window.length > maxFrameBytes) throw new ProtocolError('a picture of the stream does not end')
    return newest
  }

  #findStart(nowMs: number): boolean {
    const bytes = this.#window.content
    const at = bytes.indexOf(startOfImage)
    this.#window.drop(at < 0 ? Math.max(bytes.length - startOfImage.length + 1, 0) : at)
    if (at >= 0) this.#picture = { beganAtMs: nowMs, end: new JpegEnd() }
    return at >= 0
  }

  #cut(): StreamPart | 'garbled' | undefined {
    const bytes = this.#window.content
    const picture = this.#picture
    const length = picture?.end.find(bytes)
    const end = length ?? picture?.end.brokenAt
    if (picture === undefined || end === undefined) return undefined
    this.#picture = undefined
    this.#window.drop(end)
    return length === undefined
      ? 'garbled'
      : { bytes: bytes.subarray(0, length), beganAtMs: picture.beganAtMs }
  }
}
