import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { Manifest } from '../backup/manifest.ts'
import { openBackup, restoreBackup } from '../backup/restore.ts'
import { writeBackup } from '../backup/write.ts'
import type { CloudConfig } from '../config.ts'
import { lockFiles, lockFolder } from '../embedded/folder-lock.ts'
import { startEmbeddedDatabase } from '../embedded.ts'
import { findDatabase } from './open.ts'

interface BackupCommand {
  /** The backup's folder. */
  dir: string
  log: Logger
  /** Whether a program reads the answer: then no progress is printed. */
  isJson: boolean
}

const progressEveryMs = 2_000

/** `backup DIR`. */
export async function backUpCloud(config: CloudConfig, { dir, log, isJson }: BackupCommand): Promise<void> {
  if (!config.databaseUrl && !existsSync(path.join(config.dataDir, 'database'))) {
    throw new ConfigError('There is no cloud to back up', {
      problems: [`dataDir: ${config.dataDir} holds no database; name its folder with --data or --config`],
    })
  }
  const { url, close } = await findDatabase(config, log)
  try {
    const source = { databaseUrl: url, dataDir: config.dataDir, say: tellNowAndThen(isJson) }
    const { manifest, missingPictures } = await writeBackup(dir, source)
    tell(isJson, { ...summarise(dir, manifest), missingPictures }, [
      `Backed up to ${dir}: ${describe(manifest)}.`,
      ...(missingPictures > 0 ? [`${missingPictures} pictures were not on the disk any more.`] : []),
      'It holds the keys that devices trust and everybody’s data: keep it as you keep a password.',
    ])
  } finally {
    await close()
  }
}

/** `restore DIR`: all or nothing, into a data folder that is empty. */
export async function restoreCloud(config: CloudConfig, { dir, log, isJson }: BackupCommand): Promise<void> {
  const { dataDir, databaseUrl } = config
  const say = tellNowAndThen(isJson)
  const manifest = await openBackup(dir, say)
  const release = lockFolder(dataDir)
  try {
    requireEmpty(dataDir)
    const embedded = databaseUrl ? undefined : await startEmbeddedDatabase({ dataDir, log })
    try {
      await restoreBackup(dir, manifest, { databaseUrl: databaseUrl ?? embedded?.url ?? '', dataDir, say })
    } catch (error) {
      await embedded?.close()
      for (const name of namesIn(dataDir))
        await rm(path.join(dataDir, name), { recursive: true, force: true })
      throw error
    }
    await embedded?.close()
  } finally {
    release()
  }
  tell(isJson, summarise(dir, manifest), [`Restored from ${dir}: ${describe(manifest)}. Start the cloud.`])
}

function requireEmpty(dataDir: string): void {
  if (namesIn(dataDir).length === 0) return
  throw new ConfigError('A backup is restored into an empty data folder', {
    problems: [`dataDir: ${dataDir} is not empty; move it away or name another with --data`],
  })
}

/** What lies in a data folder besides its lock. */
function namesIn(dataDir: string): string[] {
  return existsSync(dataDir) ? readdirSync(dataDir).filter((name) => !lockFiles.includes(name)) : []
}

function summarise(dir: string, manifest: Manifest) {
  const { createdAt, tables } = manifest
  return { dir, createdAt, tables, pictures: picturesOf(manifest), bytes: bytesOf(manifest) }
}

function describe(manifest: Manifest): string {
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0)
  const megabytes = (bytesOf(manifest) / 1e6).toFixed(1)
  return `${rows} rows, ${picturesOf(manifest)} pictures, ${megabytes} MB, as of ${manifest.createdAt}`
}

function picturesOf({ files }: Manifest): number {
  return files.filter(({ path: held }) => held.startsWith('pictures/')).length
}

function bytesOf({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

function tell(isJson: boolean, summary: object, lines: readonly string[]): void {
  process.stdout.write(`${isJson ? JSON.stringify(summary, undefined, 2) : lines.join('\n')}\n`)
}

/** Progress, a line every two seconds at most. */
function tellNowAndThen(isJson: boolean): (progress: string) => void {
  let saidAt = performance.now()
  return (progress) => {
    if (isJson || performance.now() - saidAt < progressEveryMs) return
    saidAt = performance.now()
    process.stdout.write(`${progress}\n`)
  }
}
