import type { EventData } from '@layerwatch/shared/events.ts'
import { z } from 'zod'
import { findViewers } from '../db/access.ts'
import type { Tx } from '../db/client.ts'
import { findRecentEvents, hasLaterEvent } from '../db/events.ts'
import { deleteWaiting, findRecipientsOfEvent } from '../db/notifications.ts'
import { type Happening, isFresh, noticeOf, sceneOf } from './happening.ts'
import {
  lightFailedMessage,
  lostMessage,
  restoredMessage,
  viewLostMessage,
  viewRestoredMessage,
} from './messages.ts'
import { tell, tellEnd } from './tell.ts'

/** Queues word of what nobody watches any more, and of its end. */
export async function enqueueWatch(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  switch (event.type) {
    case 'camera.lost':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'camera.restored' })
    case 'printer.lost':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'printer.restored' })
    case 'detector.failed':
      return enqueueLost(tx, happening, { ...event.data, restoredType: 'detector.restored' })
    case 'view.lost':
      return enqueueViewLost(tx, happening, event.data)
    case 'light.failed':
      return enqueueLightFailed(tx, happening, event.data)
    case 'camera.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'camera.lost' })
    case 'printer.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'printer.lost' })
    case 'detector.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'detector.failed' })
    case 'view.restored':
      return enqueueRestored(tx, happening, { ...event.data, lostType: 'view.lost' })
    default:
      return 0
  }
}

/** Told while something prints; a loss whose end is known already is not. */
async function enqueueLost(
  tx: Tx,
  happening: Happening,
  data: EventData<'camera.lost'> & { restoredType: string },
): Promise<number> {
  const { event, printer, outcome } = happening
  if (!event.printId || !outcome.isCurrent || !isFresh(happening)) return 0
  const { stream, seq } = event
  const place = { deviceId: printer.deviceId, printerId: printer.id, stream, seq }
  if (await hasLaterEvent(tx, { ...place, types: [data.restoredType] })) return 0
  const scene = { ...sceneOf(happening), reason: data.reason }
  return tell(tx, noticeOf(happening, { topic: 'lost', write: lostMessage, scene }))
}

/** The print is still watched. */
async function enqueueViewLost(tx: Tx, happening: Happening, data: EventData<'view.lost'>): Promise<number> {
  const { event, outcome } = happening
  if (!event.printId || !outcome.isCurrent || !isFresh(happening)) return 0
  const scene = { ...sceneOf(happening), ...data }
  return tell(tx, noticeOf(happening, { topic: 'view', write: viewLostMessage, scene }))
}

/** It is watched all the same, if in the dark; who is told of a camera that sees nothing is told of this too. */
async function enqueueLightFailed(
  tx: Tx,
  happening: Happening,
  data: EventData<'light.failed'>,
): Promise<number> {
  const { event, outcome } = happening
  // Off is tried when the print is over.
  const isOfUse = data.to === 'off' || event.printId !== undefined
  if (!isOfUse || !outcome.isCurrent || !isFresh(happening)) return 0
  const scene = { ...sceneOf(happening), ...data }
  return tell(tx, noticeOf(happening, { topic: 'view', write: lightFailedMessage, scene }))
}

/**
 * Only who was told of the loss is told of its end; a loss that waits to be sent is not told of at all. One that
 * quiet hours hold back is told with its end.
 */
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
  const people = await findViewers(tx, printer.id)
  const recipients = await findRecipientsOfEvent(tx, { eventId: loss.id, people })
  const scene = { ...sceneOf(happening), ...data }
  const notice =
    camera === undefined
      ? noticeOf(happening, { topic: 'lost', write: restoredMessage, scene })
      : noticeOf(happening, { topic: 'view', write: viewRestoredMessage, scene: { ...scene, camera } })
  return tellEnd(tx, notice, recipients)
}

/** Which of a printer's cameras an event is about, where it is about one. */
function cameraOf(data: unknown): string | undefined {
  return z.object({ camera: z.string() }).safeParse(data).data?.camera
}
