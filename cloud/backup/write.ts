import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type pg from 'pg'
import { connect, listApplied } from '../db/migrate.ts'
import { picturePath } from '../pictures.ts'
import { holdFile } from './files.ts'
import { type HeldFile, type Manifest, manifestName, tablePath } from './manifest.ts'
import { listTables, readLines, readRows } from './tables.ts'

interface Source {
  databaseUrl: string
  dataDir: string
  /** Told what is being done, in a person's words. */
  say: (progress: string) => void
}

export interface WrittenBackup {
  manifest: Manifest
  /** Pictures the database knows and the disk has lost. */
  missingPictures: number
}

/** Files of the data folder that are neither keys nor pictures: the port devices were told, the way in of the first owner. */
const singleFiles = ['broker-port', 'setup-token']

/**
 * Writes all that the cloud holds into a new folder: every row as of one moment, the pictures they name, and the
 * keys. The cloud may run meanwhile. The folder is moved to its place when it is whole.
 * @throws RejectedError where the folder is there already or the database holds nothing of ours, UnavailableError where the database cannot be reached
 */
export async function writeBackup(dir: string, source: Source): Promise<WrittenBackup> {
  if (existsSync(dir)) throw new RejectedError(`${dir} is there already; name a folder that is not`)
  const fresh = `${dir}.partial`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o700 })
  const client = await connect(source.databaseUrl)
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const rows = await holdTables(client, fresh, source)
    const pictures = await holdPictures(client, fresh, source)
    const keys = await holdKeys(fresh, source.dataDir)
    const manifest: Manifest = {
      format: 1,
      createdAt: new Date().toISOString(),
      postgres: await askVersion(client),
      migrations: await listApplied(client),
      tables: rows.tables,
      files: [...rows.files, ...keys, ...pictures.files],
    }
    await writeFile(path.join(fresh, manifestName), JSON.stringify(manifest), { mode: 0o600, flush: true })
    await rename(fresh, dir)
    return { manifest, missingPictures: pictures.missing }
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  } finally {
    await client.end()
  }
}

async function askVersion(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
  return rows[0]?.server_version ?? ''
}

async function holdTables(client: pg.Client, fresh: string, { say }: Source) {
  const tables: Manifest['tables'] = []
  const files: HeldFile[] = []
  const names = await listTables(client)
  if (names.length === 0) throw new RejectedError('this database holds nothing of Layerwatch')
  for (const name of names) {
    let rows = 0
    async function* lines() {
      for await (const some of readRows(client, name)) {
        rows += some.length
        say(`${name}: ${rows} rows`)
        yield `${some.join('\n')}\n`
      }
    }
    files.push(await holdFile(fresh, tablePath(name), Readable.from(lines()).pipe(createGzip())))
    tables.push({ name, rows })
  }
  return { tables, files }
}

async function holdPictures(client: pg.Client, fresh: string, { dataDir, say }: Source) {
  const files: HeldFile[] = []
  let missing = 0
  for await (const ids of readLines(client, 'SELECT id::text FROM "Snapshot" WHERE bytes IS NOT NULL')) {
    for (const id of ids) {
      const file = picturePath(dataDir, id)
      if (existsSync(file))
        files.push(await holdFile(fresh, path.relative(dataDir, file), createReadStream(file)))
      else missing++
    }
    say(`${files.length} pictures`)
  }
  return { files, missing }
}

async function holdKeys(fresh: string, dataDir: string): Promise<HeldFile[]> {
  // A file that ends so is one that is just being written.
  const keys = (await readdir(path.join(dataDir, 'keys'))).filter((name) => !name.endsWith('.new'))
  const held = [...keys.map((name) => `keys/${name}`), ...singleFiles]
  const there = held.filter((name) => existsSync(path.join(dataDir, name)))
  return await Promise.all(
    there.map((name) => holdFile(fresh, name, createReadStream(path.join(dataDir, name)))),
  )
}
