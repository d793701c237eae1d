import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { DeviceEvent, EventData } from '@layerwatch/shared/events.ts'
import type { Change } from './changes.ts'
import type { Tx } from './db/client.ts'
import { settleCommand } from './db/commands.ts'
import { findRecentEvents, happenedAt, hasEventOfStream, hasLaterEvent, streamHasBoot } from './db/events.ts'
import { findIncidentIdsOfPrint } from './db/incidents.ts'
import { findLayer, putLayer } from './db/layers.ts'
import { setMarkKept } from './db/marks.ts'
import { type DeviceRow, type PrinterRow, updatePrinter } from './db/printers.ts'
import { endOtherPrints, ensurePrint, type PrintRow, updatePrint } from './db/prints.ts'
import { describeSnapshot, ensureSnapshot } from './db/snapshots.ts'
import { isIncidentEvent } from './incidents.ts'
import { refoldIncidents, type StoredEpisode } from './projections-incidents.ts'
import {
  foldPresent,
  keepsPause,
  type Present,
  presentEventOf,
  presentOf,
  presentTypes,
} from './projections-printer.ts'

/** One event of a printer on its way into the projections; the printer's row is held. */
export interface Arrival {
  tx: Tx
  device: DeviceRow
  printer: PrinterRow
  event: DeviceEvent
  receivedAt: Date
}

/** What an event did. */
export interface Outcome {
  changes: Change[]
  /** The episode this event belongs to. */
  episode?: StoredEpisode
  print?: PrintRow
  /** False for history: the device writes another stream by now. */
  isCurrent: boolean
  at: Date
}

/** Where an event stands in what is known of its printer. */
interface Place {
  at: Date
  /** Its stream is the one the device writes now: its events may change the present. */
  isCurrent: boolean
  /** Nothing later of its stream was applied. */
  isNext: boolean
}

/**
 * Applies one event to the printer, its print, layers, incidents, pictures and commands. Order is the
 * stream's, never that of arrival or of a clock.
 * @throws RejectedError where it names a print or picture of another printer or device.
 */
export async function project(arrival: Arrival): Promise<Outcome> {
  const { event, printer, receivedAt } = arrival
  const place: Place = {
    at: happenedAt({ at: new Date(event.at), clock: event.clock, receivedAt }),
    isCurrent: await isCurrentStream(arrival),
    isNext: printer.stream === event.stream ? BigInt(event.seq) > printer.seq : true,
  }
  const print = await projectPrint(arrival, place)
  if (place.isCurrent) await projectPresent(arrival, { ...place, print })
  const changes: Change[] = [{ kind: 'printer', printerId: printer.id }]
  changes.push(...(await projectRest(arrival, place, print)))
  const episode = await projectIncident(arrival, changes)
  return {
    changes,
    isCurrent: place.isCurrent,
    at: place.at,
    ...(episode && { episode }),
    ...(print && { print }),
  }
}

/**
 * A device writes one stream at a time, and a random id does not tell which is newer. The stream of the run
 * that is heard now is current; else the one that was first heard of last.
 */
async function isCurrentStream({ tx, device, printer, event }: Arrival): Promise<boolean> {
  if (printer.stream === null || printer.stream === event.stream) return true
  if (device.boot !== null) {
    if (event.boot === device.boot) return true
    const known = { deviceId: device.id, stream: printer.stream, boot: device.boot }
    if (await streamHasBoot(tx, known)) return false
  }
  const { id: besides, stream } = event
  return !(await hasEventOfStream(tx, { printerId: printer.id, stream, besides }))
}

/** The print's row, where the event names one: made if need be, and changed by what concerns it alone. */
async function projectPrint(
  { tx, printer, event }: Arrival,
  { at, isCurrent, isNext }: Place,
): Promise<PrintRow | undefined> {
  if (!event.printId) return undefined
  const { id: printerId, organisationId } = printer
  const job = event.type === 'print.started' ? event.data.job : 'Print'
  const stub = { id: event.printId, printerId, organisationId, job, startedAt: at }
  const print = await ensurePrint(tx, stub)
  if (!print) throw new RejectedError('the print is another printer’s')
  if (event.type === 'print.started') {
    const startedAt = print.startedAt < at ? print.startedAt : at
    const layers = event.data.layers ?? print.layers
    await updatePrint(tx, print.id, { job, startedAt, layers })
    if (isCurrent && isNext) await endOtherPrints(tx, { printerId, printId: print.id, at })
    return { ...print, job, startedAt, layers }
  }
  if (event.type === 'print.finished') {
    const { outcome } = event.data
    const layer = event.data.layer ?? print.layer
    await updatePrint(tx, print.id, { outcome, endedAt: at, layer })
    return { ...print, outcome, endedAt: at, layer }
  }
  if (event.type === 'layer.judged') {
    const layer = Math.max(event.data.layer, print.layer ?? 0)
    const layers = event.data.layers ?? print.layers
    await updatePrint(tx, print.id, { layer, layers })
    return { ...print, layer, layers }
  }
  return print
}

/** How far back a late event makes the present be folded anew. */
const refoldDepth = 100

async function projectPresent(
  arrival: Arrival,
  place: Place & { print: PrintRow | undefined },
): Promise<void> {
  const { tx, printer, event } = arrival
  const order = place.isNext ? { stream: event.stream, seq: event.seq } : {}
  const isPresent = presentTypes.some((type) => type === event.type)
  if (!isPresent && event.type !== 'layer.judged') {
    if (place.isNext) await updatePrinter(tx, printer.id, order)
    return
  }
  const next = isPresent ? await nextPresent(arrival, place) : presentOf(printer)
  await updatePrinter(tx, printer.id, { ...order, ...ownedByEvents(arrival, next, place.print) })
}

async function nextPresent({ tx, printer, event }: Arrival, { at, isNext }: Place): Promise<Present> {
  const own = presentEventOf({ ...event, printId: event.printId ?? null, happenedAt: at })
  if (isNext) return own ? foldPresent(presentOf(printer), own) : presentOf(printer)
  const rows = await findRecentEvents(tx, {
    deviceId: printer.deviceId,
    printerId: printer.id,
    stream: event.stream,
    types: presentTypes,
    limit: refoldDepth,
  })
  return rows
    .flatMap((row) => presentEventOf({ ...row, happenedAt: happenedAt(row) }) ?? [])
    .reduce(foldPresent, { ...presentOf(printer), pausedBy: null, pausedAt: null })
}

/** Columns an event may set: where a newer status was heard, only what a status does not say. */
function ownedByEvents({ printer, event }: Arrival, next: Present, print: PrintRow | undefined) {
  const isOlderThanStatus =
    printer.statusBoot !== null &&
    (event.boot !== printer.statusBoot || BigInt(event.uptimeMs) < printer.statusUptimeMs)
  if (isOlderThanStatus) {
    const isSamePause = printer.state === 'paused' && next.state === 'paused'
    return isSamePause ? { pausedBy: next.pausedBy, pausedAt: next.pausedAt } : {}
  }
  const { state, printId, pausedBy, pausedAt, watching } = next
  const isNewPrint = printId !== printer.printId
  return {
    state,
    printId,
    watching,
    ...(keepsPause(state) ? { pausedBy, pausedAt } : { pausedBy: null, pausedAt: null }),
    ...(isNewPrint && { layer: null, layers: null, progress: null, secondsLeft: null }),
    ...(print?.id === printId && { layer: print.layer, layers: print.layers }),
  }
}

async function isOvertaken({ tx, printer, event }: Arrival, types: readonly string[]): Promise<boolean> {
  const { stream, seq } = event
  return hasLaterEvent(tx, { deviceId: printer.deviceId, printerId: printer.id, stream, seq, types })
}

/** Layers, pictures and commands. */
async function projectRest(arrival: Arrival, place: Place, print: PrintRow | undefined): Promise<Change[]> {
  const { tx, device, printer, event } = arrival
  const printerId = printer.id
  if (event.type === 'layer.judged' && print) return projectLayer(arrival, place, event.data, print)
  if (event.type === 'snapshot.taken') await projectSnapshot(arrival, place, event.data)
  if (event.type === 'command.accepted' || event.type === 'command.finished') {
    // The cloud waits for the end by its own clock.
    const said =
      event.type === 'command.accepted'
        ? { kind: 'accepted' as const, at: arrival.receivedAt }
        : { kind: 'finished' as const, at: place.at, ...event.data }
    const { commandId } = event.data
    const command = await settleCommand(tx, { commandId, deviceId: device.id }, said)
    if (command?.printerId === printerId) return [{ kind: 'command', printerId, commandId }]
  }
  if (event.type === 'print.marked') {
    await setMarkKept(tx, { ...event.data, printerId })
    const incidentIds = await findIncidentIdsOfPrint(tx, event.data.printId, printerId)
    return incidentIds.map((incidentId) => ({ kind: 'incident', printerId, incidentId }))
  }
  if (event.type === 'printer.tuned') await projectLearned(arrival, place, event.data)
  return []
}

/** The newest word on what a printer learned holds; an older one that comes late does not. */
async function projectLearned(
  arrival: Arrival,
  { at, isCurrent, isNext }: Place,
  { words, canUndo }: EventData<'printer.tuned'>,
): Promise<void> {
  const isNewest = isCurrent && (isNext || !(await isOvertaken(arrival, ['printer.tuned'])))
  if (!isNewest) return
  const learned = { words, canUndo, at: at.toISOString() }
  await updatePrinter(arrival.tx, arrival.printer.id, { learned })
}

async function projectLayer(
  { tx, printer, event }: Arrival,
  { at, isCurrent }: Place,
  data: EventData<'layer.judged'>,
  print: PrintRow,
): Promise<Change[]> {
  const { stream, seq } = event
  const row = await findLayer(tx, print.id, data.layer)
  const isNewer = row?.stream === stream ? BigInt(seq) > row.seq : isCurrent
  if (row && !isNewer) return []
  await putLayer(tx, data, { printId: print.id, organisationId: printer.organisationId, at, stream, seq })
  return [{ kind: 'layer', printerId: printer.id, printId: print.id, layer: data.layer }]
}

async function projectSnapshot(
  arrival: Arrival,
  { at, isCurrent, isNext }: Place,
  data: EventData<'snapshot.taken'>,
): Promise<void> {
  const { tx, device, printer, event } = arrival
  const { id: deviceId, organisationId } = device
  const snapshot = await ensureSnapshot(tx, { id: data.snapshotId, deviceId, organisationId, at })
  if (!snapshot) throw new RejectedError('the picture is another device’s')
  await describeSnapshot(tx, data, { printerId: printer.id, printId: event.printId, at })
  const isNewest = isCurrent && (isNext || !(await isOvertaken(arrival, ['snapshot.taken'])))
  if (isNewest && data.purpose !== 'before')
    await updatePrinter(tx, printer.id, { snapshotId: data.snapshotId })
}

async function projectIncident(arrival: Arrival, changes: Change[]): Promise<StoredEpisode | undefined> {
  const { tx, printer, event } = arrival
  if (!isIncidentEvent(event) || !event.printId) return undefined
  const { id: printerId, organisationId } = printer
  const episodes = await refoldIncidents(tx, { organisationId, printerId, printId: event.printId })
  const episode = episodes.find((one) => one.steps.some((step) => step.eventId === event.id))
  if (episode) changes.push({ kind: 'incident', printerId, incidentId: episode.incidentId })
  return episode
}
