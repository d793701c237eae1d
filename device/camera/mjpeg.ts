import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { MjpegCameraConfig } from '../config.ts'
import type { HttpReply } from '../http.ts'
import { discard, explain } from '../http.ts'
import type { Camera, Frame } from './camera.ts'
import { HttpSource } from './http-source.ts'
import { checkJpeg } from './jpeg.ts'
import { PartReader } from './mjpeg-parts.ts'

/** Longest wait for a new picture, connecting included. */
const timeoutMs = 8_000
/** A picture older than this is not handed out: the next is waited for. */
const maxAgeMs = 5_000
/** As many garbled pictures one after the other are a garbled stream. */
const maxGarbledInRow = 5
/** Nobody asked for a picture for so long: the camera is left alone until somebody does. */
const idleMs = 60_000

/**
 * A camera that sends `multipart/x-mixed-replace` JPEGs without end, such as mjpg-streamer, ustreamer and
 * camera-streamer do. The stream is read all the time and only its newest picture kept.
 * @throws ConfigError where the address is none.
 */
export function openMjpegCamera(config: MjpegCameraConfig, { log }: { log: Logger }): Camera {
  return new MjpegCamera(HttpSource.parse(config), log)
}

interface OpenStream {
  abort: AbortController
  ended: Promise<void>
}

class MjpegCamera implements Camera {
  readonly #source: HttpSource
  readonly #log: Logger
  /** The stream being read, if one is. */
  #stream: OpenStream | undefined
  #newest: Frame | undefined
  #givenAtMs = Number.NEGATIVE_INFINITY
  #askedAtMs = 0
  /** Pictures in a row that were none. */
  #garbledInRow = 0
  /** Told of each new picture, or of the end of the stream. */
  #waiting = new Set<PromiseWithResolvers<void>>()

  constructor(source: HttpSource, log: Logger) {
    this.#source = source
    this.#log = log
  }

  get description(): string {
    return `MJPEG stream at ${this.#source.address}`
  }

  async capture(signal: AbortSignal): Promise<Frame> {
    signal.throwIfAborted()
    this.#askedAtMs = performance.now()
    const deadline = AbortSignal.timeout(timeoutMs)
    const either = AbortSignal.any([signal, deadline])
    for (;;) {
      const frame = this.#takeNewest()
      if (frame !== undefined) return frame
      this.#stream ??= this.#startStream()
      try {
        await this.#nextNews(either)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!deadline.aborted) throw error
        throw new UnavailableError(`${this.#source.host} gave no new picture within ${timeoutMs / 1000} s`)
      }
    }
  }

  async close(): Promise<void> {
    this.#stream?.abort.abort()
    await this.#stream?.ended
  }

  #takeNewest(): Frame | undefined {
    const frame = this.#newest
    if (frame === undefined || frame.capturedAtMs <= this.#givenAtMs) return undefined
    if (performance.now() - frame.capturedAtMs > maxAgeMs) return undefined
    this.#givenAtMs = frame.capturedAtMs
    return frame
  }

  /** Resolves at the next picture; rejects with what ended the stream. */
  async #nextNews(signal: AbortSignal): Promise<void> {
    const news = Promise.withResolvers<void>()
    const giveUp = () => news.reject(signal.reason)
    this.#waiting.add(news)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      await news.promise
    } finally {
      this.#waiting.delete(news)
      signal.removeEventListener('abort', giveUp)
    }
  }

  #startStream(): OpenStream {
    const abort = new AbortController()
    const ended = this.#readStream(abort).catch((error: unknown) => {
      this.#stream = undefined
      this.#log.debug({ err: error, camera: this.#source.address }, 'MJPEG stream ended')
      for (const news of this.#waiting) news.reject(error)
    })
    return { abort, ended }
  }

  /** Reads until the stream ends; never returns but by throwing why. */
  async #readStream(abort: AbortController): Promise<never> {
    // Silence for as long as a capture waits, at connecting or later, is the end of the stream.
    const silence = setTimeout(() => abort.abort(new UnavailableError('the stream fell silent')), timeoutMs)
    try {
      const reply = await this.#source.open(abort.signal)
      const parts = new PartReader(boundaryOf(reply))
      for await (const chunk of reply.body) {
        silence.refresh()
        if (!(chunk instanceof Uint8Array)) throw new TypeError('a body gives bytes')
        const part = parts.push(chunk)
        if (part !== undefined) this.#take(part)
        if (performance.now() - this.#askedAtMs > idleMs) break
      }
    } catch (error) {
      throw explain(error, { host: this.#source.host, signal: abort.signal })
    } finally {
      clearTimeout(silence)
    }
    throw new UnavailableError(`${this.#source.host} ended its stream`)
  }

  #take(part: Uint8Array): void {
    try {
      this.#newest = { jpeg: checkJpeg(part), capturedAtMs: performance.now() }
    } catch (error) {
      // A garbled picture among good ones is no trouble; the next is waited for.
      this.#garbledInRow += 1
      if (this.#garbledInRow >= maxGarbledInRow) for (const news of this.#waiting) news.reject(error)
      return
    }
    this.#garbledInRow = 0
    for (const news of this.#waiting) news.resolve()
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
