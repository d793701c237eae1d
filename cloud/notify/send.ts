import { randomUUID } from 'node:crypto'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { Channel } from '@layerwatch/shared/notify.ts'
import { NoticeKind } from '@layerwatch/shared/push.ts'
import type { Logger } from 'pino'
import type { Db } from '../db/client.ts'
import { findContacts } from '../db/contacts.ts'
import { isAnswered } from '../db/incidents.ts'
import { claimDue, findNextDue, type NotificationToSend, recordOutcome } from '../db/notifications.ts'
import { findPreferencesOf } from '../db/preferences.ts'
import { actHoldsForMs, actsOf, type OfferedAct } from './act-tokens.ts'
import type { InFlight } from './in-flight.ts'
import { testMessage } from './messages.ts'
import type { Notifier, Outgoing, Receiver } from './notifier.ts'

/** What the sender works with. */
export interface SendContext {
  db: Db
  log: Logger
  /** Channels that are set up. */
  notifiers: Partial<Record<Channel, Notifier>>
  now: () => Date
  /** Signs what a notification lets its reader do. */
  signAct: (offer: OfferedAct) => string
  /** A picture's bytes, if it came already and shows the printer of the incident. */
  readPicture: (asked: { snapshotId: string; incidentId: string | null }) => Promise<Buffer | undefined>
}

/** Under way at once are so many, and of one person's about so many: a service that hangs delays nobody else. */
const mostAtOnce = 32
const mostPerPerson = 4
/** Channels that show the incident's picture. */
const pictured: readonly Channel[] = ['email', 'ntfy', 'telegram', 'discord']
/** A claim comes back after this time should the process die; a try takes less. */
const claimMs = 60_000
const longestWaitMs = 30_000
/** A message waits this long for its picture, which may come after the event. */
const pictureWaitMs = 15_000
const pictureRetryMs = 1_500
/** Time until the next try, by tries made; then it is given up. */
const backOffMs = [5_000, 20_000, 60_000, 300_000, 900_000, 3600_000, 3 * 3600_000, 6 * 3600_000]

/**
 * Begins to send all notifications that are due; how each try ends is recorded. Several senders may run beside
 * each other; each notification is one's. What finds no room now waits for one that ends.
 * @returns milliseconds until the next one is due.
 */
export async function sendDue(
  context: SendContext,
  inFlight: InFlight,
  signal: AbortSignal,
): Promise<number> {
  const { db, now } = context
  while (!signal.aborted && inFlight.size < mostAtOnce) {
    const retryAt = new Date(now().getTime() + claimMs)
    const due = await claimDue(db, {
      now: now(),
      retryAt,
      limit: mostAtOnce - inFlight.size,
      limitPerPerson: mostPerPerson,
      busyPeople: inFlight.busyPeople(mostPerPerson),
    })
    if (due.length === 0) break
    for (const row of due) inFlight.add(row, () => sendOne(context, row, signal))
  }
  const next = await findNextDue(db, inFlight.size > 0 ? now() : undefined)
  if (!next) return longestWaitMs
  return Math.min(longestWaitMs, Math.max(0, next.getTime() - now().getTime()))
}

async function sendOne(context: SendContext, row: NotificationToSend, signal: AbortSignal): Promise<void> {
  try {
    await trySending(context, row, signal)
  } catch (err) {
    // The database is away: the claim runs out, and it is tried again.
    context.log.error({ err, notificationId: row.id }, 'outcome of a notification not recorded')
  }
}

async function trySending(context: SendContext, row: NotificationToSend, signal: AbortSignal): Promise<void> {
  const { db, log, now } = context
  const channel = Channel.parse(row.channel)
  const about = { notificationId: row.id, channel, kind: row.kind }
  if (row.ifUnanswered && row.incidentId && (await isAnswered(db, row.incidentId, row.createdAt))) {
    await recordOutcome(db, row.id, { status: 'dropped', outcome: 'somebody acted' })
    return
  }
  const notifier = context.notifiers[channel]
  if (!notifier) {
    await recordOutcome(db, row.id, { status: 'failed', outcome: 'the channel is not set up' })
    return
  }
  const isPictured = pictured.includes(channel)
  const picture = isPictured ? await pictureOf(context, row) : undefined
  const ageMs = now().getTime() - row.createdAt.getTime()
  if (isPictured && row.snapshotId && !picture && ageMs < pictureWaitMs) {
    const nextTryAt = new Date(now().getTime() + pictureRetryMs)
    await recordOutcome(db, row.id, { status: 'pending', nextTryAt, tries: row.tries - 1 })
    return
  }
  try {
    const outcome = await notifier.send(outgoingOf(context, row, picture), receiverOf(row), signal)
    await recordOutcome(db, row.id, { status: 'sent', outcome, sentAt: now() })
    log.info(about, 'notification sent')
  } catch (err) {
    // Ended from our side: the claim runs out and the next start sends it.
    if (signal.aborted) return
    await recordFailure(context, row, err)
    log.warn({ ...about, err, tries: row.tries }, 'notification not sent')
  }
}

/** A message matters more than its picture. */
async function pictureOf(
  { readPicture, log }: SendContext,
  { id, snapshotId, incidentId }: NotificationToSend,
): Promise<Buffer | undefined> {
  if (!snapshotId) return undefined
  try {
    return await readPicture({ snapshotId, incidentId })
  } catch (err) {
    log.warn({ err, notificationId: id, snapshotId }, 'picture of a notification not read')
    return undefined
  }
}

async function recordFailure(
  { db, now }: SendContext,
  row: NotificationToSend,
  error: unknown,
): Promise<void> {
  const outcome = error instanceof Error ? error.message.slice(0, 300) : 'failed'
  const delayMs = backOffMs[row.tries - 1]
  if (error instanceof RejectedError || delayMs === undefined) {
    await recordOutcome(db, row.id, { status: 'failed', outcome })
    return
  }
  const jitteredMs = delayMs * (0.8 + 0.4 * Math.random())
  const nextTryAt = new Date(now().getTime() + jitteredMs)
  await recordOutcome(db, row.id, { status: 'pending', outcome, nextTryAt })
}

function outgoingOf(
  { now, signAct }: Pick<SendContext, 'now' | 'signAct'>,
  row: NotificationToSend,
  picture: Buffer | undefined,
): Outgoing {
  const { id, title, body, path, createdAt, incidentId } = row
  const kind = NoticeKind.parse(row.kind)
  const expiresAt = new Date(now().getTime() + actHoldsForMs)
  const offered = incidentId === null ? [] : actsOf(kind)
  const acts = offered.map((act) => ({ act, token: signAct({ act, notificationId: id, expiresAt }) }))
  return {
    id,
    message: { kind, title, body, path },
    at: createdAt,
    tag: incidentId ?? path,
    ...(picture && { picture }),
    ...(acts.length > 0 && { acts }),
  }
}

function receiverOf({ personId, person, target }: NotificationToSend): Receiver {
  return { personId, name: person.name, email: person.email, ...(target && { target }) }
}

/** How a test went on one channel. */
export interface TestOutcome {
  channel: Channel
  result: 'sent' | 'failed' | 'off'
  detail: string
}

/**
 * Sends a real message to a person, now and without retry, and tells how it went.
 * @param asked.only the one channel to try; without it all that are set up, and e-mail and push in any case.
 */
export async function sendTest(
  context: Pick<SendContext, 'db' | 'notifiers' | 'now' | 'log'>,
  asked: { receiver: Receiver; only?: Channel | undefined },
  signal: AbortSignal,
): Promise<TestOutcome[]> {
  const { db, now } = context
  const contacts = asked.only ? [] : await findContacts(db, asked.receiver.personId)
  const { timeZone } = await findPreferencesOf(db, asked.receiver.personId)
  const all: Channel[] = ['email', 'push', ...contacts.map(({ kind }) => Channel.parse(kind))]
  const outgoing = { id: randomUUID(), message: testMessage({ at: now(), timeZone }), at: now(), tag: 'test' }
  const channels = asked.only ? [asked.only] : all
  return Promise.all(channels.map((channel) => testChannel(context, { channel, outgoing, ...asked }, signal)))
}

async function testChannel(
  { notifiers, log }: Pick<SendContext, 'notifiers' | 'log'>,
  { channel, outgoing, receiver }: { channel: Channel; outgoing: Outgoing; receiver: Receiver },
  signal: AbortSignal,
): Promise<TestOutcome> {
  const notifier = notifiers[channel]
  if (!notifier) return { channel, result: 'off', detail: 'not set up here' }
  try {
    return { channel, result: 'sent', detail: await notifier.send(outgoing, receiver, signal) }
  } catch (err) {
    log.warn({ err, channel }, 'test notification not sent')
    if (signal.aborted) return { channel, result: 'failed', detail: 'no answer within 8 s' }
    return { channel, result: 'failed', detail: err instanceof Error ? err.message : 'failed' }
  }
}
