import { randomUUID } from 'node:crypto'
import type { DeviceEvent, EventData } from '@layerwatch/shared/events.ts'
import { Channel } from '@layerwatch/shared/notify.ts'
import { z } from 'zod'
import type { Tx } from '../db/client.ts'
import { findRecentEvents, hasLaterEvent } from '../db/events.ts'
import {
  deleteWaiting,
  findNoticesOfIncident,
  findRecipients,
  findRecipientsOfEvent,
  insertNotifications,
  type Notice,
  rewordWaiting,
} from '../db/notifications.ts'
import type { PrinterRow } from '../db/printers.ts'
import type { Outcome } from '../projections.ts'
import type { StoredEpisode } from '../projections-incidents.ts'
import {
  confirmedMessage,
  finishedMessage,
  lostMessage,
  type Message,
  pausedMessage,
  pauseFailedMessage,
  restoredMessage,
  type Scene,
  selftestMessage,
  suspectedMessage,
  type Trouble,
  viewLostMessage,
  viewRestoredMessage,
} from './messages.ts'
import {
  fallbackMessage,
  heaterFailedMessage,
  heaterWarningMessage,
  stillMovingMessage,
} from './pause-messages.ts'
import { tellSensor } from './sensor-messages.ts'

/** An event that was just projected; its transaction is open. */
export interface Happening {
  event: DeviceEvent
  printer: PrinterRow
  outcome: Outcome
  receivedAt: Date
  canSendEmail: boolean
}

/** A suspicion is no reason for a mail. */
const withoutMail = Channel.options.filter((channel) => channel !== 'email')
/** How long a confirmed failure waits for word of its pause, so that one message tells both. */
const waitForPauseMs = 10_000
/** What is no alarm is not told once it is this old: a device back from a day offline does not ring all day. */
const softFreshMs = 15 * 60_000
const finishedFreshMs = 24 * 3600_000

/** Queues what an event has people told, in its own transaction. Returns how many rows were written. */
export async function enqueueNotifications(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  switch (event.type) {
    case 'defect.suspected':
    case 'defect.confirmed':
    case 'printer.paused':
    case 'pause.failed':
      return enqueueTrouble(tx, happening)
    case 'pause.checked':
    case 'fallback.used':
      return enqueueSequel(tx, happening)
    case 'heater.warned':
    case 'heater.switched':
      return enqueueHeater(tx, happening)
    case 'sensor.tripped':
    case 'sensor.cleared':
    case 'sensor.failed':
      return enqueueSensor(tx, happening)
    case 'print.finished':
      return enqueueFinished(tx, happening, event.data)
    case 'camera.lost':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'camera.restored' })
    case 'printer.lost':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'printer.restored' })
    case 'detector.failed':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'detector.restored' })
    case 'view.lost':
      return enqueueViewLost(tx, happening, event.data)
    case 'camera.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'camera.lost' })
    case 'printer.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'printer.lost' })
    case 'detector.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'detector.failed' })
    case 'view.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'view.lost' })
    case 'selftest.finished':
      // Who asked for it waits for it; long after, it would only puzzle.
      if (!isFresh(happening, softFreshMs)) return 0
      return insert(tx, happening, selftestMessage({ ...sceneOf(happening), ...event.data }))
    default:
      return 0
  }
}

/** One message tells an episode's suspicion and one its pause, whichever of its events comes first. */
async function enqueueTrouble(tx: Tx, happening: Happening): Promise<number> {
  const { event, outcome, receivedAt } = happening
  const { episode } = outcome
  if (!episode) return enqueueSensor(tx, happening)
  const { incidentId } = episode
  const told = await findNoticesOfIncident(tx, incidentId)
  const isTold = (...kinds: string[]) => told.some((notice) => kinds.includes(notice.kind))
  const trouble = troubleOf(happening, episode)
  if (event.type === 'defect.suspected') {
    const isOver = episode.status === 'resolved' || episode.severity === 'confirmed'
    if (isOver || isTold('suspected', 'confirmed', 'paused') || !isFresh(happening, softFreshMs)) return 0
    return insert(tx, happening, suspectedMessage(trouble), { channels: withoutMail, episode })
  }
  if (event.type === 'pause.failed' || (event.type === 'defect.confirmed' && episode.pause === 'failed')) {
    if (isTold('pause-failed', 'paused') || episode.pause === 'confirmed') return 0
    await deleteWaiting(tx, { incidentId, kind: 'confirmed' })
    const reason = event.type === 'pause.failed' ? event.data.reason : 'the printer did not pause'
    return insert(tx, happening, pauseFailedMessage({ ...trouble, reason }), { episode })
  }
  if (episode.severity !== 'confirmed' || isTold('paused')) return 0
  if (episode.pause === 'confirmed') {
    const by = episode.steps.findLast((step) => step.kind === 'paused')?.actor ?? 'layerwatch'
    const message = pausedMessage({ ...trouble, by })
    const reworded = await rewordWaiting(tx, { incidentId, kind: 'confirmed' }, { message, at: receivedAt })
    if (reworded > 0 || isTold('confirmed')) return reworded
    return insert(tx, happening, message, { episode })
  }
  if (isTold('confirmed')) return 0
  const isPauseSent = episode.pause === 'sent'
  const notBefore = new Date(receivedAt.getTime() + waitForPauseMs)
  return insert(tx, happening, confirmedMessage({ ...trouble, isPauseSent }), { episode, notBefore })
}

/** What must be heard after a pause: a printer that goes on all the same, and what became of its end by other means. */
async function enqueueSequel(tx: Tx, happening: Happening): Promise<number> {
  const { event, outcome } = happening
  const { episode } = outcome
  if (!episode || !isFresh(happening, softFreshMs)) return 0
  const trouble = troubleOf(happening, episode)
  if (event.type === 'fallback.used')
    return insert(tx, happening, fallbackMessage({ ...trouble, ...event.data }), { episode })
  if (event.type !== 'pause.checked' || event.data.picture !== 'moving') return 0
  return insert(tx, happening, stillMovingMessage(trouble), { episode })
}

/** What a person must know of the heaters of a printer that stands paused, whoever had it paused. */
async function enqueueHeater(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  if (!isFresh(happening, softFreshMs)) return 0
  const scene = sceneOf(happening)
  if (event.type === 'heater.warned')
    return insert(tx, happening, heaterWarningMessage({ ...scene, ...event.data }))
  if (event.type !== 'heater.switched' || event.data.result === 'off') return 0
  return insert(tx, happening, heaterFailedMessage({ ...scene, ...event.data }))
}

async function enqueueSensor(tx: Tx, happening: Happening): Promise<number> {
  const scene = { ...sceneOf(happening), isNews: isFresh(happening, softFreshMs) }
  const told = tellSensor(happening.event, scene)
  if (!told) return 0
  return insert(tx, happening, told.message, told.isQuiet ? { channels: withoutMail } : {})
}

async function enqueueFinished(
  tx: Tx,
  happening: Happening,
  data: EventData<'print.finished'>,
): Promise<number> {
  // Somebody stopped it, and knows.
  if (data.outcome === 'cancelled' || !isFresh(happening, finishedFreshMs)) return 0
  return insert(tx, happening, finishedMessage({ ...sceneOf(happening), outcome: data.outcome }))
}

/** Told while something prints; a loss whose end is known already is not. */
async function enqueueLost(
  tx: Tx,
  happening: Happening,
  data: EventData<'camera.lost'> & { restoredType: string },
): Promise<number> {
  const { event, printer, outcome } = happening
  if (!event.printId || !outcome.isCurrent || !isFresh(happening, softFreshMs)) return 0
  const { stream, seq } = event
  const place = { deviceId: printer.deviceId, printerId: printer.id, stream, seq }
  if (await hasLaterEvent(tx, { ...place, types: [data.restoredType] })) return 0
  return insert(tx, happening, lostMessage({ ...sceneOf(happening), reason: data.reason }))
}

/** The print is still watched: no reason for a mail. */
async function enqueueViewLost(tx: Tx, happening: Happening, data: EventData<'view.lost'>): Promise<number> {
  const { event, outcome } = happening
  if (!event.printId || !outcome.isCurrent || !isFresh(happening, softFreshMs)) return 0
  const message = viewLostMessage({ ...sceneOf(happening), ...data })
  return insert(tx, happening, message, { channels: withoutMail })
}

/** Only who was told of the loss is told of its end; a loss not told of yet is not told of at all. */
async function enqueueRestored(
  tx: Tx,
  happening: Happening,
  data: EventData<'camera.restored'> & { lostType: string; camera?: string },
): Promise<number> {
  const { event, printer } = happening
  const { camera } = data
  const types = [data.lostType]
  const place = { deviceId: printer.deviceId, printerId: printer.id, stream: event.stream }
  const losses = await findRecentEvents(tx, { ...place, types, limit: 20 })
  const loss = losses.findLast((one) => one.seq < BigInt(event.seq) && cameraOf(one.data) === camera)
  if (!loss) return 0
  await deleteWaiting(tx, { eventId: loss.id })
  const recipients = await findRecipientsOfEvent(tx, { eventId: loss.id, printerId: printer.id })
  const scene = { ...sceneOf(happening), ...data }
  const message = camera === undefined ? restoredMessage(scene) : viewRestoredMessage({ ...scene, camera })
  return insertNotifications(tx, noticeOf(happening, message, {}), {
    recipients,
    newId: randomUUID,
    at: happening.receivedAt,
  })
}

interface Extras {
  channels?: readonly Channel[]
  episode?: StoredEpisode
  notBefore?: Date
}

async function insert(tx: Tx, happening: Happening, message: Message, extras: Extras = {}): Promise<number> {
  const notice = noticeOf(happening, message, extras)
  const { id: printerId } = happening.printer
  const recipients = await findRecipients(tx, { printerId, channels: notice.channels })
  return insertNotifications(tx, notice, { recipients, newId: randomUUID, at: happening.receivedAt })
}

function noticeOf(happening: Happening, message: Message, extras: Extras): Notice {
  const { channels = Channel.options, episode, notBefore = happening.receivedAt } = extras
  return {
    message,
    channels: happening.canSendEmail ? channels : channels.filter((channel) => channel !== 'email'),
    eventId: happening.event.id,
    organisationId: happening.printer.organisationId,
    incidentId: episode?.incidentId,
    snapshotId: episode?.snapshotId,
    notBefore,
  }
}

/** Which of a printer's cameras an event is about, where it is about one. */
function cameraOf(data: unknown): string | undefined {
  return z.object({ camera: z.string() }).safeParse(data).data?.camera
}

function isFresh({ outcome, receivedAt }: Happening, withinMs: number): boolean {
  return receivedAt.getTime() - outcome.at.getTime() <= withinMs
}

function sceneOf({ event, printer, outcome }: Happening): Scene {
  return {
    printerId: printer.id,
    printerName: printer.name,
    job: outcome.print?.job,
    layer: 'layer' in event.data ? event.data.layer : (outcome.print?.layer ?? undefined),
    at: outcome.at,
  }
}

function troubleOf(happening: Happening, episode: StoredEpisode): Trouble {
  const { incidentId, defect, beganAtLayer, layer } = episode
  return { ...sceneOf(happening), incidentId, defect, beganAtLayer, layer }
}
