import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Eyes } from '../assess/blindness.ts'
import type { Clock } from '../clock.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { PrinterStatus } from '../printer/printer.ts'
import { afterLayerMs, pauseBetweenMs } from './pace.ts'

interface PacingParts {
  config: Pick<WatchedPrinterConfig, 'capture'>
  clock: Clock
  /** How printer and cameras are now. */
  now: () => {
    status: Pick<PrinterStatus, 'timeScale'> | undefined
    state: PrinterState | undefined
    eyes: Eyes
  }
}

/**
 * When a printer is looked at: in even steps, and in each layer at the same moment after the printer said that it
 * began, so that the pictures of two layers can be compared. Layers shorter than a step have no look of their own,
 * so there are never more than twice as many looks.
 */
export class Pacing {
  readonly #parts: PacingParts
  /** When the layer that just began is to be looked at. */
  #dueMs: number | undefined
  #lastDueMs = Number.NEGATIVE_INFINITY
  #wake: AbortController | undefined
  #layer = 0

  constructor(parts: PacingParts) {
    this.#parts = parts
  }

  /** The layer that is printed, as the printer says: another one is looked at soon. */
  noteLayer(layer: number): void {
    if (layer === this.#layer) return
    this.#layer = layer
    const { clock, config, now } = this.#parts
    const { status, state } = now()
    if (state !== 'printing') return
    const { stepMs, delayMs } = afterLayerMs({ config, status })
    const dueMs = clock.nowMs() + delayMs
    if (dueMs - this.#lastDueMs < stepMs) return
    this.#lastDueMs = dueMs
    this.#dueMs = dueMs
    this.#wake?.abort()
  }

  /** Waits from one look, which began then, until the next. */
  async rest(beganMs: number, signal: AbortSignal): Promise<void> {
    const { clock, config, now } = this.#parts
    const nextMs = beganMs + pauseBetweenMs({ config, ...now(), nowMs: clock.nowMs() })
    while (!signal.aborted) {
      const untilMs = this.#dueMs ?? nextMs
      if (clock.nowMs() >= untilMs) break
      this.#wake = new AbortController()
      await clock.sleep(untilMs - clock.nowMs(), AbortSignal.any([signal, this.#wake.signal]))
    }
    this.#dueMs = undefined
  }
}
