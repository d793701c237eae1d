import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { Camera, Frame } from './camera.ts'
import { checkJpeg } from './jpeg.ts'
import type { StreamPart } from './picture-stream.ts'

/** Longest wait for a new picture, connecting included. */
const timeoutMs = 8_000
/** A picture older than this is not handed out: the next is waited for. */
const maxAgeMs = 5_000
/** As many garbled pictures one after the other are a garbled stream. */
const maxGarbledInRow = 5
/** Nobody asked for a picture for so long: the camera is left alone until somebody does. */
const idleMs = 60_000
/** Pictures that come faster than this are passed over while nobody waits for one. */
const leastGapMs = 40

/** Where a stream of pictures comes from. */
export interface PictureSource {
  /** What it is, in a person's words; see `Camera`. */
  readonly description: string
  /** Host or device, for messages. */
  readonly name: string
  /**
   * Reads the stream until it ends, and tells of each part that is meant to be a picture.
   * @throws what ended it: one of the errors of `Camera.capture`; the signal's reason when aborted.
   */
  read(take: (part: StreamPart) => void, signal: AbortSignal): Promise<void>
  /** Milliseconds to leave it alone after so many attempts in a row without a picture; 0 by default. */
  restartAfterMs?(failures: number): number
}

interface OpenStream {
  abort: AbortController
  ended: Promise<void>
  /** Ends it when no picture comes for too long. */
  silence: NodeJS.Timeout
}

/**
 * A camera that sends pictures without end. The stream is opened by the first `capture`, read all the time, and
 * only its newest picture kept; it is opened again by the next `capture` after it ended.
 */
export class StreamCamera implements Camera {
  readonly description: string
  readonly #source: PictureSource
  readonly #log: Logger
  /** The stream being read, if one is. */
  #stream: OpenStream | undefined
  #newest: Frame | undefined
  #givenAtMs = Number.NEGATIVE_INFINITY
  #askedAtMs = 0
  /** Pictures in a row that were none. */
  #garbledInRow = 0
  /** Streams in a row that ended without a picture, and how the last did. */
  #failures = 0
  #lastEnd: { error: unknown; atMs: number } | undefined
  #isClosed = false
  /** Told of each new picture, or of the end of the stream. */
  #waiting = new Set<PromiseWithResolvers<void>>()

  constructor(source: PictureSource, log: Logger) {
    this.description = source.description
    this.#source = source
    this.#log = log
  }

  async capture(signal: AbortSignal): Promise<Frame> {
    signal.throwIfAborted()
    if (this.#isClosed) throw new UnavailableError(`${this.#source.name} is closed`)
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
        throw new UnavailableError(`${this.#source.name} gave no new picture within ${timeoutMs / 1000} s`)
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stream?.abort.abort(new UnavailableError(`${this.#source.name} is closed`))
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

  /** @throws what ended the last stream, while the source is left alone after it. */
  #startStream(): OpenStream {
    const pauseMs = this.#source.restartAfterMs?.(this.#failures) ?? 0
    if (this.#lastEnd && performance.now() - this.#lastEnd.atMs < pauseMs) throw this.#lastEnd.error
    const abort = new AbortController()
    const fallSilent = () => abort.abort(new UnavailableError(`${this.#source.name} fell silent`))
    const silence = setTimeout(fallSilent, timeoutMs)
    this.#failures += 1
    const ended = this.#source
      .read((part) => this.#take(part), abort.signal)
      .then(
        () => new UnavailableError(`${this.#source.name} ended its stream`),
        (error: unknown) => error,
      )
      .then((error) => {
        clearTimeout(silence)
        this.#stream = undefined
        this.#lastEnd = { error, atMs: performance.now() }
        this.#log.debug({ err: error, camera: this.description }, 'camera stream ended')
        for (const news of this.#waiting) news.reject(error)
      })
    return { abort, ended, silence }
  }

  #take({ bytes, beganAtMs }: StreamPart): void {
    this.#stream?.silence.refresh()
    if (performance.now() - this.#askedAtMs > idleMs) this.#stream?.abort.abort(new UnavailableError('idle'))
    const isSurplus = this.#newest !== undefined && beganAtMs - this.#newest.capturedAtMs < leastGapMs
    if (isSurplus && this.#waiting.size === 0) return
    try {
      this.#newest = { jpeg: Uint8Array.from(checkJpeg(bytes)), capturedAtMs: beganAtMs }
    } catch (error) {
      // A garbled picture among good ones is no trouble; the next is waited for.
      this.#garbledInRow += 1
      if (this.#garbledInRow >= maxGarbledInRow) for (const news of this.#waiting) news.reject(error)
      return
    }
    this.#failures = 0
    this.#garbledInRow = 0
    for (const news of this.#waiting) news.resolve()
  }
}
