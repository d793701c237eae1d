import type { Clock } from '../../device/clock.ts'

/** A clock that jumps to the next sleeper as soon as nothing else is left to do. */
export class VirtualClock implements Clock {
  #nowMs: number
  #sleepers: { wakeMs: number; wake: () => void }[] = []

  constructor(startMs = 1_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const sleeper = { wakeMs: this.#nowMs + Math.max(0, ms), wake: resolve }
      this.#sleepers.push(sleeper)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Lets time pass until the condition holds; throws when it does not within so much virtual time. */
  async runUntil(condition: () => boolean, withinMs: number): Promise<void> {
    const endMs = this.#nowMs + withinMs
    while (!condition()) {
      await settle()
      if (condition()) return
      const next = this.#sleepers.reduce((a, b) => (b.wakeMs < a.wakeMs ? b : a), {
        wakeMs: Infinity,
        wake: () => {},
      })
      if (next.wakeMs > endMs) throw new Error(`did not happen within ${withinMs} ms`)
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      this.#nowMs = Math.max(this.#nowMs, next.wakeMs)
      next.wake()
    }
  }

  /** Lets so much time pass. */
  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    const end = new AbortController()
    let isOver = false
    void this.sleep(ms, end.signal).then(() => {
      isOver = true
    })
    await this.runUntil(() => isOver && this.#nowMs >= endMs, ms)
    await settle()
  }
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve))
}
