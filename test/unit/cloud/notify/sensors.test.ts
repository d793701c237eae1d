import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestDatabase, type TestDatabase } from '../../../setup/database.ts'
import { ingestAll, makeIngestContext } from '../../../setup/ingest.ts'
import { listTold, makeSubscriber as subscribe } from '../../../setup/subscriber.ts'
import { type SentEvent, type Tenant, tellStory } from '../../../setup/tenants.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

const makeSubscriber = () => subscribe(database.db)
const told = (tenant: Tenant) => listTold(database.db, tenant)
const brief = (rows: Awaited<ReturnType<typeof told>>) => rows.map((row) => `${row.kind} ${row.channel}`)
const ingest = (tenant: Tenant, events: readonly SentEvent[]) =>
  ingestAll(makeIngestContext(database.db), tenant.deviceId, events)

test('smoke is told by every channel, however late and whatever prints, and its end by push', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory({ startMs: Date.now() - 3600_000 })
  const none = { sensor: 'smoke', print: 'none', power: 'cut' } as const
  await ingest(tenant, [story.event('sensor.tripped', none, { printId: undefined })])
  const now = tellStory()
  await ingest(tenant, [now.event('sensor.cleared', { sensor: 'smoke', seconds: 30 })])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['pause-failed email', 'pause-failed push', 'restored push'])
  assert.match(rows[0]?.title ?? '', /^Smoke: .*, \d\d:\d\d$/)
})

test('an empty spool is told while something prints, and a pause for it that fails without any failing print', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  const data = { sensor: 'filament', print: 'pausing' } as const
  await ingest(tenant, [story.event('sensor.tripped', data, { printId: undefined })])
  assert.deepEqual(await told(tenant), [])
  const failed = { by: 'layerwatch', sensor: 'filament', reason: 'refused', tries: 3 } as const
  await ingest(tenant, [story.event('sensor.tripped', data), story.event('pause.failed', failed)])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['paused email', 'paused push', 'pause-failed email', 'pause-failed push'])
  assert.match(rows[0]?.title ?? '', /^Out of filament: /)
})

test('a smoke alarm that is not believed is told by every channel, a filament sensor quietly', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [
    story.event('sensor.failed', { sensor: 'smoke', fault: 'stuck' }, { printId: undefined }),
    story.event('sensor.failed', { sensor: 'filament', fault: 'unsteady' }),
    story.event('sensor.restored', { sensor: 'filament', fault: 'unsteady', seconds: 60 }),
  ])
  assert.deepEqual(brief(await told(tenant)), ['pause-failed email', 'pause-failed push', 'lost push'])
})

test('a paused printer that was not cared for is told', async () => {
  const tenant = await makeSubscriber()
  const failed = { care: 'macro', macro: 'PARK', reason: 'unknown command' } as const
  await ingest(tenant, [tellStory().event('care.failed', failed)])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['pause-failed email', 'pause-failed push'])
  assert.match(rows[0]?.title ?? '', /^Paused, but not cared for: /)
})
