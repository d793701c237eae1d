import type { NoticeKind } from '@layerwatch/shared/push.ts'
import type { Message } from '../notify/messages.ts'
import { findViewers } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'

export type NotificationRow = Prisma.NotificationModel
export type Channel = 'email' | 'push'

/** One message to everybody who may see a printer. */
export interface Notice {
  message: Message
  channels: readonly Channel[]
  eventId: string
  organisationId: string
  incidentId?: string | undefined
  /** The picture that goes with it. */
  snapshotId?: string | undefined
  /** Not sent before. */
  notBefore: Date
}

/** Somebody to tell, and how. */
export interface Recipient {
  personId: string
  channel: Channel
}

/** Everybody who may see a printer, on each channel they can be reached by. */
export async function findRecipients(
  tx: Tx,
  { printerId, channels }: { printerId: string; channels: readonly Channel[] },
): Promise<Recipient[]> {
  const people = await findViewers(tx, printerId)
  const subscribed = await tx.pushSubscription.findMany({
    where: { personId: { in: people } },
    select: { personId: true },
    distinct: ['personId'],
  })
  const hasBrowser = new Set(subscribed.map((row) => row.personId))
  return people.flatMap((personId) =>
    channels
      .filter((channel) => channel === 'email' || hasBrowser.has(personId))
      .map((channel) => ({ personId, channel })),
  )
}

/** Queues a notice for its recipients; returns how many rows are new. */
export async function insertNotifications(
  tx: Db | Tx,
  { message, eventId, organisationId, incidentId, snapshotId, notBefore }: Notice,
  { recipients, newId, at }: { recipients: readonly Recipient[]; newId: () => string; at: Date },
): Promise<number> {
  const { count } = await tx.notification.createMany({
    data: recipients.map((recipient) => ({
      id: newId(),
      organisationId,
      ...recipient,
      ...message,
      eventId,
      incidentId: incidentId ?? null,
      snapshotId: snapshotId ?? null,
      nextTryAt: notBefore,
      createdAt: at,
    })),
    skipDuplicates: true,
  })
  return count
}

/** Kinds of the notices an incident has, and whether each still waits. */
export async function findNoticesOfIncident(
  tx: Tx,
  incidentId: string,
): Promise<{ kind: string; isWaiting: boolean }[]> {
  const rows = await tx.notification.findMany({
    where: { incidentId },
    select: { kind: true, status: true, tries: true },
  })
  return rows.map((row) => ({ kind: row.kind, isWaiting: row.status === 'pending' && row.tries === 0 }))
}

/** Gives an incident's notices of a kind that still wait new words, to be sent now. Returns how many. */
export async function rewordWaiting(
  tx: Tx,
  { incidentId, kind }: { incidentId: string; kind: NoticeKind },
  { message, at }: { message: Message; at: Date },
): Promise<number> {
  const { count } = await tx.notification.updateMany({
    where: { incidentId, kind, status: 'pending', tries: 0 },
    data: { ...message, nextTryAt: at },
  })
  return count
}

/** Takes back notices that still wait. */
export async function deleteWaiting(
  tx: Tx,
  where: { incidentId: string; kind: NoticeKind } | { eventId: string },
): Promise<number> {
  const { count } = await tx.notification.deleteMany({ where: { ...where, status: 'pending', tries: 0 } })
  return count
}

/** Who was told of an event of a printer and may still see it. */
export async function findRecipientsOfEvent(
  tx: Tx,
  { eventId, printerId }: { eventId: string; printerId: string },
): Promise<Recipient[]> {
  const viewers = await findViewers(tx, printerId)
  const rows = await tx.notification.findMany({
    where: { eventId, status: { not: 'failed' }, personId: { in: viewers } },
    select: { personId: true, channel: true },
  })
  return rows.map(({ personId, channel }) => ({ personId, channel: channel === 'email' ? 'email' : 'push' }))
}

/** A notification with whom it goes to. */
export type NotificationToSend = NotificationRow & { person: { email: string; name: string } }

/**
 * Takes notifications that are due for this worker: each counts one try more and comes back at `retryAt`
 * unless its outcome is recorded before, should this process die. Others' are passed over.
 */
export async function claimDue(
  db: Db,
  { now, retryAt, limit }: { now: Date; retryAt: Date; limit: number },
): Promise<NotificationToSend[]> {
  return db.$transaction(async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "Notification"
      WHERE "status" = 'pending' AND "nextTryAt" <= ${now}
      ORDER BY "nextTryAt" LIMIT ${limit} FOR UPDATE SKIP LOCKED`
    const where = { id: { in: due.map((row) => row.id) } }
    if (due.length === 0) return []
    await tx.notification.updateMany({ where, data: { tries: { increment: 1 }, nextTryAt: retryAt } })
    return tx.notification.findMany({
      where,
      include: { person: { select: { email: true, name: true } } },
      orderBy: { createdAt: 'asc' },
    })
  })
}

/** Records how a try ended. */
export async function recordOutcome(
  db: Db,
  id: string,
  data:
    | { status: 'sent'; outcome: string; sentAt: Date }
    | { status: 'failed'; outcome: string }
    | { status: 'pending'; outcome: string; nextTryAt: Date }
    | { status: 'pending'; nextTryAt: Date; tries: number },
): Promise<void> {
  await db.notification.updateMany({ where: { id }, data })
}

/** When the next notification is due; undefined where none waits. */
export async function findNextDue(db: Db): Promise<Date | undefined> {
  const row = await db.notification.findFirst({
    where: { status: 'pending' },
    orderBy: { nextTryAt: 'asc' },
    select: { nextTryAt: true },
  })
  return row?.nextTryAt
}
