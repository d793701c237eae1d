import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ingestEvent, ingestStatus } from '../../../cloud/ingest.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import {
  ingestAll as ingestInto,
  makeIngestContext,
  readProjections,
  wholeStory,
} from '../../setup/ingest.ts'
import { fineLayer, makeTenant, type SentEvent, tellStory } from '../../setup/tenants.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

const makeContext = () => makeIngestContext(database.db)
const picture = (printerId: string) => readProjections(database.db, printerId)
const ingestAll = (deviceId: string, events: readonly SentEvent[], context = makeContext()) =>
  ingestInto(context, deviceId, events)

test('a print’s events become its printer, print, layers and incidents', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const results = await ingestAll(deviceId, wholeStory(story))
  assert.deepEqual(new Set(results), new Set(['stored']))
  const seen = await picture(story.printerId)
  assert.equal(seen.state, 'paused')
  assert.equal(seen.pausedBy, 'printer')
  assert.equal(seen.printId, story.printId)
  assert.equal(seen.layer, 9)
  assert.equal(seen.layers, 120)
  assert.deepEqual(
    seen.prints.map(({ job, layer, endedAt }) => ({ job, layer, endedAt })),
    [{ job: 'benchy.gcode', layer: 9, endedAt: null }],
  )
  assert.deepEqual(
    seen.layerRows.map(({ layer, health }) => [layer, health]),
    [
      [1, 'fine'],
      [2, 'fine'],
      [3, 'suspected'],
      [9, 'failed'],
    ],
  )
  const told = seen.incidents.map(({ severity, status, pause, layer, steps }) => {
    return { severity, status, pause, layer, steps: steps.map((step) => step.kind) }
  })
  assert.deepEqual(told, [
    { severity: 'suspected', status: 'resolved', pause: 'none', layer: 3, steps: ['suspected', 'cleared'] },
    {
      severity: 'confirmed',
      status: 'resolved',
      pause: 'confirmed',
      layer: 9,
      steps: ['suspected', 'confirmed', 'pause.sent', 'paused', 'resumed'],
    },
    { severity: 'suspected', status: 'open', pause: 'confirmed', layer: 20, steps: ['suspected', 'paused'] },
  ])
})

test('an event sent again is a duplicate and changes nothing', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const events = wholeStory(story)
  await ingestAll(deviceId, events)
  const before = await picture(story.printerId)
  const context = makeContext()
  assert.deepEqual(new Set(await ingestAll(deviceId, events, context)), new Set(['duplicate']))
  assert.deepEqual(await picture(story.printerId), before)
  assert.deepEqual(context.changes, [])
})

test('another event at a taken place of the stream is a duplicate', async () => {
  const { deviceId } = await makeTenant(database.db)
  const [first] = wholeStory()
  assert.ok(first)
  assert.deepEqual(await ingestAll(deviceId, [first, { ...first, id: randomUUID() }]), [
    'stored',
    'duplicate',
  ])
})

test('the same event sent twice at once is stored once', async () => {
  const { deviceId } = await makeTenant(database.db)
  const [json] = wholeStory()
  const context = makeContext()
  const verdicts = await Promise.all([1, 2, 3, 4].map(() => ingestEvent(context, { deviceId, json })))
  assert.deepEqual(verdicts.map((verdict) => verdict.result).sort(), [
    'duplicate',
    'duplicate',
    'duplicate',
    'stored',
  ])
})

test('a printer of another device is refused, in an event and in a status', async () => {
  const [owner, stranger] = [await makeTenant(database.db), await makeTenant(database.db)]
  const story = tellStory()
  await ingestAll(owner.deviceId, wholeStory(story))
  const before = await picture(story.printerId)
  const foreign = tellStory({ printerId: story.printerId })
  const context = makeContext()
  const json = foreign.event('printer.changed', { state: 'idle' })
  const verdict = await ingestEvent(context, { deviceId: stranger.deviceId, json })
  assert.equal(verdict.result, 'rejected')
  assert.equal(verdict.id, json.id)
  const status = foreign.status({ state: 'idle', name: 'Mine' })
  await ingestStatus(context, { deviceId: stranger.deviceId, json: status, heardMs: performance.now() })
  assert.deepEqual(await picture(story.printerId), before)
  assert.equal(await database.db.event.count({ where: { deviceId: stranger.deviceId } }), 0)
})

test('a print, a picture and an event id of another device are refused', async () => {
  const [owner, stranger] = [await makeTenant(database.db), await makeTenant(database.db)]
  const [theirs, own] = [tellStory(), tellStory()]
  const snapshotId = randomUUID()
  const taken = theirs.event('snapshot.taken', { snapshotId, purpose: 'confirmed' })
  const events = [...wholeStory(theirs), taken]
  await ingestAll(owner.deviceId, events)
  const results = await ingestAll(stranger.deviceId, [
    own.event('layer.judged', fineLayer(1), { printId: theirs.printId }),
    own.event('snapshot.taken', { snapshotId, purpose: 'confirmed' }),
    own.event('layer.judged', fineLayer(1), { id: events[0]?.id }),
    own.event('layer.judged', fineLayer(1)),
  ])
  assert.deepEqual(results, ['rejected', 'rejected', 'rejected', 'stored'])
})

test('a device that is unknown or revoked is refused', async () => {
  const { deviceId } = await makeTenant(database.db)
  await database.db.device.update({ where: { id: deviceId }, data: { revokedAt: new Date() } })
  const results = [
    ...(await ingestAll(deviceId, wholeStory())),
    ...(await ingestAll(randomUUID(), wholeStory())),
  ]
  assert.deepEqual(new Set(results), new Set(['rejected']))
})

test('what the database can never take is refused, and the next event is stored', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const results = await ingestAll(deviceId, [
    story.event('print.started', { job: 'nul\0.gcode' }),
    story.event('print.started', { job: 'half \ud800 pair' }),
    story.event('layer.judged', { ...fineLayer(1), layer: 2 ** 40 }),
    story.event('layer.judged', fineLayer(1), { at: '0000-01-01T00:00:00Z' }),
    story.event('layer.judged', { ...fineLayer(1), layer: -1 }),
    story.event('print.started', { job: 'fine.gcode' }),
  ])
  assert.deepEqual(results, ['rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'stored'])
})

test('an unknown type is stored and changes nothing', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const unknown = {
    ...story.event('device.started', { version: '1', backend: 'b', modelSha256: 'm' }),
    type: 'bed.levelled',
  }
  assert.deepEqual(await ingestAll(deviceId, [unknown, unknown]), ['stored', 'duplicate'])
})

test('a clock that is not set gives way to the cloud’s', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory({ startMs: 0 })
  const started = story.event('print.started', { job: 'a.gcode' }, { clock: 'unsynced' })
  await ingestAll(deviceId, [started])
  const seen = await picture(story.printerId)
  const ageMs = Date.now() - Number(seen.prints[0]?.startedAt)
  assert.ok(ageMs >= 0 && ageMs < 60_000, `${ageMs} ms`)
})
