import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import pg from 'pg'

const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

/** The lock Prisma's own command line takes, so that the two never run at once. */
const advisoryLock = 72707369

/** Prisma's book of what was applied, as its command line makes it. */
export const bookName = '_prisma_migrations'
const createBook = `
CREATE TABLE IF NOT EXISTS "${bookName}" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

interface Migration {
  name: string
  sql: string
  /** SHA-256 of the file, hex. */
  checksum: string
}

/**
 * Brings the database up to date: every migration not yet applied, in order, each in one transaction with its
 * entry in Prisma's book. Several clouds may start at once; one migrates, the others wait.
 * @param options.only the names of those to apply, where not all are wanted yet.
 * @returns the names of those applied now.
 * @throws ConfigError where the database knows a migration this version does not, or an applied one was changed,
 * UnavailableError where it cannot be reached.
 */
export async function migrate(
  databaseUrl: string,
  { dir = migrationsDir, only }: { dir?: string; only?: ReadonlySet<string> } = {},
): Promise<string[]> {
  const migrations = readMigrations(dir)
  const client = await connect(databaseUrl)
  try {
    await client.query("SET lock_timeout = '60s'")
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock])
    await client.query(createBook)
    const pending = findPending(migrations, await readBook(client)).filter(
      ({ name }) => only?.has(name) ?? true,
    )
    for (const migration of pending) await apply(client, migration)
    return pending.map(({ name }) => name)
  } finally {
    // Ends the session and with it the lock.
    await client.end()
  }
}

/**
 * A connection outside of the pool, for what no query of `cloud/db` does.
 * @throws UnavailableError where the database cannot be reached.
 */
export async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  // A connection that breaks is told by the query that needs it.
  client.on('error', () => {})
  await client.connect().catch((cause: unknown) => {
    throw new UnavailableError('The database cannot be reached', { cause })
  })
  return client
}

/** The migrations a database has had, in order. */
export async function listApplied(client: pg.Client): Promise<{ name: string; checksum: string }[]> {
  const applied = (await readBook(client)).map(({ name, checksum }) => ({ name, checksum }))
  return applied.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** @throws ConfigError where one of these is not a migration of this version. */
export function requireKnown(migrations: readonly { name: string; checksum: string }[]): void {
  findPending(
    readMigrations(migrationsDir),
    migrations.map((migration) => ({ ...migration, isFinished: true })),
  )
}

function readMigrations(dir: string): Migration[] {
  return readdirSync(dir)
    .filter((name) => existsSync(join(dir, name, 'migration.sql')))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(dir, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

interface Applied {
  name: string
  checksum: string
  isFinished: boolean
}

async function readBook(client: pg.Client): Promise<Applied[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  )
  return rows.map((row) => ({
    name: row.migration_name,
    checksum: row.checksum,
    isFinished: row.finished_at !== null,
  }))
}

/** What is left to do. Pure. */
export function findPending<T extends { name: string; checksum: string }>(
  migrations: readonly T[],
  applied: readonly Applied[],
): T[] {
  const problems = applied.flatMap(({ name, checksum, isFinished }) => {
    const migration = migrations.find((known) => known.name === name)
    if (!migration) return [`${name}: applied by a later version of Layerwatch; start that one`]
    if (migration.checksum !== checksum) return [`${name}: the file was changed after it was applied`]
    return isFinished ? [] : [`${name}: did not finish; restore a backup`]
  })
  if (problems.length > 0) throw new ConfigError('The database does not fit this version', { problems })
  const names = new Set(applied.map(({ name }) => name))
  return migrations.filter(({ name }) => !names.has(name))
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    // Whole, for a body between $$ may hold semicolons.
    await client.query(sql)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {})
    throw new ConfigError('A migration failed; nothing of it was kept', {
      cause,
      problems: [`${name}: ${cause instanceof Error ? cause.message : String(cause)}`],
    })
  }
}
