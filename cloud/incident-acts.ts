import { randomUUID } from 'node:crypto'
import type { Change } from './changes.ts'
import type { Db } from './db/client.ts'
import { addAct, findIncidentOwner, hasAct, mayActOn } from './db/incidents.ts'
import { putMark } from './db/marks.ts'
import { lockPrinter } from './db/printers.ts'
import { sayingOf } from './marks.ts'
import { refoldIncidents } from './projections-incidents.ts'

/** What a person does about an incident. */
export type Deed = { kind: 'acknowledged' } | { kind: 'resolved'; detail: string }

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
    // Pressing twice is saying it once.
    if (await hasAct(tx, { incidentId, personId, ...deed })) return
    await addAct(tx, { id: randomUUID(), incidentId, organisationId, personId, at, ...deed })
    const episodes = await refoldIncidents(tx, owner)
    const said = deed.kind === 'resolved' ? sayingOf(episodes) : undefined
    // What it was teaches its printer.
    if (said) await putMark(tx, owner, { ...said, personId, personName, at })
  })
  return {
    changes: [
      { kind: 'incident', printerId, incidentId },
      { kind: 'printer', printerId },
    ],
  }
}
