import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseEvent } from '@layerwatch/shared/events.ts'
import { newId } from '../../../device/ids.ts'
import { type NewEvent, Outbox } from '../../../device/uplink/outbox.ts'

function openFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layerwatch-outbox-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'outbox.db')
}

function open(t: TestContext, file = openFolder(t), options: { maxBytes?: number; maxPages?: number } = {}) {
  const outbox = Outbox.open({ file, newId, ...options })
  t.after(() => outbox.close())
  return outbox
}

function eventOf(type: string, data: object, snapshot?: NewEvent['snapshot']): NewEvent {
  const rest = { boot: newId(), uptimeMs: 1, at: '2026-11-24T21:00:00.000Z', clock: 'synced', data }
  return { id: newId(), type, rest, snapshot }
}

const layerJudged = (layer: number) =>
  eventOf('layer.judged', { layer, health: 'fine', verdict: 'ok', frames: 3, modelSha256: 'f' })
const confirmed = () =>
  eventOf('defect.confirmed', { layer: 3, beganAtLayer: 2, defect: 'spaghetti', evidence: 0.99 })
const withPicture = (bytes: number) => {
  const id = newId()
  return eventOf('snapshot.taken', { snapshotId: id, purpose: 'asked' }, { id, jpeg: new Uint8Array(bytes) })
}

function eventsIn(outbox: Outbox) {
  return outbox.pending(-1, 10_000).flatMap((row) => {
    if (row.kind !== 'event') return []
    const parsed = parseEvent(JSON.parse(row.json))
    assert.equal(parsed.kind, 'known', row.json)
    return parsed.kind === 'known' ? [parsed.event] : []
  })
}

test('what is stored is a whole event, numbered without a gap, over restarts and failures too', (t) => {
  const file = openFolder(t)
  const first = Outbox.open({ file, newId })
  first.append([layerJudged(1), layerJudged(2)])
  const [one] = eventsIn(first)
  assert.throws(() => first.append([layerJudged(3), { ...layerJudged(4), id: one?.id ?? '' }]))
  for (const { id } of eventsIn(first)) first.acknowledge(id)
  first.close()
  const second = open(t, file)
  second.append([layerJudged(3)])
  const [next] = eventsIn(second)
  assert.equal(next?.seq, 3)
  assert.equal(next?.stream, one?.stream)
})

test('pictures follow their event, oldest first, from where the last reading ended', (t) => {
  const outbox = open(t)
  outbox.append([layerJudged(1), withPicture(10), layerJudged(2), withPicture(10)])
  const read = (after: number, limit: number) => outbox.pending(after, limit)
  assert.deepEqual(
    read(-1, 100).map(({ kind }) => kind),
    ['event', 'event', 'snapshot', 'event', 'event', 'snapshot'],
  )
  const all = read(-1, 100).map(({ order }) => order)
  for (const limit of [1, 2, 3]) {
    const inParts: number[] = []
    for (let after = -1; ; ) {
      const rows = read(after, limit)
      if (rows.length === 0) break
      inParts.push(...rows.map(({ order }) => order))
      after = inParts.at(-1) ?? 0
    }
    assert.deepEqual(inParts, all, `${limit} at a time`)
  }
})

test('a full outbox drops pictures first, then judged layers, says so in one event, and keeps incidents', (t) => {
  const outbox = open(t, openFolder(t), { maxBytes: 100_000 })
  outbox.append([withPicture(60_000), confirmed()])
  for (let layer = 1; layer <= 400; layer++) outbox.append([layerJudged(layer)])
  const events = eventsIn(outbox)
  assert.ok(outbox.figures().bytes <= 100_000, `${outbox.figures().bytes} bytes`)
  assert.equal(events.filter(({ type }) => type === 'defect.confirmed').length, 1)
  assert.equal(events.filter(({ type }) => type === 'snapshot.taken').length, 1)
  const gaps = events.filter(({ type }) => type === 'history.gap')
  assert.equal(gaps.length, 1)
  const [gap] = gaps
  assert.ok(gap?.type === 'history.gap')
  const layersLeft = events.filter(({ type }) => type === 'layer.judged').length
  assert.deepEqual(gap.data.missing, { snapshot: 1, 'layer.judged': 400 - layersLeft })
  assert.equal(gap.data.fromSeq, 1)
})

test('a gap that was already sent is not changed any more', (t) => {
  const outbox = open(t, openFolder(t), { maxBytes: 30_000 })
  for (let layer = 1; layer <= 100; layer++) outbox.append([layerJudged(layer)])
  const [sent] = eventsIn(outbox).filter(({ type }) => type === 'history.gap')
  for (let layer = 1; layer <= 100; layer++) outbox.append([layerJudged(layer)])
  const gaps = eventsIn(outbox).filter(({ type }) => type === 'history.gap')
  assert.equal(gaps.length, 2)
  assert.deepEqual(gaps[0], sent)
})

test('incidents and the results of commands are never dropped, even when they alone are too much', (t) => {
  const outbox = open(t, openFolder(t), { maxBytes: 10_000 })
  for (let i = 0; i < 100; i++) outbox.append([confirmed()])
  assert.equal(eventsIn(outbox).length, 100)
})

test('a refused row is set aside and not sent again', (t) => {
  const outbox = open(t)
  outbox.append([layerJudged(1), layerJudged(2)])
  const [first] = eventsIn(outbox)
  outbox.quarantine(first?.id ?? '', 'no')
  assert.deepEqual(
    eventsIn(outbox).map(({ seq }) => seq),
    [2],
  )
  assert.deepEqual(
    { ...outbox.figures(), stream: '', bytes: 0 },
    { stream: '', pending: 1, quarantined: 1, bytes: 0 },
  )
})

test('a command is taken once, over restarts too', (t) => {
  const file = openFolder(t)
  const id = newId()
  const first = Outbox.open({ file, newId })
  assert.equal(first.claimCommand(id), true)
  assert.equal(first.claimCommand(id), false)
  first.close()
  assert.equal(open(t, file).claimCommand(id), false)
})

test('a printer keeps its id by its name, and its print over a restart', (t) => {
  const file = openFolder(t)
  const first = Outbox.open({ file, newId })
  const { printerId } = first.printer('A')
  first.saveCourse(printerId, '{"x":1}')
  assert.notEqual(first.printer('B').printerId, printerId)
  first.close()
  assert.deepEqual(open(t, file).printer('A'), { printerId, course: '{"x":1}' })
})

test('a full disk refuses, and takes again when there is room', (t) => {
  const outbox = open(t, openFolder(t), { maxPages: 40 })
  outbox.append([confirmed()])
  assert.throws(() => {
    for (;;) outbox.append([withPicture(4_000)])
  }, /full/)
  const before = eventsIn(outbox)
  assert.ok(before.length > 1)
  for (const row of outbox.pending(-1, 1000)) outbox.acknowledge(row.id)
  outbox.append([confirmed()])
  assert.equal(eventsIn(outbox).at(0)?.seq, (before.at(-1)?.seq ?? 0) + 1)
})

test('events that are stored are not refused because there was no room to be made', (t) => {
  let isBroken = true
  let stored = 0
  const outbox = Outbox.open({
    file: openFolder(t),
    maxBytes: 10_000,
    newId: () => {
      if (isBroken && stored > 0) throw new Error('the disk is full')
      return newId()
    },
  })
  t.after(() => outbox.close())
  while (stored < 60) outbox.append([layerJudged(++stored)])
  assert.equal(eventsIn(outbox).length, 60, 'a caller told otherwise would store them twice')
  isBroken = false
  outbox.append([layerJudged(61)])
  assert.ok(outbox.figures().bytes <= 10_000, 'the room is made later')
})
