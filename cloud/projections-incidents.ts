import { randomUUID } from 'node:crypto'
import { Resolution } from '@layerwatch/shared/api.ts'
import { eventSchema } from '@layerwatch/shared/events.ts'
import type { Tx } from './db/client.ts'
import { type CommandRow, findPrintCommands } from './db/commands.ts'
import { type EventRow, findPrintEvents, happenedAt } from './db/events.ts'
import {
  findPrintIncidents,
  type IncidentOwner,
  type IncidentStepRow,
  replaceIncidents,
} from './db/incidents.ts'
import { type Episode, foldIncidents, type IncidentFact, incidentTypes } from './incidents.ts'

/** An episode with the id of its incident. */
export type StoredEpisode = Episode & { incidentId: string }

/**
 * Folds a print's incidents anew from all that is stored of it. The caller holds the printer's row.
 * @returns every episode of the print, oldest first.
 */
export async function refoldIncidents(tx: Tx, owner: IncidentOwner): Promise<StoredEpisode[]> {
  const events = await findPrintEvents(tx, owner.printId, incidentTypes)
  const steps = (await findPrintIncidents(tx, owner.printId)).flatMap((incident) => incident.steps)
  const commands = await findPrintCommands(tx, owner.printId)
  const episodes = foldIncidents(gatherFacts({ events, steps, commands })).map((episode) => ({
    ...episode,
    incidentId: episode.incidentId ?? randomUUID(),
  }))
  if (episodes.length > 0 || steps.length > 0) await replaceIncidents(tx, owner, episodes)
  return episodes
}

interface Stored {
  /** In the order of their streams. */
  events: readonly EventRow[]
  steps: readonly IncidentStepRow[]
  commands: readonly CommandRow[]
}

/** All facts of a print in order: a person's act comes after the last event that was received before it. */
export function gatherFacts({ events, steps, commands }: Stored): IncidentFact[] {
  const incidentOfEvent = new Map(steps.map((step) => [step.eventId, step.incidentId]))
  const facts = events.flatMap((event) => {
    const fact = factOfEvent(event, commands)
    const incidentId = incidentOfEvent.get(event.id)
    return fact
      ? [{ fact: { ...fact, ...(incidentId && { incidentId }) }, receivedAt: event.receivedAt }]
      : []
  })
  const acts = steps
    .filter((step) => step.eventId === null)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .flatMap((step) => {
      const fact = factOfAct(step)
      return fact ? [{ fact, receivedAt: step.at }] : []
    })
  for (const act of acts) {
    const before = facts.findLastIndex((other) => other.receivedAt <= act.receivedAt)
    facts.splice(before + 1, 0, act)
  }
  return facts.map(({ fact }) => fact)
}

function factOfEvent(row: EventRow, commands: readonly CommandRow[]): IncidentFact | undefined {
  const type = incidentTypes.find((one) => one === row.type)
  if (!type) return undefined
  const data = eventSchema(type).safeParse(row.data)
  if (!data.success) return undefined
  const personId = whoAsked(row, commands)
  // The pair (type, data) was just checked against its own schema, which the compiler cannot follow.
  const cause = { type, data: data.data } as Extract<IncidentFact, { by: 'device' }>['cause']
  return { by: 'device', eventId: row.id, at: happenedAt(row), cause, ...(personId && { personId }) }
}

const actionOf: Partial<Record<string, string>> = {
  'printer.paused': 'pause',
  'printer.resumed': 'resume',
  'print.finished': 'cancel',
}

/** The person whose command made this happen, where one did. */
function whoAsked(row: EventRow, commands: readonly CommandRow[]): string | undefined {
  const { by, outcome } = isRecord(row.data) ? row.data : {}
  if (row.type === 'print.finished' ? outcome !== 'cancelled' : by !== 'person') return undefined
  const action = actionOf[row.type]
  return commands.findLast((one) => one.action === action && one.issuedAt <= row.receivedAt)?.personId
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function factOfAct(step: IncidentStepRow): IncidentFact | undefined {
  const { incidentId, at, kind } = step
  if (kind !== 'acknowledged' && kind !== 'resolved') return undefined
  const outcome = Resolution.safeParse(step.detail)
  return {
    by: 'person',
    stepId: step.id,
    incidentId,
    at,
    kind,
    ...(step.personId && { personId: step.personId }),
    ...(outcome.success && { outcome: outcome.data }),
  }
}
