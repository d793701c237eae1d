import { Channel } from '@layerwatch/shared/notify.ts'
import type { Topic } from '@layerwatch/shared/notify-rules.ts'
import type { NoticeKind } from '@layerwatch/shared/push.ts'
import type { Message } from '../notify/messages.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'

export type NotificationRow = Prisma.NotificationModel

/** Somebody to tell, and how. */
export interface Recipient {
  personId: string
  channel: Channel
  /** One of the person's browsers by the id of its subscription, where the channel is push; else empty. */
  target: string
}

/** People on each channel they can be reached by, in the order of `people`. */
export async function findRecipients(
  tx: Tx,
  { people, canSendEmail }: { people: readonly string[]; canSendEmail: boolean },
): Promise<Recipient[]> {
  const where = { personId: { in: [...people] } }
  const browsers = await tx.pushSubscription.findMany({ where, select: { id: true, personId: true } })
  const contacts = await tx.contact.findMany({ where, select: { personId: true, kind: true } })
  return people.flatMap((personId): Recipient[] => {
    const isOwn = (row: { personId: string }) => row.personId === personId
    return [
      ...(canSendEmail ? [{ personId, channel: 'email' as const, target: '' }] : []),
      ...browsers.filter(isOwn).map(({ id }) => ({ personId, channel: 'push' as const, target: id })),
      ...contacts.filter(isOwn).map(({ kind }) => ({ personId, channel: Channel.parse(kind), target: '' })),
    ]
  })
}

/** One message on one way to one person, as it is queued. */
export interface QueuedNotice extends Recipient {
  message: Message
  /** Not sent before. */
  dueAt: Date
  /** Told in a summary when it is due. */
  isHeld: boolean
  /** Sent only where nobody acted on its incident. */
  ifUnanswered: boolean
}

/** What a notice is about, whoever is told. */
export interface NoticeOrigin {
  eventId: string
  organisationId: string
  topic?: Topic | undefined
  printerId?: string | undefined
  incidentId?: string | undefined
  /** The picture that goes with it. */
  snapshotId?: string | undefined
}

/** Queues a notice; returns how many rows are new. */
export async function insertNotifications(
  tx: Db | Tx,
  { eventId, organisationId, topic, printerId, incidentId, snapshotId }: NoticeOrigin,
  { notices, newId, at }: { notices: readonly QueuedNotice[]; newId: () => string; at: Date },
): Promise<number> {
  const { count } = await tx.notification.createMany({
    data: notices.map(({ message, dueAt, isHeld, ...recipient }) => ({
      id: newId(),
      organisationId,
      ...recipient,
      ...message,
      topic: topic ?? '',
      eventId,
      printerId: printerId ?? null,
      incidentId: incidentId ?? null,
      snapshotId: snapshotId ?? null,
      status: isHeld ? 'held' : 'pending',
      nextTryAt: dueAt,
      createdAt: at,
    })),
    skipDuplicates: true,
  })
  return count
}

/** Who was told what of an incident. */
export async function findNoticesOfIncident(
  tx: Tx,
  incidentId: string,
): Promise<{ kind: string; personId: string; channel: string; target: string }[]> {
  const select = { kind: true, personId: true, channel: true, target: true }
  return tx.notification.findMany({ where: { incidentId }, select })
}

/** Notices of an incident that nobody was told yet: waiting to be due, or held by quiet hours. */
export interface WaitingNotice extends Recipient {
  id: string
  nextTryAt: Date
  isHeld: boolean
  ifUnanswered: boolean
}

/** An incident's notices of a kind that were not sent yet. */
export async function findWaiting(
  tx: Tx,
  { incidentId, kind }: { incidentId: string; kind: NoticeKind },
): Promise<WaitingNotice[]> {
  const rows = await tx.notification.findMany({
    where: { incidentId, kind, OR: [{ status: 'pending', tries: 0 }, { status: 'held' }] },
  })
  return rows.map((row) => {
    const { id, personId, target, nextTryAt, ifUnanswered, status } = row
    const channel = Channel.parse(row.channel)
    return { id, personId, channel, target, nextTryAt, ifUnanswered, isHeld: status === 'held' }
  })
}

/** Gives a notice that still waits new words. Returns whether it still waited. */
export async function rewordNotice(
  tx: Tx,
  id: string,
  { message, nextTryAt }: { message: Message; nextTryAt: Date },
): Promise<boolean> {
  const where = { id, status: { in: ['pending', 'held'] }, tries: 0 }
  return (await tx.notification.updateMany({ where, data: { ...message, nextTryAt } })).count > 0
}

/** Takes back notices that still wait. */
export async function deleteWaiting(
  tx: Tx,
  where: { id: { in: string[] } } | { eventId: string },
): Promise<void> {
  await tx.notification.deleteMany({
    where: {
      ...where,
      OR: [{ status: 'pending', tries: 0 }, ...('id' in where ? [{ status: 'held' }] : [])],
    },
  })
}

/** Who was told of an event, or will be, among some people. */
export async function findRecipientsOfEvent(
  tx: Tx,
  { eventId, people }: { eventId: string; people: readonly string[] },
): Promise<Recipient[]> {
  const rows = await tx.notification.findMany({
    where: { eventId, status: { notIn: ['failed', 'dropped'] }, personId: { in: [...people] } },
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
    | { status: 'failed' | 'dropped'; outcome: string }
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
