import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { Frame } from '../camera/camera.ts'
import { type Motion, noMotion, noticeMotion, readMotionPicture } from './motion.ts'
import type { Printer, PrinterStatus } from './printer.ts'

const lookEveryMs = 10_000
const lookWithinMs = 5_000

export const noLinkLimit =
  'Can only watch, because there is no link to the printer: it is told by its motion whether it prints, and layers ' +
  'are counted by time. To have failing prints paused, configure its OctoPrint, Klipper, PrusaLink or Bambu Lab link.'

interface NoLinkParts {
  look: (signal: AbortSignal) => Promise<Frame>
  log: Logger
  lookEveryMs?: number
}

/**
 * A printer that nothing connects us with but a camera. It prints while something moves before the camera, and has
 * ended when nothing did for ten minutes; nothing can be done to it.
 */
export function openNoLink(parts: NoLinkParts): Printer {
  return new NoLink(parts)
}

class NoLink implements Printer {
  readonly #parts: NoLinkParts
  #motion: Motion = noMotion
  #run: { id: string; beganAtMs: number } | undefined

  constructor(parts: NoLinkParts) {
    this.#parts = parts
  }

  async probe() {
    return { description: 'No link to the printer', actions: [], limits: [noLinkLimit] }
  }

  async status(signal: AbortSignal): Promise<PrinterStatus> {
    signal.throwIfAborted()
    if (this.#run === undefined) return { state: 'idle' }
    const job = { name: 'Print seen by the camera', runId: this.#run.id }
    if (!this.#motion.isPrinting) return { state: 'finished', job }
    return { state: 'printing', job, printSeconds: (performance.now() - this.#run.beganAtMs) / 1000 }
  }

  async watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wasPrinting = this.#motion.isPrinting
      await this.#look(signal)
      const { isPrinting } = this.#motion
      if (isPrinting && !wasPrinting) this.#run = { id: randomUUID(), beganAtMs: performance.now() }
      if (isPrinting !== wasPrinting && !signal.aborted) onStatus(await this.status(signal))
      await sleep(this.#parts.lookEveryMs ?? lookEveryMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async act(): Promise<void> {
    throw new RejectedError(noLinkLimit)
  }

  async file(): Promise<undefined> {
    return undefined
  }

  /** What cannot be seen tells nothing, neither that it prints nor that it has ended. */
  async #look(signal: AbortSignal): Promise<void> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(lookWithinMs)])
      const { jpeg, capturedAtMs } = await this.#parts.look(limit)
      this.#motion = noticeMotion(this.#motion, await readMotionPicture(jpeg), capturedAtMs)
    } catch (error) {
      if (!signal.aborted) this.#parts.log.debug({ err: error }, 'motion can not be seen')
    }
  }
}
