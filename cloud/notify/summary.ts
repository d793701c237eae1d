import { randomUUID } from 'node:crypto'
import type { Db } from '../db/client.ts'
import {
  findAwake,
  findHeld,
  findNextAwake,
  type HeldNotice,
  lockGathering,
  setSummed,
} from '../db/held-notifications.ts'
import { insertNotifications } from '../db/notifications.ts'
import { findPreferencesOf } from '../db/preferences.ts'
import { ownTimeZone } from './hours.ts'
import { hour, type Message, oneLine } from './messages.ts'

/* What quiet hours held back is told in one message when they end. */

/** What telling later works with. */
export interface LaterContext {
  db: Db
  now: () => Date
  /** Called after notifications were queued. */
  onNotifications: () => void
}

const longestWaitMs = 30_000
/** People served in one round at most; the rest follow in the next. */
const mostPeople = 200

/**
 * Queues a summary for everybody whose quiet hours are over: one for each channel and browser, written in the
 * transaction that closes what it sums up. Returns the milliseconds until the next look.
 */
export async function tellSummaries(context: LaterContext, signal: AbortSignal): Promise<number> {
  const { db, now, onNotifications } = context
  for (let people = 0; people < mostPeople && !signal.aborted; people++) {
    const personId = await findAwake(db, now())
    if (personId === undefined) break
    if ((await sumUp(context, personId)) > 0) onNotifications()
  }
  const next = await findNextAwake(db)
  if (!next) return longestWaitMs
  return Math.min(longestWaitMs, Math.max(0, next.getTime() - now().getTime()))
}

async function sumUp({ db, now }: LaterContext, personId: string): Promise<number> {
  return db.$transaction(async (tx) => {
    await lockGathering(tx, personId)
    const { timeZone = ownTimeZone() } = await findPreferencesOf(tx, personId)
    let queued = 0
    for (const { recipient, held, ids } of await findHeld(tx, personId, now())) {
      await setSummed(tx, ids)
      const [first] = held
      if (!first) continue
      const message = summaryMessage(held, timeZone)
      const notice = { ...recipient, message, dueAt: now(), isHeld: false, ifUnanswered: false }
      const about = { eventId: randomUUID(), organisationId: first.organisationId }
      queued += await insertNotifications(tx, about, { notices: [notice], newId: randomUUID, at: now() })
    }
    return queued
  })
}

/** More than so many lines nobody reads; the page has the rest. */
const mostLines = 10

/** All that was held back, in its order. */
export function summaryMessage(
  held: readonly Pick<HeldNotice, 'title' | 'path' | 'printerName' | 'createdAt'>[],
  timeZone: string,
): Message {
  const lines = held.slice(0, mostLines).map((one) => lineOf(one, timeZone))
  const more = held.length - lines.length
  const paths = new Set(held.map(({ path }) => path))
  const [path = '/'] = paths
  return {
    kind: 'summary',
    title:
      held.length === 1
        ? 'Told now, held back by your quiet hours'
        : `${held.length} messages held back by your quiet hours`,
    body: [...lines, ...(more > 0 ? [`And ${more} more on the page.`] : [])].join('\n'),
    path: paths.size === 1 ? path : '/',
  }
}

/** A title, with the hour and the printer that it does not say itself. */
function lineOf(
  { title, printerName, createdAt }: Pick<HeldNotice, 'title' | 'printerName' | 'createdAt'>,
  timeZone: string,
): string {
  const name = oneLine(printerName)
  const where = title.includes(name) ? '' : `, ${name}`
  const when = /\d\d:\d\d/.test(title) ? '' : `, ${hour({ at: createdAt, timeZone })}`
  return `${title}${where}${when}.`
}
