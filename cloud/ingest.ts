import { ProtocolError, RejectedError } from '@layerwatch/shared/errors.ts'
import { type Envelope, type ParsedEvent, parseEvent } from '@layerwatch/shared/events.ts'
import { DeviceStatus } from '@layerwatch/shared/status.ts'
import type { Logger } from 'pino'
import type { Change } from './changes.ts'
import type { Db, Tx } from './db/client.ts'
import { findEventDevice, insertEvent, isUnstorable } from './db/events.ts'
import { type DeviceRow, findActiveDevice, lockOwnPrinter } from './db/printers.ts'
import type { Verdict } from './mqtt.ts'
import { enqueueNotifications } from './notify/enqueue.ts'
import { enqueueProgress } from './notify/progress.ts'
import { enqueueAnswering } from './notify/silence.ts'
import type { Presence } from './presence.ts'
import { type Outcome, project } from './projections.ts'
import { applyStatus } from './projections-status.ts'

/** What ingest works with. */
export interface IngestContext {
  db: Db
  log: Logger
  presence: Presence
  now: () => Date
  /** Whether e-mail is set up: else none is queued. */
  canSendEmail: boolean
  /** Called after a commit with what it changed. */
  onChanges: (changes: readonly Change[]) => void
  /** Called after a commit that queued notifications. */
  onNotifications: () => void
}

/** Longest time a transaction may take, waiting for the printer's row included. */
const transactionLimits = { maxWait: 10_000, timeout: 20_000 }

/**
 * Stores one event and all that follows from it in one transaction. Resolves after the commit.
 * @param json the payload, parsed as JSON.
 * @throws whatever makes storing it impossible just now: no receipt is sent and the device sends it again.
 */
export async function ingestEvent(
  context: IngestContext,
  { deviceId, json }: { deviceId: string; json: unknown },
): Promise<Verdict> {
  const parsed = parseEvent(json)
  if (parsed.kind === 'rejected') return reject(parsed.id, parsed.reason)
  const envelope: Envelope = parsed.kind === 'known' ? parsed.event : parsed.envelope
  if (holdsUnstorableText(json)) return reject(envelope.id, 'holds text that cannot be stored')
  try {
    const { result, changes, queued } = await context.db.$transaction(
      (tx) => storeEvent(context, { tx, deviceId, parsed, envelope }),
      transactionLimits,
    )
    if (changes.length > 0) context.onChanges(changes)
    if (queued > 0) context.onNotifications()
    return { id: envelope.id, result }
  } catch (error) {
    if (error instanceof RejectedError) return reject(envelope.id, error.message)
    if (!isUnstorable(error)) throw error
    context.log.error({ err: error, deviceId, eventId: envelope.id }, 'event cannot be stored')
    return reject(envelope.id, 'cannot be stored')
  }
}

function reject(id: string | undefined, reason: string): Verdict {
  return { result: 'rejected', reason, ...(id !== undefined && { id }) }
}

interface Storing {
  tx: Tx
  deviceId: string
  parsed: Exclude<ParsedEvent, { kind: 'rejected' }>
  envelope: Envelope
}

interface Stored {
  result: 'stored' | 'duplicate'
  changes: Change[]
  queued: number
}

async function storeEvent(
  context: IngestContext,
  { tx, deviceId, parsed, envelope }: Storing,
): Promise<Stored> {
  const device = await requireDevice(tx, deviceId)
  const receivedAt = context.now()
  const { printerId } = envelope
  const printer = printerId && (await lockOwnPrinter(tx, device, { printerId, at: receivedAt }))
  if (printerId && !printer) throw new RejectedError('the printer is another device’s')
  const origin = { deviceId, organisationId: device.organisationId, receivedAt }
  if (!(await insertEvent(tx, envelope, origin))) {
    const owner = await findEventDevice(tx, envelope.id)
    if (owner !== undefined && owner !== deviceId) throw new RejectedError('the id is another device’s')
    return { result: 'duplicate', changes: [], queued: 0 }
  }
  if (parsed.kind === 'unknown' || !printer) return { result: 'stored', changes: [], queued: 0 }
  const outcome: Outcome = await project({ tx, device, printer, event: parsed.event, receivedAt })
  const queued = await enqueueNotifications(tx, {
    event: parsed.event,
    printer,
    outcome,
    receivedAt,
    canSendEmail: context.canSendEmail,
  })
  return { result: 'stored', changes: outcome.changes, queued }
}

async function requireDevice(tx: Tx, deviceId: string): Promise<DeviceRow> {
  const device = await findActiveDevice(tx, deviceId)
  if (!device) throw new RejectedError('the device is not paired')
  return device
}

/**
 * Applies a device's status: whether it is there, and what its printers are doing now. A last will only says
 * that the connection ended.
 * @param json the payload, parsed as JSON.
 * @param heardMs when it came in, on the clock of `presence`.
 * @throws ProtocolError where it is no status, RejectedError where the device is not paired or was removed.
 */
export async function ingestStatus(
  context: IngestContext,
  { deviceId, json, heardMs }: { deviceId: string; json: unknown; heardMs: number },
): Promise<void> {
  const parsed = DeviceStatus.safeParse(json)
  if (!parsed.success) throw new ProtocolError('no status', { cause: parsed.error })
  const status = parsed.data
  if (holdsUnstorableText(status)) throw new RejectedError('holds text that cannot be stored')
  const { canSendEmail } = context
  const { applied, queued } = await context.db.$transaction(async (tx) => {
    const device = await requireDevice(tx, deviceId)
    const heardAt = context.now()
    const applied = await applyStatus(tx, { device, status, heardAt })
    const isHeard = status.online && applied.isNewest
    const { printerIds } = applied
    const heard = { before: device.heardAt, at: heardAt }
    const answering = isHeard ? await enqueueAnswering(tx, { printerIds, canSendEmail, heard }) : 0
    const progress = await enqueueProgress(tx, applied.strides, { at: heardAt, canSendEmail })
    return { applied, queued: answering + progress }
  }, transactionLimits)
  if (queued > 0) context.onNotifications()
  if (applied.foreignPrinterIds.length > 0) {
    context.log.warn({ deviceId, printerIds: applied.foreignPrinterIds }, 'device names printers of another')
  }
  if (!status.online) context.presence.lose(deviceId, status.boot)
  else if (applied.isNewest) context.presence.hear(deviceId, status, heardMs)
  context.onChanges(applied.printerIds.map((printerId) => ({ kind: 'printer', printerId })))
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair, which JSON can spell. */
function holdsUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed()
  if (value === null || typeof value !== 'object') return false
  return Object.entries(value).some(([key, field]) => holdsUnstorableText(key) || holdsUnstorableText(field))
}
