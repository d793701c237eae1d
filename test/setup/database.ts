import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { type Db, openDatabase } from '../../cloud/db/client.ts'
import { migrate } from '../../cloud/db/migrate.ts'
import { startEmbeddedDatabase } from '../../cloud/embedded.ts'

export interface TestDatabase {
  db: Db
  url: string
  /** A scratch folder that goes with the database. */
  dataDir: string
  close(): Promise<void>
}

const log = pino({ level: 'silent' })
const cacheDir = join(import.meta.dirname, '../.cache')
const migrationsDir = join(import.meta.dirname, '../../prisma/migrations')

/** A real PostgreSQL of the test's own, migrated; nothing here is faked. Copied from one made once. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-cloud-'))
  const template = await makeTemplate()
  for (const part of ['database', 'database-password']) {
    execFileSync('cp', ['-a', join(template, part), join(dataDir, part)], { timeout: 60_000 })
  }
  const server = await startEmbeddedDatabase({ dataDir, log })
  const { db, close } = openDatabase(server.url)
  return {
    db,
    url: server.url,
    dataDir,
    close: async () => {
      await close()
      await server.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A folder with a migrated database that is stopped; made where the migrations changed. */
async function makeTemplate(): Promise<string> {
  const template = join(cacheDir, `database-${process.getuid?.() ?? 0}-${digestOfMigrations()}`)
  if (existsSync(template)) return template
  mkdirSync(cacheDir, { recursive: true })
  const fresh = mkdtempSync(`${template}-`)
  const server = await startEmbeddedDatabase({ dataDir: fresh, log })
  await migrate(server.url)
  await server.close()
  // A test outlives no power cut: waiting for the disk would only make it slow.
  appendFileSync(join(fresh, 'database/postgresql.conf'), '\nfsync = off\nfull_page_writes = off\n')
  try {
    renameSync(fresh, template)
  } catch {
    // Another test was faster.
    rmSync(fresh, { recursive: true, force: true })
  }
  return template
}

function digestOfMigrations(): string {
  const digest = createHash('sha256')
  for (const name of readdirSync(migrationsDir).sort()) {
    const file = join(migrationsDir, name, 'migration.sql')
    if (existsSync(file)) digest.update(name).update(readFileSync(file))
  }
  return digest.digest('hex').slice(0, 16)
}
