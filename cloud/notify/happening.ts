import type { DeviceEvent } from '@layerwatch/shared/events.ts'
import type { Topic } from '@layerwatch/shared/notify-rules.ts'
import type { PrinterRow } from '../db/printers.ts'
import type { Outcome } from '../projections.ts'
import type { StoredEpisode } from '../projections-incidents.ts'
import type { Message, Scene, Trouble } from './messages.ts'
import type { Notice } from './tell.ts'

/** An event that was just projected; its transaction is open. */
export interface Happening {
  event: DeviceEvent
  printer: PrinterRow
  outcome: Outcome
  receivedAt: Date
  canSendEmail: boolean
}

/** What is no alarm is not told once it is this old: a device back from a day offline does not ring all day. */
export const softFreshMs = 15 * 60_000

/** Whether it happened so lately. */
export function isFresh({ outcome, receivedAt }: Happening, withinMs = softFreshMs): boolean {
  return receivedAt.getTime() - outcome.at.getTime() <= withinMs
}

/** What is told of something that happened. */
export interface Telling<T extends Scene> {
  /** Absent for what nobody chooses. */
  topic?: Topic
  /** Writes the message. */
  write: (scene: T) => Message
  scene: T
  episode?: StoredEpisode
  notBefore?: Date
  /** Stands for the event where the same may be told by several. */
  eventId?: string
}

/** A notice of what happened, for `tell`. */
export function noticeOf<T extends Scene>(happening: Happening, telling: Telling<T>): Notice {
  const { event, printer, receivedAt, canSendEmail } = happening
  const { topic, write, scene, episode, notBefore = receivedAt, eventId = event.id } = telling
  return {
    eventId,
    organisationId: printer.organisationId,
    printerId: printer.id,
    topic,
    messageIn: (timeZone) => write({ ...scene, timeZone }),
    incidentId: episode?.incidentId,
    snapshotId: episode?.snapshotId,
    canBeAnswered: episode !== undefined && topic !== 'suspected',
    canSendEmail,
    notBefore,
    at: receivedAt,
  }
}

/** Where and when it happened. */
export function sceneOf({ event, printer, outcome }: Happening): Scene {
  return {
    printerId: printer.id,
    printerName: printer.name,
    job: outcome.print?.job,
    layer: 'layer' in event.data ? event.data.layer : (outcome.print?.layer ?? undefined),
    at: outcome.at,
  }
}

/** The episode it belongs to. */
export function troubleOf(happening: Happening, episode: StoredEpisode): Trouble {
  const { incidentId, defect, beganAtLayer, layer } = episode
  return { ...sceneOf(happening), incidentId, defect, beganAtLayer, layer }
}
