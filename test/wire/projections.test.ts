import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PrinterView } from '@layerwatch/shared/api.ts'
import { ingestStatus } from '../../cloud/ingest.ts'
import { startTestDatabase, type TestDatabase } from '../setup/database.ts'
import { ingestAll, makeIngestContext } from '../setup/ingest.ts'
import { makeTenant, type SentEvent } from '../setup/tenants.ts'

/** What agents of version 1 send is stored and projected by this cloud, and an event of a later one too. */

const folder = path.resolve(import.meta.dirname, '../fixtures/v1')
const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'))

let database: TestDatabase
before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

test('every event and status of version 1 is taken', async () => {
  const { deviceId } = await makeTenant(database.db)
  const context = makeIngestContext(database.db)
  const events: SentEvent[] = readdirSync(folder)
    .filter((name) => name.startsWith('event.'))
    .map(read)
    .sort((a, b) => a.seq - b.seq)
  const last = events.at(-1)
  assert.ok(last)
  const later = {
    ...last,
    id: '01935f2a-0000-7000-8000-000000000999',
    seq: 999,
    type: 'bed.levelled',
    addedLater: 1,
  }
  const results = await ingestAll(context, deviceId, [...events, later])
  assert.deepEqual(new Set(results), new Set(['stored']))
  const take = (name: string) =>
    ingestStatus(context, { deviceId, json: read(name), heardMs: performance.now() })
  const { db } = database
  await take('status.json')
  await take('status.watch-only.json')
  const { limits } = await db.printer.findFirstOrThrow()
  assert.match(limits.join(), /^Can only watch, because/)
  const json = { ...Object(read('status.cameras.json')), uptimeMs: 93_000 }
  await ingestStatus(context, { deviceId, json, heardMs: performance.now() })
  const { cameras } = await db.printer.findFirstOrThrow()
  const shown = PrinterView.shape.cameras.parse(cameras)
  assert.deepEqual(
    shown?.map(({ name, isSeeing }) => [name, isSeeing]),
    [
      ['camera 1', true],
      ['camera 2', false],
    ],
  )
  await take('status.blind.json')
  await take('status.last-will.json')
  const print = await db.print.findFirstOrThrow()
  assert.deepEqual([print.job, print.outcome, print.layer], ['benchy.gcode', 'finished', 120])
  assert.equal(await db.layer.count(), 1)
  const incidents = await db.incident.findMany({ orderBy: { openedAt: 'asc' } })
  assert.deepEqual(
    incidents.map(({ severity, status, pause }) => [severity, status, pause]),
    [
      ['suspected', 'resolved', 'none'],
      ['confirmed', 'resolved', 'confirmed'],
    ],
  )
  const printer = await db.printer.findFirstOrThrow()
  assert.deepEqual(
    [printer.name, printer.state, printer.watching],
    [
      'Ender 3',
      'offline',
      {
        isWatching: false,
        since: '2026-11-24T14:01:31.000Z',
        reason: 'camera-dark',
        detail: 'mean brightness 3 of 255',
      },
    ],
  )
  assert.equal((await db.device.findFirstOrThrow()).isOnline, false)
})
