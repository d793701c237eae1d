import { randomUUID, sign } from 'node:crypto'
import type { CommandRequest, CommandView } from '@layerwatch/shared/api.ts'
import {
  acceptedForMs,
  type Command,
  CommandAction,
  finishedWithinMs,
  type SignedCommand,
  signedText,
} from '@layerwatch/shared/commands.ts'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import type { Logger } from 'pino'
import type { Change } from './changes.ts'
import { findRole } from './db/access.ts'
import type { Db } from './db/client.ts'
import {
  type CommandRow,
  closeCommand,
  findCommandByKey,
  findOpenCommands,
  insertCommand,
  viewCommand,
} from './db/commands.ts'
import { findPrinter, type PrinterRow } from './db/printers.ts'
import type { Keys } from './keys.ts'
import type { Presence } from './presence.ts'

/** What commands work with. */
export interface CommandContext {
  db: Db
  log: Logger
  presence: Presence
  keys: Keys['commands']
  publish: (topic: string, payload: string) => Promise<void>
  now: () => Date
  onChanges: (changes: readonly Change[]) => void
}

/** Who asks. */
export interface Issuer {
  personId: string
  name: string
}

/** Why nothing was sent. */
export type Refusal =
  | 'unknown-printer'
  | 'not-allowed'
  | 'device-absent'
  | 'not-possible'
  | 'not-printing'
  | 'other-print'
  | 'no-picture'
  | 'key-reused'

export type Issued = { command: CommandView } | { refusal: Refusal }

/**
 * Sends one command to the device that is there now; nothing waits for one that is not. The same key gives
 * the same command again.
 * @throws UnavailableError where the broker did not take it; the command is settled as failed.
 */
export async function issueCommand(
  context: CommandContext,
  issuer: Issuer,
  asked: { printerId: string; request: CommandRequest; idempotencyKey: string },
): Promise<Issued> {
  const { db, presence } = context
  const { printerId, request, idempotencyKey } = asked
  const role = await findRole(db, issuer.personId, printerId)
  if (!role) return { refusal: 'unknown-printer' }
  const earlier = await findCommandByKey(db, issuer.personId, idempotencyKey)
  if (earlier) return again(earlier, asked)
  if (role === 'viewer') return { refusal: 'not-allowed' }
  const printer = await findPrinter(db, issuer.personId, printerId)
  if (!printer) return { refusal: 'unknown-printer' }
  const run = presence.runOf(printer.deviceId)
  if (!run) return { refusal: 'device-absent' }
  const refusal = refusalOf(printer, request)
  if (refusal) return { refusal }
  const { action, printId, snapshotId } = request
  const command: Command = {
    id: randomUUID(),
    deviceId: printer.deviceId,
    printerId,
    action,
    issuer,
    boot: run.boot,
    notAfterUptimeMs: run.uptimeMs + acceptedForMs[action],
    ...(printId !== undefined && action !== 'snapshot' && action !== 'untune' && { printId }),
    ...(snapshotId !== undefined && action === 'resume' && { snapshotId }),
  }
  const { row, isNew } = await insertCommand(
    db,
    rowOf(command, printer, { idempotencyKey, at: context.now() }),
  )
  if (!isNew) return again(row, asked)
  await publishOrFail(context, command, row)
  context.onChanges([{ kind: 'command', printerId, commandId: row.id }])
  return { command: viewCommand(row) }
}

/** The same key asks for the same thing, or for nothing. */
function again(row: CommandRow, asked: { printerId: string; request: CommandRequest }): Issued {
  const isSame = row.printerId === asked.printerId && row.action === asked.request.action
  return isSame ? { command: viewCommand(row) } : { refusal: 'key-reused' }
}

const endedStates = ['idle', 'finished', 'cancelled']

function refusalOf(printer: PrinterRow, request: CommandRequest): Refusal | undefined {
  const { action, printId, snapshotId } = request
  if (action === 'snapshot' || action === 'untune') return undefined
  if (!printer.actions.includes(action)) return 'not-possible'
  if (!printer.printId || endedStates.includes(printer.state)) return 'not-printing'
  if (printId !== printer.printId) return 'other-print'
  return action === 'resume' && snapshotId === undefined ? 'no-picture' : undefined
}

function rowOf(command: Command, printer: PrinterRow, more: { idempotencyKey: string; at: Date }) {
  const { id, deviceId, printerId, action, issuer, boot, notAfterUptimeMs } = command
  return {
    id,
    organisationId: printer.organisationId,
    deviceId,
    printerId,
    printId: command.printId ?? null,
    action,
    personId: issuer.personId,
    personName: issuer.name,
    idempotencyKey: more.idempotencyKey,
    status: 'sent',
    boot,
    notAfterUptimeMs,
    snapshotId: command.snapshotId ?? null,
    issuedAt: more.at,
  }
}

async function publishOrFail(context: CommandContext, command: Command, row: CommandRow): Promise<void> {
  try {
    await publishSigned(context, command)
  } catch (cause) {
    const reason = 'the broker did not take it'
    await closeCommand(context.db, row, { status: 'failed', reason, finishedAt: context.now() })
    throw new UnavailableError('command not published', { cause })
  }
}

/** Signs a command and gives it to the broker. @throws UnavailableError where that does not take it. */
export async function publishSigned(
  context: Pick<CommandContext, 'keys' | 'publish'>,
  command: Command,
): Promise<void> {
  const { keyId, privateKey } = context.keys
  const signature = sign(null, Buffer.from(signedText(command)), privateKey).toString('base64')
  const signed: SignedCommand = { command, keyId, signature }
  await context.publish(deviceTopic(command.deviceId, 'commands'), JSON.stringify(signed))
}

/**
 * Renews a viewer's lease. It moves nothing and comes every few seconds, so no row is kept of it. Nothing is
 * sent to a device that is not there.
 */
export async function renewLease(
  context: Pick<CommandContext, 'presence' | 'keys' | 'publish'>,
  issuer: Issuer,
  { printerId, deviceId }: { printerId: string; deviceId: string },
): Promise<void> {
  const run = context.presence.runOf(deviceId)
  if (!run) return
  await publishSigned(context, {
    id: randomUUID(),
    deviceId,
    printerId,
    action: 'live',
    issuer,
    boot: run.boot,
    notAfterUptimeMs: run.uptimeMs + acceptedForMs.live,
  })
}

/** A command that was accepted in time is heard of this much later at most, on a slow way back. */
const travelMs = 5_000
const longestWaitMs = 30_000

/**
 * Settles commands nobody answered: not accepted in time is expired, not finished in time is failed. What is
 * due is in the database, so a restart settles it too.
 * @returns milliseconds until the next one can be due.
 */
export async function settleCommands(
  context: Pick<CommandContext, 'db' | 'now' | 'onChanges'>,
): Promise<number> {
  const { db, onChanges } = context
  const now = context.now()
  let waitMs = longestWaitMs
  for (const row of await findOpenCommands(db)) {
    const leftMs = deadlineOf(row) - now.getTime()
    if (leftMs > 0) {
      waitMs = Math.min(waitMs, leftMs)
      continue
    }
    const outcome =
      row.status === 'sent'
        ? { status: 'expired' as const, reason: 'the device did not take it in time' }
        : { status: 'failed' as const, reason: 'the device did not say how it ended' }
    const isClosed = await closeCommand(db, row, { ...outcome, finishedAt: now })
    if (isClosed) onChanges([{ kind: 'command', printerId: row.printerId, commandId: row.id }])
  }
  return waitMs
}

function deadlineOf(row: CommandRow): number {
  if (row.status === 'accepted') return (row.acceptedAt ?? row.issuedAt).getTime() + finishedWithinMs
  const action = CommandAction.safeParse(row.action)
  return row.issuedAt.getTime() + acceptedForMs[action.data ?? 'pause'] + travelMs
}
