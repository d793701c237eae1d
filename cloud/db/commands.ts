import { CommandView } from '@layerwatch/shared/api.ts'
import { visiblePrinter } from './access.ts'
import { type Db, isDuplicate, type Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { instant, withoutNulls } from './json.ts'

export type CommandRow = Prisma.CommandModel

/** Stores a command; where this person used the key before, that command instead. */
export async function insertCommand(
  db: Db,
  command: Prisma.CommandUncheckedCreateInput,
): Promise<{ row: CommandRow; isNew: boolean }> {
  try {
    return { row: await db.command.create({ data: command }), isNew: true }
  } catch (error) {
    if (!isDuplicate(error)) throw error
    const row = await findCommandByKey(db, command.personId, command.idempotencyKey)
    if (!row) throw error
    return { row, isNew: false }
  }
}

/** What a person asked for with this key before. */
export async function findCommandByKey(
  db: Db,
  personId: string,
  idempotencyKey: string,
): Promise<CommandRow | undefined> {
  const where = { personId_idempotencyKey: { personId, idempotencyKey } }
  return (await db.command.findUnique({ where })) ?? undefined
}

/** A command of a printer the person may see. */
export async function findCommand(db: Db, personId: string, id: string): Promise<CommandView | undefined> {
  const row = await db.command.findUnique({ where: { id } })
  if (!row) return undefined
  const printer = await db.printer.findFirst({
    where: { id: row.printerId, ...visiblePrinter(personId) },
    select: { id: true },
  })
  return printer ? viewCommand(row) : undefined
}

/** Commands by id; the caller checks who may see them. */
export async function findCommandsToView(db: Db, ids: readonly string[]): Promise<CommandView[]> {
  const rows = await db.command.findMany({ where: { id: { in: [...ids] } } })
  return rows.map(viewCommand)
}

/** What the agent said of a command it took; its word outranks what the cloud settled meanwhile. */
export async function settleCommand(
  tx: Tx,
  { commandId, deviceId }: { commandId: string; deviceId: string },
  said:
    | { kind: 'accepted'; at: Date }
    | {
        kind: 'finished'
        at: Date
        result: string
        reason?: string | undefined
        snapshotId?: string | undefined
      },
): Promise<CommandRow | undefined> {
  const where = { id: commandId, deviceId }
  if (said.kind === 'accepted') {
    await tx.command.updateMany({ where, data: { acceptedAt: said.at } })
    // One that already finished stays so: the two may come in either order.
    const unfinished = { ...where, status: { in: ['sent', 'expired'] } }
    await tx.command.updateMany({
      where: unfinished,
      data: { status: 'accepted', reason: null, finishedAt: null },
    })
  } else {
    const { result, at } = said
    const snapshot = said.snapshotId === undefined ? {} : { snapshotId: said.snapshotId }
    const data = { status: result, reason: said.reason ?? null, finishedAt: at, ...snapshot }
    await tx.command.updateMany({ where, data })
  }
  return (await tx.command.findFirst({ where })) ?? undefined
}

/** Commands that are under way, oldest first. */
export async function findOpenCommands(db: Db): Promise<CommandRow[]> {
  const where = { status: { in: ['sent', 'accepted'] } }
  return db.command.findMany({ where, orderBy: { issuedAt: 'asc' }, take: 1000 })
}

/** Settles a command that is still in `status`; false where it moved on meanwhile. */
export async function closeCommand(
  db: Db,
  { id, status }: Pick<CommandRow, 'id' | 'status'>,
  data: { status: 'expired' | 'failed'; reason: string; finishedAt: Date },
): Promise<boolean> {
  const { count } = await db.command.updateMany({ where: { id, status }, data })
  return count === 1
}

/** The persons' commands of a print that reached its printer, oldest first: who paused, resumed, stopped it. */
export async function findPrintCommands(tx: Tx, printId: string): Promise<CommandRow[]> {
  const where = { printId, status: { in: ['sent', 'accepted', 'done'] } }
  return tx.command.findMany({ where, orderBy: { issuedAt: 'asc' } })
}

/** A command as the page reads it. */
export function viewCommand(row: CommandRow): CommandView {
  const { id, printerId, action, status, reason, snapshotId, personName } = row
  return CommandView.parse(
    withoutNulls({
      id,
      printerId,
      action,
      status,
      reason,
      snapshotId,
      personName,
      issuedAt: instant(row.issuedAt),
      finishedAt: row.finishedAt && instant(row.finishedAt),
    }),
  )
}
