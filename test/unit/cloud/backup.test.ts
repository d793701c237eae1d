import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { ConfigError, RejectedError } from '@layerwatch/shared/errors.ts'
import { Manifest } from '../../../cloud/backup/manifest.ts'
import { openBackup, restoreBackup } from '../../../cloud/backup/restore.ts'
import { listTables, orderByReferences, readRows } from '../../../cloud/backup/tables.ts'
import { writeBackup } from '../../../cloud/backup/write.ts'
import { connect, migrate } from '../../../cloud/db/migrate.ts'
import { loadOrMakeKeys } from '../../../cloud/keys.ts'
import { picturePath } from '../../../cloud/pictures.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { ingestAll, makeIngestContext, wholeStory } from '../../setup/ingest.ts'
import { makeTenant, tellStory } from '../../setup/tenants.ts'

/* Real databases: one that is filled, and an empty one beside it for each test. */

const say = () => {}
const hostile = 'a\nb\t"quoted" \\ {brace,comma} 😀 \u202Eright-to-left'
const [kept, lost] = [randomUUID(), randomUUID()]
let database: TestDatabase
let folder = ''
let emptyUrl = ''

before(async () => {
  database = await startTestDatabase()
  const { db, dataDir } = database
  const tenant = await makeTenant(db, hostile)
  const story = tellStory()
  await ingestAll(makeIngestContext(db), tenant.deviceId, wholeStory(story))
  await db.printer.update({
    where: { id: story.printerId },
    data: {
      name: hostile,
      limits: [hostile, '', '{}'],
      seq: 2n ** 62n,
      progress: 0.1 + 0.2,
      learned: { words: [hostile, null] },
    },
  })
  const { organisationId, deviceId } = tenant
  for (const id of [kept, lost]) {
    await db.snapshot.create({ data: { id, organisationId, deviceId, at: new Date(), bytes: 4 } })
  }
  mkdirSync(path.dirname(picturePath(dataDir, kept)), { recursive: true })
  writeFileSync(picturePath(dataDir, kept), 'jpeg')
  await loadOrMakeKeys(path.join(dataDir, 'keys'))
  writeFileSync(path.join(dataDir, 'broker-port'), '18883')
})
after(() => database.close())
beforeEach(async (t) => {
  folder = mkdtempSync(path.join(tmpdir(), 'layerwatch-backup-'))
  emptyUrl = await makeDatabase()
  if ('after' in t) t.after(() => rmSync(folder, { recursive: true }))
})

async function makeDatabase(): Promise<string> {
  const name = `scratch_${randomUUID().slice(0, 8)}`
  await database.db.$executeRawUnsafe(`CREATE DATABASE ${name}`)
  return database.url.replace(/[^/]+$/, name)
}

const backUp = (dir: string, databaseUrl = database.url) =>
  writeBackup(dir, { databaseUrl, dataDir: database.dataDir, say })

async function restore(dir: string, dataDir = path.join(folder, 'restored')): Promise<void> {
  await restoreBackup(dir, await openBackup(dir, say), { databaseUrl: emptyUrl, dataDir, say })
}

/** Every row of every table, as PostgreSQL tells it. */
async function readAll(databaseUrl: string): Promise<Record<string, string[]>> {
  const client = await connect(databaseUrl)
  const all: Record<string, string[]> = {}
  try {
    await client.query('BEGIN')
    for (const table of await listTables(client)) {
      const rows: string[] = []
      for await (const some of readRows(client, table)) rows.push(...some)
      all[table] = rows.sort()
    }
  } finally {
    await client.end()
  }
  return all
}

test('what was backed up comes back row by row, with pictures and keys, for the owner’s eyes alone', async () => {
  const dir = path.join(folder, 'backup')
  const restored = path.join(folder, 'restored')
  const { manifest, missingPictures } = await backUp(dir)
  assert.equal(missingPictures, 1)
  assert.ok(manifest.tables.some(({ name, rows }) => name === 'Event' && rows > 15))
  await restore(dir, restored)
  assert.deepEqual(await readAll(emptyUrl), await readAll(database.url))
  assert.equal(readFileSync(picturePath(restored, kept), 'utf8'), 'jpeg')
  assert.equal(existsSync(picturePath(restored, lost)), false)
  for (const name of ['keys/authority.pem', 'keys/commands.pem', 'keys/session-secret', 'broker-port']) {
    assert.deepEqual(readFileSync(path.join(restored, name)), readFileSync(path.join(database.dataDir, name)))
    assert.equal(statSync(path.join(restored, name)).mode & 0o077, 0)
  }
  assert.equal(statSync(dir).mode & 0o077, 0)
})

test('a backup of an older version is brought up to date', async () => {
  const [older, dir] = [await makeDatabase(), path.join(folder, 'backup')]
  await migrate(older, { only: new Set(['20261124000000_first']) })
  const client = await connect(older)
  await client.query(
    `INSERT INTO "user" ("id", "name", "email", "updatedAt") VALUES ('a', 'A', 'a@example.org', now())`,
  )
  await client.query(`INSERT INTO "PushSubscription" ("id", "personId", "endpoint", "p256dh", "auth")
    VALUES (gen_random_uuid(), 'a', 'https://push.example.org/1', '', '')`)
  await client.end()
  await backUp(dir, older)
  await restore(dir)
  const restored = await readAll(emptyUrl)
  assert.equal(restored.PushSubscription?.length, 1)
  assert.deepEqual(Object.keys(restored).sort(), Object.keys(await readAll(database.url)).sort())
})

test('what was changed, cut off or left out since is refused before anything is written', async () => {
  for (const spoil of [
    (dir: string) => appendFileSync(path.join(dir, 'keys/authority.pem'), ' '),
    (dir: string) => rmSync(path.join(dir, 'tables/Event.ndjson.gz')),
    (dir: string) => rmSync(path.join(dir, 'manifest.json')),
    (dir: string) => writeFileSync(path.join(dir, 'manifest.json'), '{"format":1'),
    (dir: string) => pointElsewhere(dir),
  ]) {
    const dir = path.join(folder, randomUUID())
    await backUp(dir)
    spoil(dir)
    await assert.rejects(restore(dir), RejectedError)
    assert.deepEqual(await readAll(emptyUrl), {})
  }
})

function readManifest(dir: string): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(path.join(dir, 'manifest.json'), 'utf8')))
}

/** A file that would be written outside of the data folder. */
function pointElsewhere(dir: string): void {
  const manifest = readManifest(dir)
  const files = manifest.files.map((file, index) =>
    index === 0 ? { ...file, path: 'keys/../../outside' } : file,
  )
  writeFileSync(path.join(dir, 'manifest.json'), JSON.stringify({ ...manifest, files }))
}

test('a backup of a later version is refused', async () => {
  const dir = path.join(folder, 'backup')
  await backUp(dir)
  const manifest = readManifest(dir)
  manifest.migrations.push({ name: '99991231000000_later', checksum: '0' })
  writeFileSync(path.join(dir, 'manifest.json'), JSON.stringify(manifest))
  await assert.rejects(
    restore(dir),
    (error) => error instanceof ConfigError && /later version/.test(error.problems.join()),
  )
})

test('a database that holds data is left as it is', async () => {
  const dir = path.join(folder, 'backup')
  await backUp(dir)
  await restore(dir)
  const client = await connect(emptyUrl)
  await client.query(`UPDATE "user" SET name = 'changed since'`)
  await client.end()
  const before = await readAll(emptyUrl)
  await assert.rejects(restore(dir, path.join(folder, 'again')), /holds data already/)
  assert.deepEqual(await readAll(emptyUrl), before)
})

test('a folder that is there is not written over, and a database without Layerwatch is said', async () => {
  const dir = path.join(folder, 'backup')
  mkdirSync(dir)
  await assert.rejects(backUp(dir), /is there already/)
  await assert.rejects(backUp(path.join(folder, 'other'), emptyUrl), /holds nothing of Layerwatch/)
  assert.equal(existsSync(path.join(folder, 'other')), false)
  assert.equal(existsSync(path.join(folder, 'other.partial')), false)
})

test('rows written while a backup runs are in it whole or not at all', async () => {
  const tenant = await makeTenant(database.db)
  let isWriting = true
  const writing = (async () => {
    while (isWriting) await ingestAll(makeIngestContext(database.db), tenant.deviceId, wholeStory())
  })()
  const dir = path.join(folder, 'backup')
  await backUp(dir)
  isWriting = false
  await writing
  // Foreign keys hold: a row without its parent would be refused.
  await restore(dir)
})

test('tables come after those they refer to, and a circle is no order', () => {
  const references = [
    { child: 'b', parent: 'a' },
    { child: 'a', parent: 'c' },
    { child: 'c', parent: 'c' },
  ]
  assert.deepEqual(orderByReferences(['a', 'b', 'c', 'd'], references), ['c', 'd', 'a', 'b'])
  assert.throws(
    () =>
      orderByReferences(
        ['a', 'b'],
        [
          { child: 'a', parent: 'b' },
          { child: 'b', parent: 'a' },
        ],
      ),
    /circle/,
  )
})
