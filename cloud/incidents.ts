import type { IncidentOutcome, IncidentStep, PauseStanding, Resolution } from '@layerwatch/shared/api.ts'
import type { DeviceEvent, EventData } from '@layerwatch/shared/events.ts'
import { outlineFallback, outlineHeater } from '@layerwatch/shared/pause-words.ts'
import type { Mover } from '@layerwatch/shared/vocabulary.ts'

/*
 * What becomes of a print's events as failure episodes. An incident is folded anew from all its print's
 * events whenever one arrives: whatever order they come in, the incident is the same in the end.
 */

/** Events that open, change or close an incident. */
export const incidentTypes = [
  'defect.suspected',
  'defect.confirmed',
  'defect.cleared',
  'pause.sent',
  'pause.failed',
  'printer.paused',
  'pause.checked',
  'fallback.used',
  'heater.switched',
  'printer.resumed',
  'print.finished',
] as const
export type IncidentType = (typeof incidentTypes)[number]

type Cause = { [T in IncidentType]: { type: T; data: EventData<T> } }[IncidentType]

/** One thing that happened, in the order of the device's stream; a person's acts where they fell into it. */
export type IncidentFact = { at: Date; personId?: string } & (
  | { by: 'device'; eventId: string; cause: Cause }
  | { by: 'person'; stepId: string; kind: 'acknowledged' | 'resolved'; outcome?: Resolution }
) & {
    /** The incident this fact was told of before, if any: it keeps its id. */
    incidentId?: string
  }

/** A line of an incident's timeline, not yet numbered. */
export interface Step {
  at: Date
  kind: IncidentStep['kind']
  actor?: Mover
  personId?: string
  layer?: number
  detail?: string
  /** Of the event it came from; absent for a person's act, which has its row already. */
  eventId?: string
  stepId?: string
}

/** One failure episode as the facts tell it. */
export interface Episode {
  /** Absent where no fact was told of an incident before. */
  incidentId?: string
  status: 'open' | 'acknowledged' | 'resolved'
  severity: 'suspected' | 'confirmed'
  defect: string
  evidence: number
  beganAtLayer: number
  layer: number
  openedAt: Date
  resolvedAt?: Date
  outcome?: IncidentOutcome
  pause: PauseStanding
  reasons: string[]
  snapshotId?: string
  beforeSnapshotId?: string
  steps: Step[]
}

/** True for an event that can concern an incident. */
export function isIncidentEvent(event: DeviceEvent): event is Extract<DeviceEvent, { type: IncidentType }> {
  return incidentTypes.some((type) => type === event.type)
}

/** Folds a print's facts, oldest first, into its failure episodes. */
export function foldIncidents(facts: readonly IncidentFact[]): Episode[] {
  const episodes: Episode[] = []
  for (const fact of facts) {
    const last = episodes.at(-1)
    const changed = fact.by === 'person' ? applyAct(episodes, fact) : applyCause(last, fact)
    if (!changed) continue
    if (changed !== last && !episodes.includes(changed)) episodes.push(changed)
    const incidentId = changed.incidentId ?? unclaimed(fact.incidentId, episodes)
    if (incidentId) changed.incidentId = incidentId
  }
  return episodes
}

/** An id belongs to one episode: the first that claims it. */
function unclaimed(incidentId: string | undefined, episodes: readonly Episode[]): string | undefined {
  return episodes.some((one) => one.incidentId === incidentId) ? undefined : incidentId
}

type DeviceFact = Extract<IncidentFact, { by: 'device' }>
type PersonFact = Extract<IncidentFact, { by: 'person' }>

function applyCause(last: Episode | undefined, fact: DeviceFact): Episode | undefined {
  const { cause } = fact
  const current = last && last.status !== 'resolved' ? last : undefined
  switch (cause.type) {
    case 'defect.suspected':
    case 'defect.confirmed':
      return suspect(current, fact, cause)
    case 'defect.cleared':
      return current && clear(current, fact, cause.data.layer)
    case 'pause.sent':
    case 'pause.failed':
    case 'printer.paused':
      return applyPause(current ?? pausing(last), fact, cause)
    case 'pause.checked':
    case 'fallback.used':
    case 'heater.switched':
      return addSequel(current ?? ended(last), fact, cause)
    case 'printer.resumed':
      return (
        current && close(current, fact, { kind: 'resumed', actor: cause.data.by, ...layerOf(cause.data) })
      )
    case 'print.finished':
      return current && finish(current, fact, cause.data)
  }
}

/** An episode that a person closed while its pause was under way is still told how that ended. */
function pausing(last: Episode | undefined): Episode | undefined {
  return last?.severity === 'confirmed' && (last.pause === 'none' || last.pause === 'sent') ? last : undefined
}

function suspect(
  current: Episode | undefined,
  fact: DeviceFact,
  cause: Extract<Cause, { type: 'defect.suspected' | 'defect.confirmed' }>,
): Episode {
  const { data } = cause
  const severity = cause.type === 'defect.confirmed' ? 'confirmed' : 'suspected'
  const step: Step = { ...stepOf(fact, severity), actor: 'layerwatch', layer: data.layer }
  if (!current) {
    return {
      status: 'open',
      severity,
      defect: data.defect,
      evidence: data.evidence,
      beganAtLayer: data.beganAtLayer,
      layer: data.layer,
      openedAt: fact.at,
      pause: 'none',
      reasons: data.reasons,
      ...picturesOf(data),
      steps: [step],
    }
  }
  current.steps.push(step)
  current.layer = Math.max(current.layer, data.layer)
  current.beganAtLayer = Math.min(current.beganAtLayer, data.beganAtLayer)
  // A confirmed episode is not told anew by a mere suspicion.
  if (current.severity === 'confirmed' && severity === 'suspected') return current
  current.severity = severity
  current.defect = data.defect
  current.evidence = Math.max(current.evidence, data.evidence)
  current.reasons = data.reasons
  const pictures = picturesOf(data)
  if (pictures.snapshotId) current.snapshotId = pictures.snapshotId
  if (pictures.beforeSnapshotId) current.beforeSnapshotId ??= pictures.beforeSnapshotId
  return current
}

function clear(current: Episode, fact: DeviceFact, layer: number): Episode {
  const step = { kind: 'cleared', actor: 'layerwatch', layer } as const
  if (current.severity === 'suspected') return close(current, fact, step)
  current.steps.push({ ...stepOf(fact, 'cleared'), ...step })
  return current
}

function applyPause(
  current: Episode | undefined,
  fact: DeviceFact,
  cause: Extract<Cause, { type: 'pause.sent' | 'pause.failed' | 'printer.paused' }>,
): Episode | undefined {
  if (!current) return undefined
  const actor = cause.data.by
  if (cause.type === 'pause.sent') {
    if (current.pause !== 'confirmed') current.pause = 'sent'
    current.steps.push({ ...stepOf(fact, 'pause.sent'), actor, ...layerOf(cause.data) })
  } else if (cause.type === 'pause.failed') {
    if (current.pause !== 'confirmed') current.pause = 'failed'
    current.steps.push({ ...stepOf(fact, 'pause.failed'), actor, detail: cause.data.reason })
  } else {
    current.pause = 'confirmed'
    const { cause: there, reason } = cause.data
    const why = { actor: there ?? actor, ...(reason !== undefined && { detail: reason }) }
    current.steps.push({ ...stepOf(fact, 'paused'), ...why, ...layerOf(cause.data) })
  }
  return current
}

/** A printer that was ended by other means has ended before that is told. */
function ended(last: Episode | undefined): Episode | undefined {
  return last?.severity === 'confirmed' && last.pause === 'failed' ? last : undefined
}

/** What is told of a pause after it, in a line of its own. */
function addSequel(
  current: Episode | undefined,
  fact: DeviceFact,
  cause: Extract<Cause, { type: 'pause.checked' | 'fallback.used' | 'heater.switched' }>,
): Episode | undefined {
  if (!current) return undefined
  if (cause.type === 'pause.checked') {
    const { picture } = cause.data
    if (picture === 'unseen') return current
    current.steps.push(stepOf(fact, `pause.${picture}`))
    if (current.pause === 'confirmed' || current.pause === 'moving')
      current.pause = picture === 'moving' ? 'moving' : 'confirmed'
  } else if (cause.type === 'heater.switched') {
    const { heater, result } = cause.data
    const kind = result === 'off' ? (`${heater}.off` as const) : 'heater.failed'
    current.steps.push({ ...stepOf(fact, kind), detail: outlineHeater(cause.data) })
  } else {
    const kind = cause.data.result === 'confirmed' ? 'ended' : 'not-ended'
    current.steps.push({ ...stepOf(fact, kind), detail: outlineFallback(cause.data) })
  }
  return current
}

function finish(current: Episode, fact: DeviceFact, data: EventData<'print.finished'>): Episode {
  const actor = fact.personId ? 'person' : 'printer'
  if (data.outcome === 'cancelled') return close(current, fact, { kind: 'stopped', actor, ...layerOf(data) })
  return close(current, fact, { kind: 'resolved', actor: 'printer', detail: `print ${data.outcome}` })
}

function close(current: Episode, fact: DeviceFact, step: Omit<Step, 'at' | 'eventId'>): Episode {
  current.status = 'resolved'
  current.resolvedAt = fact.at
  current.steps.push({ ...stepOf(fact, step.kind), ...step })
  return current
}

/** A person's act concerns the incident it was made on, wherever the print has got to since. */
function applyAct(episodes: readonly Episode[], fact: PersonFact): Episode | undefined {
  const episode = episodes.find((one) => one.incidentId === fact.incidentId) ?? episodes.at(-1)
  if (!episode) return undefined
  const { at, kind, stepId } = fact
  episode.steps.push({
    at,
    kind,
    actor: 'person',
    stepId,
    ...(fact.personId && { personId: fact.personId }),
    ...(fact.outcome && { detail: fact.outcome }),
  })
  if (kind === 'acknowledged') {
    if (episode.status === 'open') episode.status = 'acknowledged'
    return episode
  }
  episode.status = 'resolved'
  episode.resolvedAt ??= at
  if (fact.outcome === 'taken-back') delete episode.outcome
  else if (fact.outcome) episode.outcome = fact.outcome
  return episode
}

function stepOf(fact: DeviceFact, kind: Step['kind']): Step {
  const { at, eventId, personId } = fact
  return { at, kind, eventId, ...(personId && { personId }) }
}

function layerOf(data: { layer?: number | undefined }): { layer?: number } {
  return data.layer === undefined ? {} : { layer: data.layer }
}

function picturesOf(data: EventData<'defect.suspected'>): { snapshotId?: string; beforeSnapshotId?: string } {
  return {
    ...(data.snapshotId && { snapshotId: data.snapshotId }),
    ...(data.beforeSnapshotId && { beforeSnapshotId: data.beforeSnapshotId }),
  }
}
