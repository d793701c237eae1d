/** Addresses remembered at most; beyond, the oldest is forgotten. */
const maxAddresses = 10_000

/** Bounds wrong tries at something secret: so many a minute from one address, and so many from all together. */
export class TryLimit {
  readonly #perAddress: number
  readonly #together: number
  readonly #nowMs: () => number
  readonly #byAddress = new Map<string, { fromMs: number; wrong: number }>()
  #all = { fromMs: 0, wrong: 0 }

  /** @param options.nowMs a monotonic clock in milliseconds. */
  constructor(options: { perAddress: number; together: number; nowMs?: () => number }) {
    this.#perAddress = options.perAddress
    this.#together = options.together
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  /** Whether another try from this address may be looked at. */
  mayTry(address: string): boolean {
    const mine = this.#byAddress.get(address)
    const isMineFull = mine !== undefined && this.#isPresent(mine) && mine.wrong >= this.#perAddress
    const isAllFull = this.#isPresent(this.#all) && this.#all.wrong >= this.#together
    return !isMineFull && !isAllFull
  }

  /**
   * Counts a try as wrong before it is looked at, so that many at once are no way around; the minute begins
   * with the first. `forgive` takes it back.
   */
  countWrong(address: string): void {
    this.#all = this.#next(this.#all)
    const mine = this.#byAddress.get(address)
    this.#byAddress.delete(address)
    this.#byAddress.set(address, this.#next(mine))
    const [oldest] = this.#byAddress.keys()
    if (this.#byAddress.size > maxAddresses && oldest !== undefined) this.#byAddress.delete(oldest)
  }

  /** The try that was counted was none, or right. */
  forgive(address: string): void {
    for (const count of [this.#all, this.#byAddress.get(address)])
      if (count && count.wrong > 0) count.wrong -= 1
  }

  #next(count: { fromMs: number; wrong: number } | undefined): { fromMs: number; wrong: number } {
    if (count && this.#isPresent(count)) return { fromMs: count.fromMs, wrong: count.wrong + 1 }
    return { fromMs: this.#nowMs(), wrong: 1 }
  }

  #isPresent(count: { fromMs: number; wrong: number }): boolean {
    return count.wrong > 0 && this.#nowMs() - count.fromMs < 60_000
  }
}
