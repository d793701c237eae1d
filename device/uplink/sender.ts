import { createHash } from 'node:crypto'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Receipt } from '@layerwatch/shared/receipts.ts'
import { deviceTopic, snapshotTopic } from '@layerwatch/shared/topics.ts'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Session } from './mqtt.ts'
import type { OutgoingRow } from './outbox.ts'
import type { OutboxThread } from './outbox-thread.ts'

interface SenderParts {
  outbox: Pick<OutboxThread, 'pending' | 'acknowledge' | 'quarantine'>
  deviceId: string
  clock: Clock
  log: Logger
}

interface InFlight {
  id: string
  digest: string
  sentAtMs: number
}

const window = 32
const firstPatienceMs = 20_000
const longestPatienceMs = 300_000
const diskRetryMs = 5_000

/**
 * Sends the outbox, oldest first, some rows at a time. A row goes only on the cloud's receipt; without one, all
 * that is in flight is sent again, after a wait that grows while the cloud stays silent.
 */
export class Sender {
  readonly #parts: SenderParts
  readonly #inFlight = new Map<string, InFlight>()
  #session: Session | undefined
  #sentUpTo = 0
  #patienceMs = firstPatienceMs
  #wakeUp: () => void = () => {}

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** A connection is there: what was in flight on the last one is sent again. */
  up(session: Session): void {
    this.#session = session
    this.#startOver()
  }

  down(): void {
    this.#session = undefined
  }

  /** There is something new to send. */
  wake(): void {
    this.#wakeUp()
  }

  /** Takes the cloud's word on a row: the row goes, or is set aside where it was refused. */
  async take(receipt: Receipt): Promise<void> {
    const row = this.#find(receipt)
    const id = row?.id ?? receipt.id
    if (id === undefined) return
    this.#patienceMs = firstPatienceMs
    if (receipt.result === 'rejected') {
      const reason = receipt.reason ?? 'no reason given'
      this.#parts.log.error({ id, reason }, 'cloud refused an event')
      await this.#parts.outbox.quarantine(id, reason)
    } else {
      await this.#parts.outbox.acknowledge(id)
    }
    this.#inFlight.delete(id)
    this.wake()
  }

  /** Sends until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake(), { once: true })
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wakeUp = resolve
      })
      const nextMs = await this.#sendSome().catch((error: unknown) => {
        if (!(error instanceof UnavailableError)) throw error
        this.#parts.log.debug({ err: error }, 'sending interrupted')
        return diskRetryMs
      })
      const pause = new AbortController()
      await Promise.race([woken, nextMs > 0 ? this.#parts.clock.sleep(nextMs, pause.signal) : undefined])
      pause.abort()
    }
  }

  /** Sends what the window allows; how long to wait then, 0 for going on at once. */
  async #sendSome(): Promise<number> {
    const session = this.#session
    if (!session) return longestPatienceMs
    this.#giveUpWaiting()
    const room = window - this.#inFlight.size
    const rows = room > 0 ? await this.#parts.outbox.pending(this.#sentUpTo, room) : []
    for (const row of rows) {
      if (this.#session !== session) return 0
      this.#sentUpTo = row.order
      this.#inFlight.set(row.id, this.#label(row))
      // Not awaited: only the receipt counts. A connection that broke is told by `down`.
      session.publish(this.#topicOf(row), payloadOf(row)).catch(() => undefined)
    }
    if (rows.length === room && room > 0) return 0
    return this.#inFlight.size > 0 ? 1_000 : longestPatienceMs
  }

  #giveUpWaiting(): void {
    const sinceMs = this.#parts.clock.nowMs() - this.#patienceMs
    const isLate = [...this.#inFlight.values()].some(({ sentAtMs }) => sentAtMs < sinceMs)
    if (!isLate) return
    this.#parts.log.warn({ rows: this.#inFlight.size }, 'cloud does not acknowledge; sending again')
    this.#patienceMs = Math.min(longestPatienceMs, this.#patienceMs * 2)
    this.#startOver()
  }

  #startOver(): void {
    this.#inFlight.clear()
    this.#sentUpTo = 0
    this.wake()
  }

  #find({ id, digest }: Receipt): InFlight | undefined {
    if (id !== undefined) return this.#inFlight.get(id)
    return [...this.#inFlight.values()].find((row) => row.digest === digest)
  }

  #label(row: OutgoingRow): InFlight {
    const digest = createHash('sha256').update(payloadOf(row)).digest('hex')
    return { id: row.id, digest, sentAtMs: this.#parts.clock.nowMs() }
  }

  #topicOf(row: OutgoingRow): string {
    const { deviceId } = this.#parts
    return row.kind === 'event' ? deviceTopic(deviceId, 'events') : snapshotTopic(deviceId, row.id)
  }
}

function payloadOf(row: OutgoingRow): string | Uint8Array {
  return row.kind === 'event' ? row.json : row.jpeg
}
