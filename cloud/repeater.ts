import type { Logger } from 'pino'

/** Failed rounds are repeated after this time. */
const afterErrorMs = 5_000

/**
 * Runs a round of work again and again: after the time each round asks for, or at once when woken. A round
 * that fails is logged and repeated.
 */
export class Repeater {
  readonly #name: string
  readonly #round: (signal: AbortSignal) => Promise<number>
  readonly #log: Logger
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isWoken = false

  /** @param round does what is due and returns the milliseconds until the next round. */
  constructor(name: string, round: (signal: AbortSignal) => Promise<number>, log: Logger) {
    this.#name = name
    this.#round = round
    this.#log = log
  }

  /** Runs a round now, or right after the one that is running. */
  wake(): void {
    if (this.#stop.signal.aborted) return
    clearTimeout(this.#timer)
    if (this.#running) {
      this.#isWoken = true
      return
    }
    this.#isWoken = false
    this.#running = this.#run()
  }

  /** Ends the round that is running, if it heeds its signal, and starts no more. */
  async close(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    let waitMs = afterErrorMs
    try {
      waitMs = await this.#round(this.#stop.signal)
    } catch (err) {
      if (!this.#stop.signal.aborted) this.#log.error({ err, work: this.#name }, 'background work failed')
    }
    this.#running = undefined
    if (this.#stop.signal.aborted) return
    this.#timer = setTimeout(() => this.wake(), this.#isWoken ? 0 : waitMs)
  }
}
