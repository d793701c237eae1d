import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventSchema } from '@layerwatch/shared/events.ts'
import {
  type Episode,
  foldIncidents,
  type IncidentFact,
  type IncidentType,
} from '../../../cloud/incidents.ts'
import { suspicion } from '../../setup/tenants.ts'

let count = 0
const at = () => new Date(Date.UTC(2026, 0, 1, 14, 0, ++count))

function device(
  type: IncidentType,
  data: unknown,
  more: { incidentId?: string; personId?: string } = {},
): IncidentFact {
  const cause = { type, data: eventSchema(type).parse(data) } as Extract<
    IncidentFact,
    { by: 'device' }
  >['cause']
  return { by: 'device', eventId: `event-${++count}`, at: at(), cause, ...more }
}

function person(
  kind: 'acknowledged' | 'resolved',
  incidentId: string,
  outcome?: 'saved' | 'false-alarm',
): IncidentFact {
  return {
    by: 'person',
    stepId: `step-${++count}`,
    at: at(),
    kind,
    incidentId,
    personId: 'anna',
    ...(outcome && { outcome }),
  }
}

const suspected = (layer = 8) => device('defect.suspected', suspicion(layer))
const confirmed = (layer = 9) => device('defect.confirmed', { ...suspicion(layer, 8), evidence: 0.95 })
const paused = (by = 'layerwatch') => device('printer.paused', { by, layer: 9 })

function only(episodes: readonly Episode[]): Episode {
  assert.equal(episodes.length, 1)
  const [episode] = episodes
  assert.ok(episode)
  return episode
}

test('a suspicion opens an incident, and a confirmation raises the same one', () => {
  const episode = only(foldIncidents([suspected(8), confirmed(9)]))
  assert.deepEqual(
    [episode.severity, episode.status, episode.beganAtLayer, episode.layer, episode.evidence],
    ['confirmed', 'open', 8, 9, 0.95],
  )
})

test('severity only rises: a later suspicion does not lower a confirmed incident', () => {
  const episode = only(foldIncidents([confirmed(9), suspected(10)]))
  assert.deepEqual([episode.severity, episode.evidence, episode.layer], ['confirmed', 0.95, 10])
})

test('a suspicion that clears resolves its incident, and the next one opens another', () => {
  const episodes = foldIncidents([
    suspected(8),
    device('defect.cleared', { layer: 9, defect: 'spaghetti' }),
    suspected(20),
  ])
  assert.deepEqual(
    episodes.map((episode) => episode.status),
    ['resolved', 'open'],
  )
})

test('a confirmed failure is not resolved by clearing', () => {
  const episode = only(
    foldIncidents([confirmed(), device('defect.cleared', { layer: 10, defect: 'spaghetti' })]),
  )
  assert.equal(episode.status, 'open')
})

test('a pause goes from none to sent to confirmed', () => {
  const sent = device('pause.sent', { by: 'layerwatch', layer: 9 })
  assert.equal(only(foldIncidents([confirmed()])).pause, 'none')
  assert.equal(only(foldIncidents([confirmed(), sent])).pause, 'sent')
  assert.equal(only(foldIncidents([confirmed(), sent, paused()])).pause, 'confirmed')
})

test('a failed pause is said to have failed until the printer is seen paused', () => {
  const failed = device('pause.failed', { by: 'layerwatch', reason: 'no answer', tries: 3 })
  assert.equal(only(foldIncidents([confirmed(), failed])).pause, 'failed')
  const episode = only(foldIncidents([confirmed(), failed, paused('person')]))
  assert.equal(episode.pause, 'confirmed')
  assert.deepEqual(
    episode.steps.map((step) => [step.kind, step.actor]),
    [
      ['confirmed', 'layerwatch'],
      ['pause.failed', 'layerwatch'],
      ['paused', 'person'],
    ],
  )
})

test('a paused printer that still moves in the picture stands on the timeline', () => {
  const seen = device('pause.checked', { picture: 'moving', seconds: 23 })
  const episode = only(foldIncidents([confirmed(), paused(), seen]))
  assert.deepEqual(
    episode.steps.map(({ kind }) => kind),
    ['confirmed', 'paused', 'pause.moving'],
  )
  assert.equal(episode.pause, 'moving')
  const still = device('pause.checked', { picture: 'still', seconds: 31 })
  assert.equal(only(foldIncidents([confirmed(), paused(), seen, still])).pause, 'confirmed')
})

test('a picture that tells nothing of a pause is no line of the timeline', () => {
  const unseen = device('pause.checked', { picture: 'unseen', seconds: 60 })
  assert.equal(only(foldIncidents([confirmed(), paused(), unseen])).steps.length, 2)
})

test('a printer that was ended by other means is told so, though its print is over by then', () => {
  const episode = only(
    foldIncidents([
      confirmed(),
      device('pause.failed', { by: 'layerwatch', reason: 'refused', tries: 3 }),
      device('print.finished', { outcome: 'failed', layer: 9 }),
      device('fallback.used', { means: 'emergency-stop', result: 'confirmed', tries: 1 }),
    ]),
  )
  const last = episode.steps.at(-1)
  assert.deepEqual([last?.kind, last?.detail], ['ended', 'by the emergency stop'])
  assert.equal(episode.pause, 'failed')
})

test('what was done to the heaters of a paused print stands on its timeline', () => {
  const episode = only(
    foldIncidents([
      confirmed(),
      paused(),
      device('heater.switched', { heater: 'nozzle', result: 'off', minutes: 20, wasC: 215 }),
      device('heater.switched', { heater: 'bed', result: 'failed', minutes: 60, reason: 'refused' }),
    ]),
  )
  const lines = episode.steps.slice(-2).map(({ kind, detail }) => [kind, detail])
  assert.deepEqual(lines, [
    ['nozzle.off', 'after 20 min'],
    ['heater.failed', 'bed: refused'],
  ])
})

test('a pause that the printer made by itself is told from one of a person there', () => {
  const lines = [
    { by: 'printer', cause: 'sensor', reason: 'filament ran out' },
    { by: 'printer', cause: 'hand' },
    { by: 'printer' },
  ].map((data) => only(foldIncidents([confirmed(), device('printer.paused', data)])).steps.at(-1))
  assert.deepEqual(
    lines.map((line) => [line?.actor, line?.detail]),
    [
      ['sensor', 'filament ran out'],
      ['hand', undefined],
      ['printer', undefined],
    ],
  )
})

test('a pause without an incident is no incident', () => {
  assert.deepEqual(foldIncidents([paused('person'), device('printer.resumed', { by: 'person' })]), [])
})

test('resuming resolves the incident and leaves its outcome to the person', () => {
  const resumed = device('printer.resumed', { by: 'person' }, { personId: 'anna' })
  const episode = only(foldIncidents([confirmed(), paused(), resumed]))
  assert.deepEqual([episode.status, episode.outcome], ['resolved', undefined])
  const last = episode.steps.at(-1)
  assert.deepEqual([last?.kind, last?.actor, last?.personId], ['resumed', 'person', 'anna'])
})

test('a print that is stopped or ends resolves its incident', () => {
  const stopped = device('print.finished', { outcome: 'cancelled', layer: 9 }, { personId: 'anna' })
  const byPerson = only(foldIncidents([confirmed(), paused(), stopped])).steps.at(-1)
  assert.deepEqual([byPerson?.kind, byPerson?.actor, byPerson?.personId], ['stopped', 'person', 'anna'])
  const ended = only(foldIncidents([confirmed(), device('print.finished', { outcome: 'finished' })]))
  assert.deepEqual([ended.status, ended.steps.at(-1)?.kind], ['resolved', 'resolved'])
})

test('acknowledging is remembered, and resolving says how it ended', () => {
  const incidentId = 'one'
  const opened = device('defect.confirmed', suspicion(9), { incidentId })
  const acknowledged = only(foldIncidents([opened, person('acknowledged', incidentId)]))
  assert.equal(acknowledged.status, 'acknowledged')
  const resolved = only(foldIncidents([opened, person('resolved', incidentId, 'saved')]))
  assert.deepEqual(
    [resolved.status, resolved.outcome, resolved.steps.at(-1)?.personId],
    ['resolved', 'saved', 'anna'],
  )
})

test('an incident that a print’s end resolved can still be given its outcome', () => {
  const incidentId = 'one'
  const opened = device('defect.confirmed', suspicion(9), { incidentId })
  const ended = device('print.finished', { outcome: 'cancelled' })
  const episode = only(foldIncidents([opened, ended, person('resolved', incidentId, 'false-alarm')]))
  assert.deepEqual(
    [episode.status, episode.outcome, episode.resolvedAt],
    ['resolved', 'false-alarm', ended.at],
  )
})

test('a suspicion after a person resolved the incident is a new one', () => {
  const incidentId = 'one'
  const opened = device('defect.suspected', suspicion(8), { incidentId })
  const episodes = foldIncidents([opened, person('resolved', incidentId, 'false-alarm'), confirmed(12)])
  assert.deepEqual(
    episodes.map((episode) => [episode.incidentId, episode.status]),
    [
      ['one', 'resolved'],
      [undefined, 'open'],
    ],
  )
})

test('the pause of an incident that a person resolved meanwhile is still written down there', () => {
  const incidentId = 'one'
  const opened = device('defect.confirmed', suspicion(8), { incidentId })
  const episode = only(foldIncidents([opened, person('resolved', incidentId, 'saved'), paused()]))
  assert.deepEqual([episode.status, episode.pause], ['resolved', 'confirmed'])
})

test('two episodes never share an id', () => {
  const shared = { incidentId: 'one' }
  const episodes = foldIncidents([
    device('defect.suspected', suspicion(3), shared),
    device('defect.cleared', { layer: 4, defect: 'spaghetti' }, shared),
    device('defect.suspected', suspicion(9), shared),
  ])
  assert.deepEqual(
    episodes.map((episode) => episode.incidentId),
    ['one', undefined],
  )
})
