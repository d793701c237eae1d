import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import pg from 'pg'
import { migrate } from '../../../cloud/db/migrate.ts'
import { findFreePort } from '../../../cloud/free-port.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'

const shipped = join(import.meta.dirname, '../../../prisma/migrations')
let database: TestDatabase
/** An empty database beside the migrated one, and a copy of the migrations to spoil. */
let url = ''
let dir = ''

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())
beforeEach(async (t) => {
  const name = `scratch_${Math.random().toString(36).slice(2)}`
  await database.db.$executeRawUnsafe(`CREATE DATABASE ${name}`)
  url = database.url.replace(/[^/]+$/, name)
  dir = mkdtempSync(join(tmpdir(), 'layerwatch-migrations-'))
  cpSync(shipped, dir, { recursive: true })
  if ('after' in t) t.after(() => rmSync(dir, { recursive: true }))
})

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function refusal(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.problems.join(), pattern)
    return true
  }
}

test('every migration is applied once, in order, and written in Prisma’s book', async () => {
  const names = readdirSync(dir).filter((name) => name !== 'migration_lock.toml')
  assert.deepEqual(await migrate(url, { dir }), names.sort())
  assert.deepEqual(await migrate(url, { dir }), [])
  const book = await query('SELECT migration_name, applied_steps_count, finished_at FROM _prisma_migrations')
  assert.deepEqual(
    book.map((row) => row.migration_name),
    names,
  )
  assert.ok(book.every((row) => row.applied_steps_count === 1 && row.finished_at instanceof Date))
})

test('of two clouds that start at once, one migrates', async () => {
  const applied = await Promise.all([migrate(url, { dir }), migrate(url, { dir })])
  assert.deepEqual(applied.map((names) => names.length > 0).sort(), [false, true])
})

test('a migration changed after it was applied is refused', async () => {
  const [first = ''] = await migrate(url, { dir })
  appendFileSync(join(dir, first, 'migration.sql'), '\n-- changed')
  await assert.rejects(migrate(url, { dir }), refusal(/changed after it was applied/))
})

test('a database of a later version is refused', async () => {
  const [first = ''] = await migrate(url, { dir })
  rmSync(join(dir, first), { recursive: true })
  await assert.rejects(migrate(url, { dir }), refusal(/later version/))
})

test('a migration that fails leaves nothing behind', async () => {
  mkdirSync(join(dir, '99999999999999_broken'))
  const sql = 'CREATE TABLE half (id int); SELECT nonsense;'
  writeFileSync(join(dir, '99999999999999_broken', 'migration.sql'), sql)
  await assert.rejects(migrate(url, { dir }), refusal(/99999999999999_broken: .*nonsense/))
  assert.deepEqual(await query("SELECT 1 FROM pg_tables WHERE tablename = 'half'"), [])
  assert.equal((await query('SELECT 1 FROM _prisma_migrations')).length > 0, true)
})

test('a push that waits while the cloud is upgraded goes to every browser, and one that was sent to none', async () => {
  const later = readdirSync(dir).filter((name) => name >= '20261125010000' && name !== 'migration_lock.toml')
  const kept = mkdtempSync(join(tmpdir(), 'layerwatch-migrations-'))
  for (const name of later) cpSync(join(dir, name), join(kept, name), { recursive: true })
  for (const name of later) rmSync(join(dir, name), { recursive: true })
  await migrate(url, { dir })
  await query(
    `INSERT INTO "user" ("id", "name", "email", "updatedAt") VALUES ('anna', 'Anna', 'a@example.org', now())`,
  )
  await query(`INSERT INTO "PushSubscription" ("id", "personId", "endpoint", "p256dh", "auth")
    SELECT gen_random_uuid(), 'anna', 'https://push.example.org/' || n, '', '' FROM generate_series(1, 2) n`)
  await query(`INSERT INTO "Notification" ("id", "organisationId", "personId", "channel", "kind", "eventId", "title", "body", "path", "status")
    SELECT gen_random_uuid(), 'o', 'anna', channel, 'paused', gen_random_uuid(), '', '', '/', status
    FROM (VALUES ('push', 'pending'), ('push', 'sent'), ('email', 'pending')) AS one(channel, status)`)
  cpSync(kept, dir, { recursive: true })
  rmSync(kept, { recursive: true })
  assert.deepEqual(await migrate(url, { dir }), later.sort())
  const rows = await query(
    'SELECT channel, status, target <> \'\' AS named FROM "Notification" ORDER BY 1, 2, 3',
  )
  assert.deepEqual(
    rows.map(({ channel, status, named }) => `${channel} ${status} ${named}`),
    ['email pending false', 'push pending true', 'push pending true', 'push sent false'],
  )
})

test('the migrations make what the schema says: columns, their types, keys and indices', async () => {
  await migrate(url, { dir })
  const inPublic = "table_schema = 'public' AND table_name <> '_prisma_migrations'"
  const columns = await query(
    `SELECT table_name || '.' || column_name || ' ' || data_type
       || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END AS said
     FROM information_schema.columns WHERE ${inPublic}`,
  )
  const indices = await query(
    "SELECT indexname AS said FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
  )
  const foreignKeys = await query(
    `SELECT constraint_name AS said FROM information_schema.table_constraints
     WHERE constraint_type = 'FOREIGN KEY' AND ${inPublic}`,
  )
  const schema = readSchema(readFileSync(join(shipped, '../schema.prisma'), 'utf8'))
  const said = (rows: Record<string, unknown>[]) => rows.map((row) => String(row.said)).sort()
  assert.deepEqual(said(columns), schema.columns.sort())
  assert.deepEqual(said(indices), schema.indices.sort())
  assert.deepEqual(said(foreignKeys), schema.foreignKeys.sort())
})

const columnTypes: Record<string, string> = {
  String: 'text',
  Boolean: 'boolean',
  DateTime: 'timestamp without time zone',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Json: 'jsonb',
}

/** The schema as PostgreSQL would tell it, under the names Prisma gives; enough of the language for ours. */
function readSchema(text: string): { columns: string[]; indices: string[]; foreignKeys: string[] } {
  const columns: string[] = []
  const indices: string[] = []
  const foreignKeys: string[] = []
  for (const [, model = '', body = ''] of text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? model
    indices.push(`${table}_pkey`)
    for (const [, kind, list = ''] of body.matchAll(/@@(index|unique)\(\[([^\]]+)\]/g)) {
      indices.push(`${table}_${list.split(/,\s*/).join('_')}_${kind === 'index' ? 'idx' : 'key'}`)
    }
    for (const [, list = ''] of body.matchAll(/@relation\(fields: \[([^\]]+)\]/g)) {
      foreignKeys.push(`${table}_${list.split(/,\s*/).join('_')}_fkey`)
    }
    for (const [, name, type = '', mark, rest = ''] of body.matchAll(/^ {2}(\w+) +(\w+)(\?|\[\])?(.*)$/gm)) {
      const columnType = rest.includes('@db.Uuid') ? 'uuid' : columnTypes[type]
      if (!columnType) continue
      // Prisma makes lists nullable for PostgreSQL.
      const isNullable = mark !== undefined
      columns.push(`${table}.${name} ${mark === '[]' ? 'ARRAY' : columnType}${isNullable ? '?' : ''}`)
      if (/@unique\b/.test(rest)) indices.push(`${table}_${name}_key`)
    }
  }
  return { columns, indices, foreignKeys }
}

test('a database that is not there is waited for by whoever started us, not a bug', async () => {
  const nobody = new URL(database.url)
  nobody.port = String(await findFreePort())
  await assert.rejects(migrate(nobody.href), UnavailableError)
})
