import type { Envelope } from '@layerwatch/shared/events.ts'
import { z } from 'zod'
import type { Tx } from './client.ts'
import { Prisma } from './generated/client.ts'
import { toJson } from './json.ts'

/** One stored event, as the database has it. */
export type EventRow = Prisma.EventModel

/** Whose event it is and when it came. */
export interface EventOrigin {
  deviceId: string
  organisationId: string
  receivedAt: Date
}

/**
 * Stores an event unless its id, or its place in its device's stream, is taken.
 * @returns false for a duplicate, that of a transaction under way (which is waited for) included.
 */
export async function insertEvent(tx: Tx, envelope: Envelope, origin: EventOrigin): Promise<boolean> {
  const { id, type, stream, boot, clock, printerId, printId } = envelope
  const { count } = await tx.event.createMany({
    data: {
      id,
      ...origin,
      printerId: printerId ?? null,
      printId: printId ?? null,
      type,
      stream,
      seq: envelope.seq,
      boot,
      uptimeMs: envelope.uptimeMs,
      at: new Date(envelope.at),
      clock,
      data: toJson(envelope.data),
    },
    skipDuplicates: true,
  })
  return count === 1
}

/** The device an event id belongs to. */
export async function findEventDevice(tx: Tx, id: string): Promise<string | undefined> {
  const row = await tx.event.findUnique({ where: { id }, select: { deviceId: true } })
  return row?.deviceId
}

/** True where a printer has an event of this stream besides the one named. */
export async function hasEventOfStream(
  tx: Tx,
  { printerId, stream, besides }: { printerId: string; stream: string; besides: string },
): Promise<boolean> {
  const row = await tx.event.findFirst({
    where: { printerId, stream, id: { not: besides } },
    select: { id: true },
  })
  return row !== null
}

/** True where a device's stream holds an event of this run of the agent. */
export async function streamHasBoot(
  tx: Tx,
  { deviceId, stream, boot }: { deviceId: string; stream: string; boot: string },
): Promise<boolean> {
  const row = await tx.event.findFirst({ where: { deviceId, stream, boot }, select: { id: true } })
  return row !== null
}

/** True where the printer has a later event of one of these types in the same stream. */
export async function hasLaterEvent(
  tx: Tx,
  {
    deviceId,
    printerId,
    stream,
    seq,
    types,
  }: { deviceId: string; printerId: string; stream: string; seq: number; types: readonly string[] },
): Promise<boolean> {
  const row = await tx.event.findFirst({
    where: { deviceId, stream, printerId, seq: { gt: seq }, type: { in: [...types] } },
    select: { id: true },
  })
  return row !== null
}

/** A print's events of these types: streams as they were first heard of, each in its own order. */
export async function findPrintEvents(
  tx: Tx,
  printId: string,
  types: readonly string[],
): Promise<EventRow[]> {
  const rows = await tx.event.findMany({ where: { printId, type: { in: [...types] } } })
  const firstHeard = new Map<string, number>()
  for (const row of rows) {
    const heard = row.receivedAt.getTime()
    firstHeard.set(row.stream, Math.min(firstHeard.get(row.stream) ?? heard, heard))
  }
  const order = (row: EventRow) => firstHeard.get(row.stream) ?? 0
  return rows.sort((a, b) => order(a) - order(b) || compareText(a.stream, b.stream) || Number(a.seq - b.seq))
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** How far ahead of the cloud's clock a device's may be before it is not believed. */
const clockSlackMs = 5 * 60_000

/** When an event happened: by the device's clock where that is worth something, else when it was heard of. */
export function happenedAt({ at, clock, receivedAt }: Pick<EventRow, 'at' | 'clock' | 'receivedAt'>): Date {
  const isWorthSomething = clock === 'synced' && at.getTime() <= receivedAt.getTime() + clockSlackMs
  return isWorthSomething ? at : receivedAt
}

/** A printer's newest events of these types in one stream, oldest first. */
export async function findRecentEvents(
  tx: Tx,
  {
    deviceId,
    printerId,
    stream,
    types,
    limit,
  }: { deviceId: string; printerId: string; stream: string; types: readonly string[]; limit: number },
): Promise<EventRow[]> {
  const where = { deviceId, stream, printerId, type: { in: [...types] } }
  const rows = await tx.event.findMany({ where, orderBy: { seq: 'desc' }, take: limit })
  return rows.reverse()
}

/** PostgreSQL's own code behind an error, such as 22008, as the adapter passes it on. */
const DatabaseError = z.object({
  driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }),
})

/** True where the database understood a statement and will never take its values. */
export function isUnstorable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientValidationError) return true
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false
  // Too long, invalid, out of range, a number that does not fit.
  if (['P2000', 'P2005', 'P2006', 'P2007', 'P2020', 'P2023', 'P2033'].includes(error.code)) return true
  const meta = DatabaseError.safeParse(error.meta)
  // Class 22: data exception.
  return meta.success && meta.data.driverAdapterError.cause.originalCode.startsWith('22')
}
