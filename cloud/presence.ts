import { presentWithinMs } from '@layerwatch/shared/status.ts'

/** What was last heard of a device, on the cloud's own monotonic clock. */
interface Heard {
  boot: string
  uptimeMs: number
  heardMs: number
  isOnline: boolean
}

/**
 * Which devices are there: a status heard within 40 s, whatever any wall clock says. After a start of the
 * cloud every device is unknown until heard.
 */
export class Presence {
  readonly #nowMs: () => number
  readonly #heard = new Map<string, Heard>()
  /** Devices said to be there, to notice those that no longer are. */
  readonly #announced = new Set<string>()

  /** @param nowMs a monotonic clock in milliseconds. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** A status was heard just now, or at `heardMs` on the same clock. */
  hear(deviceId: string, status: { boot: string; uptimeMs: number }, heardMs = this.#nowMs()): void {
    const { boot, uptimeMs } = status
    this.#heard.set(deviceId, { boot, uptimeMs, heardMs, isOnline: true })
    this.#announced.add(deviceId)
  }

  /** The broker says that the connection of this run ended. */
  lose(deviceId: string, boot: string): void {
    const heard = this.#heard.get(deviceId)
    if (heard?.boot === boot) heard.isOnline = false
  }

  /** The device was removed. */
  forget(deviceId: string): void {
    this.#heard.delete(deviceId)
  }

  isPresent(deviceId: string): boolean {
    const heard = this.#heard.get(deviceId)
    return heard?.isOnline === true && this.#nowMs() - heard.heardMs <= presentWithinMs
  }

  /** Devices that are there. */
  listPresent(): string[] {
    return [...this.#heard.keys()].filter((deviceId) => this.isPresent(deviceId))
  }

  /** The run of a device that is there, and how long it has been running by now. */
  runOf(deviceId: string): { boot: string; uptimeMs: number } | undefined {
    const heard = this.#heard.get(deviceId)
    if (!heard || !this.isPresent(deviceId)) return undefined
    return { boot: heard.boot, uptimeMs: Math.floor(heard.uptimeMs + this.#nowMs() - heard.heardMs) }
  }

  /** Devices that went and of whom that was not told yet. */
  listLost(): string[] {
    return [...this.#announced].filter((deviceId) => !this.isPresent(deviceId))
  }

  /** It was told that a device went. */
  setTold(deviceId: string): void {
    if (!this.isPresent(deviceId)) this.#announced.delete(deviceId)
  }
}
