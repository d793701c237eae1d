import { Channel } from '@layerwatch/shared/notify.ts'
import type { NoticeKind } from '@layerwatch/shared/push.ts'
import type { Message } from '../notify/messages.ts'
import { findViewers } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'

export type NotificationRow = Prisma.NotificationModel

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
  /** One of the person's browsers by the id of its subscription, where the channel is push; else empty. */
  target: string
}

/** Everybody who may see a printer, on each channel they can be reached by. */
export async function findRecipients(
  tx: Tx,
  { printerId, channels }: { printerId: string; channels: readonly Channel[] },
): Promise<Recipient[]> {
  const people = await findViewers(tx, printerId)
  const browsers = await tx.pushSubscription.findMany({
    where: { personId: { in: people } },
    select: { id: true, personId: true },
  })
  const contacts = await tx.contact.findMany({
    where: { personId: { in: people }, kind: { in: [...channels] } },
    select: { personId: true, kind: true },
  })
  const onContacts = contacts.map(({ personId, kind }): Recipient => {
    return { personId, channel: Channel.parse(kind), target: '' }
  })
  const onPush = browsers.map(({ id, personId }): Recipient => ({ personId, channel: 'push', target: id }))
  const byMail = people.map((personId): Recipient => ({ personId, channel: 'email', target: '' }))
  return [...byMail, ...onPush, ...onContacts].filter(({ channel }) => channels.includes(channel))
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
    select: { personId: true, channel: true, target: true },
  })
  return rows.map((row) => ({ ...row, channel: Channel.parse(row.channel) }))
}

/** A notification with whom it goes to. */
export type NotificationToSend = NotificationRow & { person: { email: string; name: string } }

/** Which notifications a worker takes now. */
export interface Claim {
  now: Date
  /** When they come back unless their outcome is recorded before, should this process die. */
  retryAt: Date
  limit: number
  /** Most of one person's, so that one whose services hang keeps nobody waiting. */
  limitPerPerson: number
  /** People whose notifications are passed over: enough of theirs are under way. */
  busyPeople: readonly string[]
}

/**
 * Takes notifications that are due for this worker: each counts one try more and comes back at `retryAt`.
 * Others' are passed over.
 */
export async function claimDue(db: Db, claim: Claim): Promise<NotificationToSend[]> {
  const { now, retryAt, limit, limitPerPerson, busyPeople } = claim
  return db.$transaction(async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT one."id" FROM "Notification" one JOIN (
        SELECT "id", row_number() OVER (PARTITION BY "personId" ORDER BY "nextTryAt", "id") AS "place"
        FROM "Notification"
        WHERE "status" = 'pending' AND "nextTryAt" <= ${now} AND NOT ("personId" = ANY(${busyPeople}))
      ) due ON due."id" = one."id"
      WHERE due."place" <= ${limitPerPerson} AND one."status" = 'pending' AND one."nextTryAt" <= ${now}
      ORDER BY one."nextTryAt" LIMIT ${limit} FOR UPDATE OF one SKIP LOCKED`
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

/** When the next notification is due, of those that are not due before `from`; undefined where none waits. */
export async function findNextDue(db: Db, from?: Date): Promise<Date | undefined> {
  const row = await db.notification.findFirst({
    where: { status: 'pending', ...(from && { nextTryAt: { gt: from } }) },
    orderBy: { nextTryAt: 'asc' },
    select: { nextTryAt: true },
  })
  return row?.nextTryAt
}

/** What an act of a notification is about. */
export interface ActTarget {
  /** Whom the notification went to. */
  person: { id: string; name: string }
  incidentId: string
  printerId: string
  printId: string
  printerName: string
  job: string
  /** The notification's first words. */
  title: string
  /** When it was sent, or made where that is not known yet. */
  sentAt: Date
}

/** What a notification's acts are about; undefined where it is gone or is about no incident. */
export async function findActTarget(db: Db, notificationId: string): Promise<ActTarget | undefined> {
  const row = await db.notification.findUnique({
    where: { id: notificationId },
    select: {
      incidentId: true,
      title: true,
      sentAt: true,
      createdAt: true,
      person: { select: { id: true, name: true } },
    },
  })
  if (!row?.incidentId) return undefined
  const incident = await db.incident.findUnique({
    where: { id: row.incidentId },
    select: {
      printerId: true,
      printId: true,
      printer: { select: { name: true } },
      print: { select: { job: true } },
    },
  })
  if (!incident) return undefined
  const { printerId, printId, printer, print } = incident
  const { person, incidentId, title } = row
  const sentAt = row.sentAt ?? row.createdAt
  const about = { printerName: printer.name, job: print.job }
  return { person, incidentId, printerId, printId, ...about, title, sentAt }
}
