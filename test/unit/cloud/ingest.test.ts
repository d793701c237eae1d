import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import pino from 'pino'
import type { Change } from '../../../cloud/changes.ts'
import { type IngestContext, ingestEvent, ingestStatus } from '../../../cloud/ingest.ts'
import { Presence } from '../../../cloud/presence.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { fineLayer, makeTenant, type SentEvent, suspicion, tellStory } from '../../setup/tenants.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

function makeContext(): IngestContext & { changes: Change[] } {
  const changes: Change[] = []
  return {
    changes,
    db: database.db,
    log: pino({ level: 'silent' }),
    presence: new Presence(),
    now: () => new Date(),
    canSendEmail: true,
    onChanges: (news) => changes.push(...news),
    onNotifications: () => {},
  }
}

async function ingestAll(
  deviceId: string,
  events: readonly SentEvent[],
  context = makeContext(),
): Promise<string[]> {
  const results: string[] = []
  for (const json of events) results.push((await ingestEvent(context, { deviceId, json })).result)
  return results
}

/** A print that is suspected, cleared, confirmed, paused, resumed and finished. */
function wholeStory(story = tellStory()): SentEvent[] {
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

async function picture(printerId: string) {
  const { db } = database
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

test('whatever order events arrive in, all is the same in the end', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const events = wholeStory(story)
  await ingestAll(deviceId, events)
  const inOrder = await picture(story.printerId)
  for (let round = 1; round <= 12; round++) {
    const again = await makeTenant(database.db)
    const shuffled = shuffle(renamed(events), round)
    await ingestAll(again.deviceId, shuffled)
    const printerId = String(shuffled[0]?.printerId)
    assert.deepEqual(comparable(await picture(printerId)), comparable(inOrder), `round ${round}`)
  }
})

/** The same events with ids of their own. */
function renamed(events: readonly SentEvent[]): SentEvent[] {
  const ids = new Map<string, string>()
  const text = JSON.stringify(events).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
    const name = ids.get(id) ?? randomUUID()
    ids.set(id, name)
    return name
  })
  return JSON.parse(text)
}

function shuffle<T>(items: readonly T[], seed: number): T[] {
  const shuffled = [...items]
  let state = seed
  for (let index = shuffled.length - 1; index > 0; index--) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + index
    const other = (state >>> 0) % (index + 1)
    const [a, b] = [shuffled[index], shuffled[other]]
    if (a !== undefined && b !== undefined) [shuffled[index], shuffled[other]] = [b, a]
  }
  return shuffled
}

/** Without the ids, and without the moment a late print became known. */
function comparable(seen: Awaited<ReturnType<typeof picture>>): unknown {
  return JSON.parse(
    JSON.stringify(seen, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)).replaceAll(
      /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      'id',
    ),
  )
}

test('the rest of an old stream fills history and leaves the present alone', async () => {
  const { deviceId } = await makeTenant(database.db)
  const old = tellStory({ startMs: Date.now() - 3600_000 })
  const started = old.event('print.started', { job: 'old.gcode' })
  const layer = old.event('layer.judged', fineLayer(1))
  const late = [
    old.event('layer.judged', fineLayer(2)),
    old.event('printer.paused', { by: 'button', layer: 2 }),
    old.event('print.finished', { outcome: 'failed', layer: 2 }),
  ]
  const now = tellStory({ printerId: old.printerId })
  await ingestAll(deviceId, [started, layer])
  await ingestAll(deviceId, [
    now.event('print.started', { job: 'new.gcode' }),
    now.event('layer.judged', fineLayer(1)),
  ])
  assert.deepEqual(await ingestAll(deviceId, late), ['stored', 'stored', 'stored'])
  const seen = await picture(old.printerId)
  assert.deepEqual([seen.state, seen.printId, seen.layer, seen.pausedBy], ['printing', now.printId, 1, null])
  const oldPrint = seen.prints.find((print) => print.id === old.printId)
  assert.deepEqual([oldPrint?.outcome, oldPrint?.layer], ['failed', 2])
  assert.equal(seen.layerRows.filter((row) => row.printId === old.printId).length, 2)
})

test('a stream that was never heard of before the device’s present one is old all the same', async () => {
  const { deviceId } = await makeTenant(database.db)
  const now = tellStory()
  const context = makeContext()
  await ingestStatus(context, { deviceId, status: now.status({ layer: 7 }), heardMs: performance.now() })
  await ingestAll(deviceId, [now.event('print.started', { job: 'new.gcode' })], context)
  const old = tellStory({ printerId: now.printerId })
  await ingestAll(deviceId, [old.event('print.started', { job: 'old.gcode' })], context)
  await ingestAll(deviceId, [now.event('printer.paused', { by: 'button' })], context)
  const seen = await picture(now.printerId)
  assert.deepEqual([seen.printId, seen.state, seen.pausedBy], [now.printId, 'paused', 'button'])
})

test('an event older than the last status does not turn back what the status said', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const context = makeContext()
  const paused = story.event('printer.paused', { by: 'layerwatch', layer: 41 })
  const resumed = story.event('printer.resumed', { by: 'person', layer: 41 })
  const apply = (status: ReturnType<typeof story.status>) =>
    ingestStatus(context, { deviceId, status, heardMs: performance.now() })
  await apply(story.status({ state: 'printing', layer: 42 }))
  await ingestAll(deviceId, [paused], context)
  assert.equal((await picture(story.printerId)).state, 'printing')
  await ingestAll(deviceId, [resumed], context)
  const again = story.event('printer.paused', { by: 'button', layer: 43 })
  await apply(story.status({ state: 'paused', layer: 43 }))
  await ingestAll(deviceId, [again], context)
  const seen = await picture(story.printerId)
  assert.deepEqual([seen.state, seen.pausedBy, seen.layer], ['paused', 'button', 43])
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
  await ingestStatus(context, { deviceId: stranger.deviceId, status, heardMs: performance.now() })
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
