import { randomUUID } from 'node:crypto'
import type { DigestPlan } from '@layerwatch/shared/notify-rules.ts'
import type { Tx } from '../db/client.ts'
import {
  findNextDigestDue,
  findPrinterDigests,
  type PrinterDigest,
  setNextDigest,
  takeDueDigest,
} from '../db/digests.ts'
import { findRecipients, insertNotifications } from '../db/notifications.ts'
import { organisationOf } from '../db/people.ts'
import { findPreferencesOf } from '../db/preferences.ts'
import { nextDigest, ownTimeZone } from './hours.ts'
import { type Message, oneLine } from './messages.ts'
import type { LaterContext } from './summary.ts'

/* A look back at a day or a week, at the hour a person chose. */

/** What telling digests works with. */
export interface DigestContext extends LaterContext {
  canSendEmail: boolean
}

const longestWaitMs = 60_000
/** People served in one round at most; the rest follow in the next. */
const mostPeople = 200

/**
 * Queues every digest that is due, in the transaction that says when the next one is. Returns the milliseconds
 * until the next look.
 */
export async function tellDigests(context: DigestContext, signal: AbortSignal): Promise<number> {
  const { db, now, onNotifications } = context
  for (let people = 0; people < mostPeople && !signal.aborted; people++) {
    const queued = await db.$transaction((tx) => tellOne(tx, context))
    if (queued === undefined) break
    if (queued > 0) onNotifications()
  }
  const next = await findNextDigestDue(db)
  if (!next) return longestWaitMs
  return Math.min(longestWaitMs, Math.max(0, next.getTime() - now().getTime()))
}

/** @returns how many rows were queued; undefined where no digest is due. */
async function tellOne(tx: Tx, { now, canSendEmail }: DigestContext): Promise<number | undefined> {
  const at = now()
  const due = await takeDueDigest(tx, at)
  if (!due) return undefined
  const { personId, from, dueAt } = due
  const { rules, timeZone = ownTimeZone() } = await findPreferencesOf(tx, personId)
  const { digest } = rules
  // A cloud that was away for days tells once; the next digest looks back to where this one ends.
  const next = digest && nextDigest(at, digest, timeZone)
  await setNextDigest(tx, personId, { dueAt: next, from: dueAt })
  const printers = digest ? await findPrinterDigests(tx, personId, { from, to: dueAt }) : []
  if (!digest || printers.length === 0) return 0
  const recipients = await findRecipients(tx, { people: [personId], canSendEmail })
  const message = digestMessage(printers, digest)
  const notices = recipients
    .filter(({ channel }) => digest.channels.includes(channel))
    .map((recipient) => ({ ...recipient, message, dueAt: at, isHeld: false, ifUnanswered: false }))
  const { organisationId } = await organisationOf(tx, personId)
  return insertNotifications(
    tx,
    { eventId: randomUUID(), organisationId },
    { notices, newId: randomUUID, at },
  )
}

/** More printers than so many nobody reads; the page has the rest. */
const mostPrinters = 15

/** A line for each printer, the sum in the title. */
export function digestMessage(
  printers: readonly PrinterDigest[],
  { every }: Pick<DigestPlan, 'every'>,
): Message {
  const total = (field: 'finished' | 'failures') => printers.reduce((sum, one) => sum + one[field], 0)
  const failures = total('failures')
  const found = failures === 0 ? 'no failure found' : `${counted(failures, 'failure')} found`
  const lines = printers.slice(0, mostPrinters).map(lineOf)
  const more = printers.length - lines.length
  return {
    kind: 'digest',
    title: `Your ${every}: ${counted(total('finished'), 'print')} finished, ${found}`,
    body: [...lines, ...(more > 0 ? [`And ${counted(more, 'more printer')}.`] : [])].join('\n'),
    path: '/history',
  }
}

function lineOf(one: PrinterDigest): string {
  const alarms = one.falseAlarms === 0 ? '' : `, ${counted(one.falseAlarms, 'false alarm')} among them`
  const parts = [
    `${one.finished} finished`,
    ...(one.failed > 0 ? [`${one.failed} failed`] : []),
    ...(one.stopped > 0 ? [`${one.stopped} stopped`] : []),
    `${Math.round(one.hours)} h`,
    ...(one.failures > 0 ? [`${counted(one.failures, 'failure')} found${alarms}`] : []),
  ]
  return `${oneLine(one.printerName)}: ${parts.join(', ')}.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
