import { createHash } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import { type Happening, isFresh, noticeOf, sceneOf } from './happening.ts'
import { finishedMessage } from './messages.ts'
import { firstLayerMessage, pausedByMessage, resumedMessage, startedMessage } from './print-messages.ts'
import { tell } from './tell.ts'

/** The end of a print is worth telling for a day. */
const finishedFreshMs = 24 * 3600_000

/** Queues word of how a print goes on its way: begun, first layer, paused, resumed, ended. */
export async function enqueuePrint(tx: Tx, happening: Happening): Promise<number> {
  const { event, outcome } = happening
  const scene = sceneOf(happening)
  if (event.type === 'print.finished') {
    // Somebody stopped it, and knows.
    if (event.data.outcome === 'cancelled' || !isFresh(happening, finishedFreshMs)) return 0
    const ended = { ...scene, outcome: event.data.outcome }
    return tell(tx, noticeOf(happening, { topic: 'finished', write: finishedMessage, scene: ended }))
  }
  if (!outcome.isCurrent || !isFresh(happening)) return 0
  switch (event.type) {
    case 'print.started':
      // One that was found running began before.
      if (event.data.foundRunning) return 0
      return tell(tx, noticeOf(happening, { topic: 'started', write: startedMessage, scene }))
    case 'layer.judged': {
      if (event.data.layer !== 1 || !event.printId) return 0
      const judged = { ...scene, health: event.data.health, healthScore: event.data.healthScore }
      // A layer may be judged again.
      const eventId = idOf('first layer', event.printId)
      return tell(
        tx,
        noticeOf(happening, { topic: 'first-layer', write: firstLayerMessage, scene: judged, eventId }),
      )
    }
    case 'printer.paused': {
      // A failure's pause is told with it; ours has one, also where its event comes later.
      if (event.data.by === 'layerwatch' || outcome.episode?.severity === 'confirmed') return 0
      const { by, cause = by, reason } = event.data
      const paused = { ...scene, by: cause, reason }
      return tell(tx, noticeOf(happening, { topic: 'paused', write: pausedByMessage, scene: paused }))
    }
    case 'printer.resumed': {
      const resumed = { ...scene, by: event.data.by }
      return tell(tx, noticeOf(happening, { topic: 'resumed', write: resumedMessage, scene: resumed }))
    }
    default:
      return 0
  }
}

/** Stands where the id of an event stands, for what several events may tell: the same for the same. */
export function idOf(what: string, ...which: string[]): string {
  const hex = createHash('sha256')
    .update([what, ...which].join(' '))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
