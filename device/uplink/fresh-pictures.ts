import type { Clock } from '../clock.ts'

const kept = 500

/** The ids of the pictures shown lately, and when they were taken: what a resume may refer to. */
export class FreshPictures {
  readonly #clock: Clock
  readonly #taken = new Map<string, { printerId: string; capturedAtMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  remember(snapshotId: string, printerId: string, capturedAtMs: number): void {
    this.#taken.set(snapshotId, { printerId, capturedAtMs })
    const oldest = this.#taken.keys().next().value
    if (this.#taken.size > kept && oldest !== undefined) this.#taken.delete(oldest)
  }

  ageMs(snapshotId: string, printerId: string): number | undefined {
    const picture = this.#taken.get(snapshotId)
    return picture?.printerId === printerId ? this.#clock.nowMs() - picture.capturedAtMs : undefined
  }
}
