type Work = () => Promise<void>

interface Waiting {
  bytes: number
  work: Work
}

/**
 * Works through each device's messages in the order they came, several devices at once. Work must not throw.
 */
export class DeviceQueues {
  readonly #limits: { atOnce: number; messages: number; bytes: number }
  /** What waits, by device; a device that is worked on has an entry, if an empty one. */
  readonly #queues = new Map<string, Waiting[]>()
  /** Devices with something to do that are not worked on, longest waiting first. */
  readonly #ready: string[] = []
  #working = 0
  #messages = 0
  #bytes = 0
  #roomWaiters: (() => void)[] = []
  #idleWaiters: (() => void)[] = []

  /** @param limits how many are worked on at once, and from how many messages or bytes on `add` makes its caller wait. */
  constructor(limits: { atOnce: number; messages: number; bytes: number }) {
    this.#limits = limits
  }

  /** Queues one message's work. Resolves when there is room for the next message, not when it is done. */
  async add(deviceId: string, bytes: number, work: Work): Promise<void> {
    const queue = this.#queues.get(deviceId)
    if (queue) queue.push({ bytes, work })
    else {
      this.#queues.set(deviceId, [{ bytes, work }])
      this.#ready.push(deviceId)
    }
    this.#messages++
    this.#bytes += bytes
    this.#startNext()
    if (!this.#hasRoom()) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    if (this.#messages > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  #hasRoom(): boolean {
    return this.#messages < this.#limits.messages && this.#bytes < this.#limits.bytes
  }

  #startNext(): void {
    while (this.#working < this.#limits.atOnce) {
      const deviceId = this.#ready.shift()
      if (deviceId === undefined) return
      this.#working++
      void this.#workOn(deviceId)
    }
  }

  /** One message of a device, then back to the end of the line: no device keeps the others waiting. */
  async #workOn(deviceId: string): Promise<void> {
    const queue = this.#queues.get(deviceId)
    const next = queue?.shift()
    if (next) await next.work()
    this.#working--
    this.#messages--
    this.#bytes -= next?.bytes ?? 0
    if (queue && queue.length > 0) this.#ready.push(deviceId)
    else this.#queues.delete(deviceId)
    if (this.#hasRoom()) for (const resolve of this.#roomWaiters.splice(0)) resolve()
    if (this.#messages === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve()
    this.#startNext()
  }
}
