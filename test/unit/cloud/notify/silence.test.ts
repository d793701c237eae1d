import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { ingestStatus } from '../../../../cloud/ingest.ts'
import { tellSilences } from '../../../../cloud/notify/silence.ts'
import { startTestDatabase, type TestDatabase } from '../../../setup/database.ts'
import { makeIngestContext } from '../../../setup/ingest.ts'
import { type AgentStory, makeTenant, type Tenant, tellStory } from '../../../setup/tenants.ts'

let database: TestDatabase
let tenant: Tenant
let story: AgentStory
let nowMs = Date.parse('2026-05-04T10:00:00Z')
const now = () => new Date(nowMs)

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())
beforeEach(async () => {
  await database.db.device.updateMany({ data: { revokedAt: new Date() } })
  tenant = await makeTenant(database.db)
  story = tellStory()
})

async function hear(printer: Parameters<AgentStory['status']>[0] = {}): Promise<void> {
  const context = { ...makeIngestContext(database.db), now }
  await ingestStatus(context, { deviceId: tenant.deviceId, json: story.status(printer), heardMs: 0 })
}

async function look({ listeningForMs = 3600_000 } = {}): Promise<void> {
  const listeningSince = new Date(nowMs - listeningForMs)
  await tellSilences({ db: database.db, now, listeningSince, canSendEmail: true, onNotifications: () => {} })
}

async function told(): Promise<string[]> {
  const where = { personId: tenant.personId }
  const rows = await database.db.notification.findMany({ where, orderBy: { createdAt: 'asc' } })
  return rows.map((row) => row.title.replace(/\d\d:\d\d$/, 'HH:MM'))
}

const send = () => database.db.notification.updateMany({ data: { status: 'sent', tries: 1 } })
const silent = 'No word from the device since HH:MM'
const again = 'The device is heard again, HH:MM'

test('a device silent for two minutes of a print is told of once, and once more when it is heard', async () => {
  await hear({ layer: 41 })
  nowMs += 119_000
  await look()
  assert.deepEqual(await told(), [])
  nowMs += 2_000
  await look()
  await look()
  assert.deepEqual(await told(), [silent])
  const row = await database.db.notification.findFirstOrThrow({ where: { personId: tenant.personId } })
  assert.match(row.body, /Ender 3 was printing.*benchy\.gcode.*Layer 41/)
  await send()
  nowMs += 60_000
  await hear()
  nowMs += 15_000
  await hear()
  assert.deepEqual(await told(), [silent, again])
  nowMs += 121_000
  await look()
  assert.deepEqual(await told(), [silent, again, silent])
})

test('a silence that ends before its message was sent is not told of at all', async () => {
  await hear()
  nowMs += 121_000
  await look()
  await hear()
  assert.deepEqual(await told(), [])
})

test('a printer that does not print, and a cloud that was deaf itself, are no reason to tell', async () => {
  await hear({ state: 'idle' })
  nowMs += 121_000
  await look()
  await hear({ state: 'printing' })
  nowMs += 3600_000
  await look({ listeningForMs: 60_000 })
  assert.deepEqual(await told(), [])
  await look()
  assert.deepEqual(await told(), [silent])
})

test('a silence of days is history', async () => {
  await hear()
  nowMs += 25 * 3600_000
  await look()
  assert.deepEqual(await told(), [])
})
