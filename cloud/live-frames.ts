import type { LiveFrame } from '@layerwatch/shared/api.ts'
import { decodeLive } from '@layerwatch/shared/live.ts'
import type { Logger } from 'pino'
import type { Issuer } from './commands.ts'
import { Repeater } from './repeater.ts'

/** Somebody who looks at one printer. */
export interface Watcher {
  issuer: Issuer
  /** Asks the database whether they still may. */
  mayWatch: () => Promise<boolean>
  send: (frame: LiveFrame) => void
  close: () => void
}

interface Lease {
  deviceId: string
  watchers: Set<Watcher>
}

/** A lease holds 10 s on the device; renewed twice in that time, one lost command does not stop the picture. */
const renewMs = 4_000

/** Hands live frames to those who watch, and keeps the device sending as long as somebody does. */
export class LiveFrames {
  readonly #leases = new Map<string, Lease>()
  readonly #renew: (issuer: Issuer, lease: { printerId: string; deviceId: string }) => Promise<void>
  readonly #keeper: Repeater
  readonly #log: Logger

  /** @param renew asks the device to send the next seconds' frames. */
  constructor(
    renew: (issuer: Issuer, lease: { printerId: string; deviceId: string }) => Promise<void>,
    log: Logger,
  ) {
    this.#renew = renew
    this.#log = log
    this.#keeper = new Repeater('keep live views', () => this.#keep(), log)
  }

  async close(): Promise<void> {
    await this.#keeper.close()
    for (const lease of this.#leases.values()) for (const watcher of lease.watchers) watcher.close()
    this.#leases.clear()
  }

  /** Somebody looks at a printer they may see, until the returned function is called. */
  watch(printer: { printerId: string; deviceId: string }, watcher: Watcher): () => void {
    const { printerId, deviceId } = printer
    const lease = this.#leases.get(printerId) ?? { deviceId, watchers: new Set<Watcher>() }
    this.#leases.set(printerId, lease)
    lease.watchers.add(watcher)
    if (lease.watchers.size === 1) this.#keeper.wake()
    return () => this.#leave(printerId, watcher)
  }

  /** A frame came; only that printer's own device can show it, and only those who watch it see it. */
  take(deviceId: string, bytes: Uint8Array): void {
    if (this.#leases.size === 0) return
    const frame = decodeLive(bytes)
    if (!frame || !isJpeg(frame.jpeg)) return
    const lease = this.#leases.get(frame.header.printerId)
    if (lease?.deviceId !== deviceId) return
    const view: LiveFrame = { header: frame.header, jpegBase64: Buffer.from(frame.jpeg).toString('base64') }
    for (const watcher of lease.watchers) watcher.send(view)
  }

  /** How many people look at a printer. */
  countWatchers(printerId: string): number {
    return this.#leases.get(printerId)?.watchers.size ?? 0
  }

  #leave(printerId: string, watcher: Watcher): void {
    const lease = this.#leases.get(printerId)
    lease?.watchers.delete(watcher)
    if (lease?.watchers.size === 0) this.#leases.delete(printerId)
  }

  async #keep(): Promise<number> {
    for (const [printerId, { deviceId, watchers }] of [...this.#leases]) {
      for (const watcher of [...watchers]) {
        if (await watcher.mayWatch()) continue
        this.#leave(printerId, watcher)
        watcher.close()
      }
      const [first] = watchers
      if (first) await this.#ask(first.issuer, { printerId, deviceId })
    }
    return renewMs
  }

  /** A broker that is away for a moment is asked again with the next round. */
  async #ask(issuer: Issuer, lease: { printerId: string; deviceId: string }): Promise<void> {
    try {
      await this.#renew(issuer, lease)
    } catch (err) {
      this.#log.warn({ err, printerId: lease.printerId }, 'live view not renewed')
    }
  }
}

/** Begins as every JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}
