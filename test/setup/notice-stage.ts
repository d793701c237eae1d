import { randomUUID } from 'node:crypto'
import type { EventInput, EventType } from '@layerwatch/shared/events.ts'
import type { PreferencesPatch } from '@layerwatch/shared/notify-rules.ts'
import pino from 'pino'
import { changePreferences } from '../../cloud/db/preferences.ts'
import { nextDigest } from '../../cloud/notify/hours.ts'
import { InFlight } from '../../cloud/notify/in-flight.ts'
import type { Outgoing } from '../../cloud/notify/notifier.ts'
import { sendDue } from '../../cloud/notify/send.ts'
import { startTestDatabase, type TestDatabase } from './database.ts'
import { ingestAll, makeIngestContext } from './ingest.ts'
import { type AgentStory, makeTenant, type SentEvent, suspicion, type Tenant, tellStory } from './tenants.ts'

/**
 * A person with a printer on a real database, whose clock is moved: what happens is ingested, and what is due is sent
 * by mail to a list. The clock begins on Monday, 2026-05-04, at 12:00 UTC; Berlin is two hours ahead.
 */
export class NoticeStage {
  /** What `send` sent last. */
  readonly sent: { to: string; outgoing: Outgoing }[] = []
  readonly now = () => new Date(this.#nowMs)
  #nowMs = 0
  #database: TestDatabase | undefined
  #tenant: Tenant | undefined
  #story: AgentStory = tellStory()

  get db() {
    if (!this.#database) throw new Error('the stage is not open')
    return this.#database.db
  }

  get tenant() {
    if (!this.#tenant) throw new Error('the stage is not set')
    return this.#tenant
  }

  get story() {
    return this.#story
  }

  /** What telling later works with. */
  get telling() {
    return { db: this.db, now: this.now, canSendEmail: true, onNotifications: () => {} }
  }

  async open(): Promise<void> {
    this.#database = await startTestDatabase()
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  /** Somebody new, on the first day. */
  async reset(): Promise<void> {
    await this.db.notification.deleteMany()
    await this.db.preference.deleteMany()
    this.at('2026-05-04T12:00:00Z')
    this.#tenant = await makeTenant(this.db)
    this.beginAnother()
  }

  /** A new print of the same printer. */
  begin(): void {
    const { printerId } = this.#story
    this.#story = tellStory({ startMs: this.#nowMs, printerId })
  }

  /** A print of another printer. */
  beginAnother(): void {
    this.#story = tellStory({ startMs: this.#nowMs })
  }

  at(time: string): void {
    this.#nowMs = Date.parse(time)
  }

  later(minutes: number): void {
    this.#nowMs += minutes * 60_000
  }

  /** An event that happens now. */
  happens<T extends EventType>(type: T, data: EventInput<T>): SentEvent {
    return this.#story.event(type, data, { at: this.now().toISOString() })
  }

  /** A failure that Layerwatch pauses. */
  failure(): SentEvent[] {
    return [
      this.happens('defect.confirmed', suspicion(9)),
      this.happens('printer.paused', { by: 'layerwatch', layer: 9 }),
    ]
  }

  async ingest(...events: SentEvent[]): Promise<void> {
    await ingestAll({ ...makeIngestContext(this.db), now: this.now }, this.tenant.deviceId, events)
  }

  /** Somebody in Berlin chooses how to be told. */
  async choose(patch: PreferencesPatch, personId = this.tenant.personId): Promise<void> {
    const at = this.now()
    const changed = { personId, patch: { timeZone: 'Europe/Berlin', ...patch }, at }
    await changePreferences(this.db, changed, ({ rules, timeZone = 'UTC' }) =>
      rules.digest ? nextDigest(at, rules.digest, timeZone) : undefined,
    )
  }

  /** Begins a print and shares its printer with somebody who chose this. Returns who. */
  async addGuest(patch: PreferencesPatch): Promise<string> {
    await this.ingest(this.happens('print.started', { job: 'vase.gcode' }))
    const { personId } = await makeTenant(this.db)
    const { printerId } = this.#story
    await this.db.printerGrant.create({ data: { personId, printerId, role: 'operator' } })
    await this.choose(patch, personId)
    return personId
  }

  async addBrowser(): Promise<void> {
    const { personId } = this.tenant
    const endpoint = `https://push.example.org/${personId}`
    const data = { id: randomUUID(), personId, endpoint, p256dh: '', auth: '' }
    await this.db.pushSubscription.create({ data })
  }

  /** Sends all that is due now; the titles. */
  async send(): Promise<string[]> {
    this.sent.length = 0
    const email = {
      send: async (outgoing: Outgoing, { personId }: { personId: string }) => {
        this.sent.push({ to: personId, outgoing })
        return 'taken'
      },
    }
    const context = {
      ...this.telling,
      log: pino({ level: 'silent' }),
      notifiers: { email, push: email },
      signAct: () => '',
      readPicture: async () => undefined,
    }
    const inFlight = new InFlight(() => {})
    for (let round = 0; round < 5; round++) {
      await sendDue(context, inFlight, new AbortController().signal)
      await inFlight.settled()
    }
    return this.sent.map(({ outgoing }) => outgoing.message.title)
  }

  /** A person's notifications, the oldest first. */
  async rows(personId = this.tenant.personId) {
    return this.db.notification.findMany({
      where: { personId },
      orderBy: [{ createdAt: 'asc' }, { channel: 'asc' }],
    })
  }

  /** What they tell and how they stand. */
  async kinds(personId?: string): Promise<string[]> {
    return (await this.rows(personId)).map(({ kind, status }) => `${kind} ${status}`)
  }
}
