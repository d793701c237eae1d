import { Channel } from '@layerwatch/shared/notify.ts'
import { visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Recipient } from './notifications.ts'

/** What quiet hours held back of one way to one person, the oldest first. */
export interface HeldNotice {
  id: string
  organisationId: string
  title: string
  path: string
  printerName: string
  createdAt: Date
}

/** Somebody whose quiet hours are over and who has something to be told; undefined where there is nobody. */
export async function findAwake(db: Db, now: Date): Promise<string | undefined> {
  const row = await db.notification.findFirst({
    where: { status: 'held', nextTryAt: { lte: now } },
    orderBy: { nextTryAt: 'asc' },
    select: { personId: true },
  })
  return row?.personId
}

/** Keeps every other cloud from gathering for this person until the transaction ends. */
export async function lockGathering(tx: Tx, personId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(72707371, hashtext(${personId}))`
}

/** What one way to one person is to be told now. */
export interface HeldGroup {
  recipient: Recipient
  /** Without what is of printers that this person may no longer see. */
  held: HeldNotice[]
  /** All that is over with it. */
  ids: string[]
}

/** What was held back and is to be told to a person now, by channel and browser. */
export async function findHeld(tx: Tx, personId: string, now: Date): Promise<HeldGroup[]> {
  const rows = await tx.notification.findMany({
    where: { personId, status: 'held', nextTryAt: { lte: now } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  const printers = await tx.printer.findMany({
    where: { id: { in: rows.flatMap(({ printerId }) => printerId ?? []) }, ...visiblePrinter(personId) },
    select: { id: true, name: true },
  })
  const names = new Map(printers.map(({ id, name }) => [id, name]))
  const ways = Map.groupBy(rows, ({ channel, target }) => `${channel} ${target}`)
  return [...ways.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const recipient = { personId, channel: Channel.parse(first.channel), target: first.target }
    const held = group.flatMap(({ id, organisationId, title, path, printerId, createdAt }) => {
      const printerName = names.get(printerId ?? '')
      return printerName === undefined ? [] : [{ id, organisationId, title, path, printerName, createdAt }]
    })
    return [{ recipient, held, ids: group.map(({ id }) => id) }]
  })
}

/** They were told in a summary. */
export async function setSummed(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.notification.updateMany({
    where: { id: { in: [...ids] } },
    data: { status: 'summed', outcome: 'told in a summary' },
  })
}

/** A person's quiet hours changed: what they held back is told now. */
export async function releaseHeld(db: Db, personId: string, now: Date): Promise<void> {
  await db.notification.updateMany({
    where: { personId, status: 'held', nextTryAt: { gt: now } },
    data: { nextTryAt: now },
  })
}

/** When the next held notice is to be told; undefined where none is held. */
export async function findNextAwake(db: Db): Promise<Date | undefined> {
  const row = await db.notification.findFirst({
    where: { status: 'held' },
    orderBy: { nextTryAt: 'asc' },
    select: { nextTryAt: true },
  })
  return row?.nextTryAt
}
