/** Notifications that are being sent just now. */
export class InFlight {
  readonly #sends = new Map<string, { personId: string; done: Promise<void> }>()
  readonly #onEnd: () => void

  /** @param onEnd called after each that ended, however it did. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#sends.size
  }

  /** People with at least so many under way. */
  busyPeople(atLeast: number): string[] {
    const counts = new Map<string, number>()
    for (const { personId } of this.#sends.values()) counts.set(personId, (counts.get(personId) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= atLeast).map(([personId]) => personId)
  }

  /** Keeps count of one until `send` has ended. It must not fail. */
  add({ id, personId }: { id: string; personId: string }, send: () => Promise<void>): void {
    const done = send().finally(() => {
      this.#sends.delete(id)
      this.#onEnd()
    })
    this.#sends.set(id, { personId, done })
  }

  /** Resolves once all that are under way have ended. */
  async settled(): Promise<void> {
    await Promise.all([...this.#sends.values()].map(({ done }) => done))
  }
}
