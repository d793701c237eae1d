import pino from 'pino'
import type { Change } from '../../cloud/changes.ts'
import type { Db } from '../../cloud/db/client.ts'
import { type IngestContext, ingestEvent } from '../../cloud/ingest.ts'
import { Presence } from '../../cloud/presence.ts'
import { fineLayer, type SentEvent, suspicion, tellStory } from './tenants.ts'

/** Ingest on a real database, remembering what it announces. */
export function makeIngestContext(db: Db): IngestContext & { changes: Change[] } {
  const changes: Change[] = []
  return {
    changes,
    db,
    log: pino({ level: 'silent' }),
    presence: new Presence(),
    now: () => new Date(),
    canSendEmail: true,
    onChanges: (news) => changes.push(...news),
    onNotifications: () => {},
  }
}

/** Ingests one event after the other; what became of each. */
export async function ingestAll(
  context: IngestContext,
  deviceId: string,
  events: readonly SentEvent[],
): Promise<string[]> {
  const results: string[] = []
  for (const json of events) results.push((await ingestEvent(context, { deviceId, json })).result)
  return results
}

/** A print that is suspected, cleared, confirmed, paused, resumed and finished. */
export function wholeStory(story = tellStory()): SentEvent[] {
  const by = 'layerwatch'
  return [
    story.event('print.started', { job: 'benchy.gcode', layers: 120 }),
    story.event('layer.judged', fineLayer(1)),
    story.event('layer.judged', fineLayer(2)),
    story.event('defect.suspected', suspicion(3)),
    story.event('layer.judged', { ...fineLayer(3), health: 'suspected', verdict: 'warn' }),
    story.event('defect.cleared', { layer: 4, defect: 'spaghetti' }),
    story.event('camera.lost', { reason: 'camera-frozen' }),
    story.event('camera.restored', { reason: 'camera-frozen', blindSeconds: 4 }),
    story.event('defect.suspected', suspicion(8)),
    story.event('defect.confirmed', { ...suspicion(9, 8), evidence: 0.95 }),
    story.event('pause.sent', { by, layer: 9 }),
    story.event('layer.judged', { ...fineLayer(9), health: 'failed', verdict: 'fail' }),
    story.event('printer.changed', { state: 'paused', previous: 'printing', by, layer: 9 }),
    story.event('printer.paused', { by, layer: 9 }),
    story.event('printer.resumed', { by: 'person', layer: 9 }),
    story.event('printer.changed', { state: 'printing', previous: 'paused', by: 'person' }),
    story.event('defect.suspected', suspicion(20)),
    story.event('printer.paused', { by: 'printer', layer: 21 }),
  ]
}

/** All that is projected of a printer. */
export async function readProjections(db: Db, printerId: string) {
  const printer = await db.printer.findUniqueOrThrow({ where: { id: printerId } })
  const { state, pausedBy, pausedAt, printId, layer, layers, watching } = printer
  const prints = await db.print.findMany({ where: { printerId }, orderBy: { startedAt: 'asc' } })
  const layerRows = await db.layer.findMany({
    where: { print: { printerId } },
    orderBy: [{ printId: 'asc' }, { layer: 'asc' }],
    omit: { organisationId: true },
  })
  const incidents = await db.incident.findMany({
    where: { printerId },
    orderBy: { openedAt: 'asc' },
    omit: { id: true },
    include: { steps: { orderBy: { at: 'asc' }, omit: { id: true, incidentId: true } } },
  })
  return { state, pausedBy, pausedAt, printId, layer, layers, watching, prints, layerRows, incidents }
}
