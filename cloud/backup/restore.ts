import { createReadStream, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type pg from 'pg'
import { connect, migrate, requireKnown } from '../db/migrate.ts'
import { checkFile, copyInto } from './files.ts'
import { Manifest, manifestName, tablePath } from './manifest.ts'
import { holdsRows, writeRows } from './tables.ts'

interface Target {
  databaseUrl: string
  dataDir: string
  say: (progress: string) => void
}

/**
 * Reads a backup's manifest and holds every file against it.
 * @throws RejectedError where it is no backup, or a file is not what was written; ConfigError where a later version
 * made it
 */
export async function openBackup(dir: string, say: (progress: string) => void): Promise<Manifest> {
  const manifest = readManifest(dir)
  requireKnown(manifest.migrations)
  for (const [index, file] of manifest.files.entries()) {
    await checkFile(dir, file)
    say(`${index + 1} of ${manifest.files.length} files checked`)
  }
  return manifest
}

function readManifest(dir: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(readFileSync(path.join(dir, manifestName), 'utf8')))
  } catch (cause) {
    throw new RejectedError(`${dir} holds no whole backup of Layerwatch`, { cause })
  }
}

/**
 * Fills an empty database and data folder from a backup that was opened: its own tables first, then what later
 * versions changed about them.
 * @throws RejectedError where the database holds something already
 */
export async function restoreBackup(dir: string, manifest: Manifest, target: Target): Promise<void> {
  const { databaseUrl, dataDir, say } = target
  const others = manifest.files.filter(({ path: held }) => !held.startsWith('tables/'))
  await migrate(databaseUrl, { only: new Set(manifest.migrations.map(({ name }) => name)) })
  const client = await connect(databaseUrl)
  try {
    await client.query('BEGIN')
    if (await holdsRows(client))
      throw new RejectedError('the database holds data already; restore into an empty one')
    for (const { name, rows } of manifest.tables) {
      await fillTable(client, dir, { name, rows })
      say(`${name}: ${rows} rows`)
    }
    await client.query('COMMIT')
  } finally {
    await client.end()
  }
  await migrate(databaseUrl)
  for (const [index, { path: held }] of others.entries()) {
    await copyInto(path.join(dataDir, held), createReadStream(path.join(dir, held)))
    say(`${index + 1} of ${others.length} keys and pictures`)
  }
}

async function fillTable(
  client: pg.Client,
  dir: string,
  { name, rows }: { name: string; rows: number },
): Promise<void> {
  const input = createReadStream(path.join(dir, tablePath(name))).pipe(createGunzip())
  const written = await writeRows(
    client,
    name,
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }),
  )
  if (written !== rows)
    throw new RejectedError(`this backup cannot be used: ${name} has ${written} of ${rows} rows`)
}
