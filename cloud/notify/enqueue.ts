import type { Tx } from '../db/client.ts'
import {
  deleteWaiting,
  findNoticesOfIncident,
  findRecipientsOfEvent,
  findWaiting,
  type Recipient,
} from '../db/notifications.ts'
import { enqueuePrint } from './enqueue-print.ts'
import { enqueueWatch } from './enqueue-watch.ts'
import { type Happening, isFresh, noticeOf, sceneOf, troubleOf } from './happening.ts'
import {
  confirmedMessage,
  pausedMessage,
  pauseFailedMessage,
  selftestMessage,
  suspectedMessage,
} from './messages.ts'
import {
  careFailedMessage,
  fallbackMessage,
  heaterFailedMessage,
  heaterWarningMessage,
  stillMovingMessage,
} from './pause-messages.ts'
import { tellSensor } from './sensor-messages.ts'
import { reword, tell } from './tell.ts'

/** How long a confirmed failure waits for word of its pause, so that one message tells both. */
const waitForPauseMs = 10_000

/** Queues what an event has people told, in its own transaction. Returns how many rows were written. */
export async function enqueueNotifications(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  switch (event.type) {
    case 'defect.suspected':
    case 'defect.confirmed':
    case 'pause.failed':
      return enqueueTrouble(tx, happening)
    case 'printer.paused': {
      const queued = await enqueueTrouble(tx, happening)
      return queued + (await enqueuePrint(tx, happening))
    }
    case 'pause.checked':
    case 'fallback.used':
      return enqueueSequel(tx, happening)
    case 'heater.warned':
    case 'heater.switched':
    case 'care.failed':
      return enqueueHeater(tx, happening)
    case 'sensor.tripped':
    case 'sensor.cleared':
    case 'sensor.failed':
      return enqueueSensor(tx, happening)
    case 'selftest.finished': {
      // Who asked for it waits for it; long after, it would only puzzle.
      if (!isFresh(happening)) return 0
      const scene = { ...sceneOf(happening), ...event.data }
      return tell(tx, noticeOf(happening, { write: selftestMessage, scene }))
    }
    default:
      return (await enqueuePrint(tx, happening)) + (await enqueueWatch(tx, happening))
  }
}

/**
 * One message tells an episode's suspicion and one its pause, whichever of its events comes first. Who wants one
 * of them and not the other is told that one.
 */
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
    if (isOver || isTold('suspected', 'confirmed', 'paused') || !isFresh(happening)) return 0
    const telling = { topic: 'suspected', write: suspectedMessage, scene: trouble, episode } as const
    return tell(tx, noticeOf(happening, telling))
  }
  if (event.type === 'pause.failed' || (event.type === 'defect.confirmed' && episode.pause === 'failed')) {
    if (isTold('pause-failed', 'paused') || episode.pause === 'confirmed') return 0
    const reason = event.type === 'pause.failed' ? event.data.reason : 'the printer did not pause'
    const scene = { ...trouble, reason }
    const telling = { topic: 'pause-failed', write: pauseFailedMessage, scene, episode } as const
    const queued = await tell(tx, noticeOf(happening, telling))
    await takeBackConfirmed(tx, { incidentId, eventId: event.id })
    return queued
  }
  if (episode.severity !== 'confirmed' || isTold('paused')) return 0
  const untold = (recipient: Recipient) => {
    return !told.some((notice) => notice.kind === 'confirmed' && isSame(notice, recipient))
  }
  if (episode.pause === 'confirmed') {
    const by = episode.steps.findLast((step) => step.kind === 'paused')?.actor ?? 'layerwatch'
    const scene = { ...trouble, by }
    const notice = noticeOf(happening, { topic: 'failing', write: pausedMessage, scene, episode })
    const { messageIn } = notice
    const reworded = await reword(tx, { incidentId, kind: 'confirmed' }, { messageIn, at: receivedAt })
    return reworded + (await tell(tx, notice, untold))
  }
  const scene = { ...trouble, isPauseSent: episode.pause === 'sent' }
  const notBefore = new Date(receivedAt.getTime() + waitForPauseMs)
  const telling = { topic: 'failing', write: confirmedMessage, scene, episode, notBefore } as const
  return isTold('confirmed') ? 0 : tell(tx, noticeOf(happening, telling))
}

/** Whoever is told that the pause failed need not be told of the failure that waited for it. */
async function takeBackConfirmed(
  tx: Tx,
  { incidentId, eventId }: { incidentId: string; eventId: string },
): Promise<void> {
  const waiting = await findWaiting(tx, { incidentId, kind: 'confirmed' })
  const people = waiting.map(({ personId }) => personId)
  const told = await findRecipientsOfEvent(tx, { eventId, people })
  const replaced = waiting.filter((one) => told.some((recipient) => isSame(one, recipient)))
  await deleteWaiting(tx, { id: { in: replaced.map(({ id }) => id) } })
}

type Way = Record<'personId' | 'channel' | 'target', string>

function isSame(a: Way, b: Way): boolean {
  return a.personId === b.personId && a.channel === b.channel && a.target === b.target
}

/** What must be heard after a pause: a printer that goes on all the same, and what became of its end by other means. */
async function enqueueSequel(tx: Tx, happening: Happening): Promise<number> {
  const { event, outcome } = happening
  const { episode } = outcome
  if (!episode || !isFresh(happening)) return 0
  const trouble = troubleOf(happening, episode)
  const common = { topic: 'pause-failed', episode } as const
  if (event.type === 'fallback.used') {
    const scene = { ...trouble, ...event.data }
    return tell(tx, noticeOf(happening, { ...common, write: fallbackMessage, scene }))
  }
  if (event.type !== 'pause.checked' || event.data.picture !== 'moving') return 0
  return tell(tx, noticeOf(happening, { ...common, write: stillMovingMessage, scene: trouble }))
}

/** What a person must know of a printer that stands paused, whoever had it paused: of its heaters, of its care. */
async function enqueueHeater(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  if (!isFresh(happening)) return 0
  const topic = 'pause-failed' as const
  if (event.type === 'heater.warned') {
    const scene = { ...sceneOf(happening), ...event.data }
    return tell(tx, noticeOf(happening, { topic, write: heaterWarningMessage, scene }))
  }
  if (event.type === 'care.failed') {
    const scene = { ...sceneOf(happening), ...event.data }
    return tell(tx, noticeOf(happening, { topic, write: careFailedMessage, scene }))
  }
  if (event.type !== 'heater.switched' || event.data.result === 'off') return 0
  const scene = { ...sceneOf(happening), ...event.data }
  return tell(tx, noticeOf(happening, { topic, write: heaterFailedMessage, scene }))
}

async function enqueueSensor(tx: Tx, happening: Happening): Promise<number> {
  const { event } = happening
  const scene = { ...sceneOf(happening), isNews: isFresh(happening) }
  const told = tellSensor(event, scene)
  if (!told) return 0
  const write = (inZone: typeof scene) => tellSensor(event, inZone)?.message ?? told.message
  return tell(tx, noticeOf(happening, { topic: told.topic, write, scene }))
}
