import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ingestStatus } from '../../../cloud/ingest.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import {
  ingestAll as ingestInto,
  makeIngestContext,
  readProjections,
  wholeStory,
} from '../../setup/ingest.ts'
import { fineLayer, makeTenant, type SentEvent, suspicion, tellStory } from '../../setup/tenants.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

const makeContext = () => makeIngestContext(database.db)
const picture = (printerId: string) => readProjections(database.db, printerId)
const ingestAll = (deviceId: string, events: readonly SentEvent[], context = makeContext()) =>
  ingestInto(context, deviceId, events)

test('whatever order events arrive in, all is the same in the end', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const events = wholeStory(story)
  await ingestAll(deviceId, events)
  const inOrder = await picture(story.printerId)
  for (let round = 1; round <= 5; round++) {
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
  await ingestStatus(context, { deviceId, json: now.status({ layer: 7 }), heardMs: performance.now() })
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
    ingestStatus(context, { deviceId, json: status, heardMs: performance.now() })
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

test('what happens in one millisecond is told in the order it happened', async () => {
  const { deviceId } = await makeTenant(database.db)
  const story = tellStory()
  const at = { at: new Date().toISOString() }
  const by = 'layerwatch'
  for (let round = 0; round < 4; round++) {
    const printId = randomUUID()
    const more = { ...at, printId }
    await ingestAll(deviceId, [
      story.event('defect.suspected', suspicion(9), more),
      story.event('defect.confirmed', suspicion(9), more),
      story.event('pause.sent', { by, layer: 9 }, more),
      story.event('printer.paused', { by, layer: 9 }, more),
    ])
    const steps = await database.db.incidentStep.findMany({
      where: { incident: { printId } },
      orderBy: [{ at: 'asc' }, { id: 'asc' }],
    })
    assert.deepEqual(
      steps.map((step) => step.kind),
      ['suspected', 'confirmed', 'pause.sent', 'paused'],
    )
  }
})
