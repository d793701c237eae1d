import { randomUUID } from 'node:crypto'
import type { Resolution } from '@layerwatch/shared/api.ts'
import type { Box } from '@layerwatch/shared/vocabulary.ts'
import type { Change } from './changes.ts'
import type { Db } from './db/client.ts'
import { addAct, findIncidentOwner, hasAct, mayActOn } from './db/incidents.ts'
import { putMark } from './db/marks.ts'
import { lockPrinter } from './db/printers.ts'
import { sayingOf } from './marks.ts'
import { refoldIncidents } from './projections-incidents.ts'

/** What a person does about an incident; of a false alarm, with places to ignore. */
export type Deed =
  | { kind: 'acknowledged' }
  | { kind: 'resolved'; detail: Resolution; ignore?: readonly Box[] | undefined }

/**
 * Writes down what a person did about an incident and folds it anew.
 * @returns what changed, or why nothing did: the person may not see such an incident, or only watches its printer.
 */
export async function actOnIncident(
  db: Db,
  {
    incidentId,
    personId,
    personName,
    at,
  }: { incidentId: string; personId: string; personName: string; at: Date },
  deed: Deed,
): Promise<{ changes: Change[] } | { refusal: 'unknown-incident' | 'not-allowed' }> {
  const owner = await findIncidentOwner(db, personId, incidentId)
  if (!owner) return { refusal: 'unknown-incident' }
  if (!(await mayActOn(db, personId, incidentId))) return { refusal: 'not-allowed' }
  const { organisationId, printerId } = owner
  await db.$transaction(async (tx) => {
    await lockPrinter(tx, printerId)
    const done = deed.kind === 'resolved' ? { kind: deed.kind, detail: deed.detail } : { kind: deed.kind }
    const act = { incidentId, personId, ...done }
    // Pressing twice is saying it once.
    if (!(await hasAct(tx, act))) await addAct(tx, { id: randomUUID(), organisationId, at, ...act })
    const episodes = await refoldIncidents(tx, owner)
    if (deed.kind === 'acknowledged') return
    // What it was teaches its printer.
    const said = sayingOf(episodes) ?? { verdict: 'none' }
    await putMark(tx, owner, { ...said, ignore: deed.ignore, personId, personName, at })
  })
  return {
    changes: [
      { kind: 'incident', printerId, incidentId },
      { kind: 'printer', printerId },
    ],
  }
}
