import { mkdtempSync, rmSync } from 'node:fs'
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

/** A real PostgreSQL of the test's own, migrated; nothing here is faked. About 3 s to make. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-cloud-'))
  const server = await startEmbeddedDatabase({ dataDir, log: pino({ level: 'silent' }) })
  await migrate(server.url)
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
