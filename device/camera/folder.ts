import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Camera, Frame } from './camera.ts'
import type { FolderCameraConfig } from './config.ts'
import type { RecordedFrame } from './folder-frames.ts'
import { listFrames } from './folder-frames.ts'
import { checkJpeg } from './jpeg.ts'

/**
 * A camera that plays back the pictures of a folder, one every `intervalSeconds` or when `frames.jsonl` says,
 * from the first capture on. As with a real camera, who comes late misses pictures.
 * @throws ConfigError where the folder holds no pictures.
 */
export async function openFolderCamera(config: FolderCameraConfig): Promise<Camera> {
  const frames = await listFrames(config.path)
  return new FolderCamera(config, frames)
}

class FolderCamera implements Camera {
  readonly description: string
  readonly #frames: RecordedFrame[]
  readonly #config: FolderCameraConfig
  #beganAtMs: number | undefined
  /** Counts on over every round of the loop. */
  #lastGiven = -1

  constructor(config: FolderCameraConfig, frames: RecordedFrame[]) {
    this.description = `${frames.length} recorded pictures in ${config.path}`
    this.#config = config
    this.#frames = frames
  }

  async capture(signal: AbortSignal): Promise<Frame> {
    signal.throwIfAborted()
    this.#beganAtMs ??= performance.now()
    const number = Math.max(this.#newestAt(performance.now()), this.#lastGiven + 1)
    const frame = this.#frames[number % this.#frames.length]
    if (frame === undefined || (!this.#config.loop && number >= this.#frames.length)) {
      throw new UnavailableError(`${this.#config.path} holds no more pictures`)
    }
    const appearsAtMs = this.#beganAtMs + this.#offsetMs(number)
    const waitMs = appearsAtMs - performance.now()
    if (waitMs > 0) {
      await sleep(waitMs, undefined, { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error
      })
    }
    // Given even if it can't be read: the next is another.
    this.#lastGiven = number
    const jpeg = checkJpeg(await readPicture(frame.file, signal))
    // A timer may ring a fraction of a millisecond early.
    return { jpeg, capturedAtMs: Math.min(appearsAtMs, performance.now()) }
  }

  async close(): Promise<void> {}

  /** When a picture appears, from the first capture on. */
  #offsetMs(number: number): number {
    const count = this.#frames.length
    const stepMs = this.#config.intervalSeconds * 1000
    const first = this.#frames[0]?.atSeconds
    const last = this.#frames.at(-1)?.atSeconds
    const at = this.#frames[number % count]?.atSeconds
    if (first === undefined || last === undefined || at === undefined) return number * stepMs
    const roundMs = (last - first) * 1000 + stepMs
    return Math.floor(number / count) * roundMs + (at - first) * 1000
  }

  /** The last picture that has appeared by now; without a loop the count ends behind the last. */
  #newestAt(nowMs: number): number {
    let number = Math.max(this.#lastGiven, 0)
    const isThere = (next: number) => (this.#beganAtMs ?? nowMs) + this.#offsetMs(next) <= nowMs
    while (isThere(number + 1) && (this.#config.loop || number + 1 < this.#frames.length)) number += 1
    return number
  }
}

async function readPicture(file: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFile(file, { signal })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new UnavailableError(`${file} can't be read`, { cause })
  }
}
