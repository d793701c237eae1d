import { maxBytes } from '@layerwatch/shared/topics.ts'
import type { Logger } from 'pino'
import type { Hold } from '../assess/hold.ts'
import { formatCourse, type PrinterCourse } from '../assess/prints.ts'
import type { Entry, Journal } from '../watch/journal.ts'
import { logChange } from '../watch/journal.ts'
import { fitJpeg } from './fit-jpeg.ts'
import type { NewEvent } from './outbox.ts'
import type { OutboxThread } from './outbox-thread.ts'
import type { Boot } from './stamp.ts'
import { stamp } from './stamp.ts'

interface ScribeParts {
  outbox: Pick<OutboxThread, 'append' | 'saveCourse'>
  boot: Boot
  newId: () => string
  log: Logger
  keepPicture: (printId: string, layer: number, jpeg: Uint8Array) => Promise<void>
  /** New rows are on the disk. */
  onStored: () => void
}

/** What waits in memory while the disk refuses; the oldest of the least important go first. */
const maxWaiting = 500
const maxWaitingPictures = 8
const retryMs = 5_000

/**
 * Writes down what happens: gives each event its id and time at once, then stores it in the background, in
 * order. When the disk refuses (full, gone) events wait in memory and are tried again.
 */
export class Scribe {
  readonly #parts: ScribeParts
  #waiting: NewEvent[] = []
  #isWriting = false
  #retry: NodeJS.Timeout | undefined
  #hasFailed = false

  constructor(parts: ScribeParts) {
    this.#parts = parts
  }

  /** The journal of one printer; `log` names it. */
  journalOf(printerId: string, log: Logger): Journal {
    const { keepPicture, outbox } = this.#parts
    return {
      record: (entries) => {
        for (const entry of entries) logChange(log, entry)
        this.#waiting.push(...entries.map((entry) => this.#seal(entry, printerId)))
        void this.#write()
      },
      saveCourse: (course: PrinterCourse, hold: Hold | undefined) =>
        outbox
          .saveCourse(printerId, formatCourse(course, hold))
          .catch((error: unknown) => log.error({ err: error }, 'running print not stored')),
      keepLayerPicture: (printId, layer, jpeg) => {
        keepPicture(printId, layer, jpeg).catch((error: unknown) =>
          log.warn({ err: error, layer }, 'layer picture not kept'),
        )
      },
    }
  }

  /** Stores an event and returns when it is on the disk. @throws UnavailableError where the disk refuses. */
  async recordNow(entry: Entry, printerId?: string): Promise<void> {
    await this.#parts.outbox.append([await withFitPicture(this.#seal(entry, printerId))])
    this.#parts.onStored()
  }

  /** Records what concerns the device as a whole. */
  recordSoon(entry: Entry): void {
    this.#waiting.push(this.#seal(entry, undefined))
    void this.#write()
  }

  /** Waits, for a bounded time, until all is stored; for the end of the process. */
  async close(): Promise<void> {
    clearTimeout(this.#retry)
    if (!this.#isWriting) await this.#write()
    clearTimeout(this.#retry)
  }

  #seal({ type, data, printId, jpeg }: Entry, printerId: string | undefined): NewEvent {
    const rest = { ...stamp(this.#parts.boot), data }
    const snapshot = type === 'snapshot.taken' && jpeg ? { id: data.snapshotId, jpeg } : undefined
    return { id: this.#parts.newId(), type, printerId, printId, rest, snapshot }
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return
    this.#isWriting = true
    clearTimeout(this.#retry)
    try {
      while (this.#waiting.length > 0) {
        const batch = await Promise.all(this.#waiting.slice(0, 50).map(withFitPicture))
        await this.#parts.outbox.append(batch)
        this.#waiting.splice(0, batch.length)
        this.#parts.onStored()
      }
      if (this.#hasFailed) this.#parts.log.info('events are stored again')
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) this.#parts.log.error({ err: error }, 'events can not be stored; trying again')
      this.#hasFailed = true
      this.#waiting = thinOut(this.#waiting)
      this.#retry = setTimeout(() => void this.#write(), retryMs)
    } finally {
      this.#isWriting = false
    }
  }
}

async function withFitPicture(event: NewEvent): Promise<NewEvent> {
  if (!event.snapshot) return event
  const jpeg = await fitJpeg(event.snapshot.jpeg, maxBytes.snapshot)
  return { ...event, snapshot: jpeg ? { id: event.snapshot.id, jpeg } : undefined }
}

/** Keeps the last pictures only, then drops judged layers, then the oldest, until the rest is few enough. */
function thinOut(events: readonly NewEvent[]): NewEvent[] {
  const withPicture = events.filter(({ snapshot }) => snapshot).slice(-maxWaitingPictures)
  const light = events.map((event) =>
    withPicture.includes(event) ? event : { ...event, snapshot: undefined },
  )
  if (light.length <= maxWaiting) return light
  return light.filter(({ type }) => type !== 'layer.judged').slice(-maxWaiting)
}
