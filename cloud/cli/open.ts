import type { Logger } from 'pino'
import { type Auth, makeAuth } from '../auth.ts'
import type { CloudConfig } from '../config.ts'
import { type Db, openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { tryLockFolder } from '../embedded/folder-lock.ts'
import { findRunningDatabase, startEmbeddedDatabase } from '../embedded.ts'
import { type Keys, loadOrMakeKeys } from '../keys.ts'

export interface OpenedForCommand {
  db: Db
  auth: Auth
  keys: Keys
  close(): Promise<void>
}

/**
 * What a command works with, whether the cloud runs beside it or not: then its embedded database is used, else
 * it is started for the time of the command.
 */
export async function openForCommand(config: CloudConfig, log: Logger): Promise<OpenedForCommand> {
  const { url, opened, close } = await findDatabase(config, log)
  try {
    await migrate(url)
    const { db, close: closeDatabase } = openDatabase(url, { poolSize: 2 })
    opened.push(closeDatabase)
    const keys = await loadOrMakeKeys(`${config.dataDir}/keys`)
    const baseUrl = config.baseUrl ?? `http://127.0.0.1:${config.port}`
    return { db, keys, auth: makeAuth({ db, config, baseUrl, secret: keys.sessionSecret, log }), close }
  } catch (error) {
    await close()
    throw error
  }
}

export interface FoundDatabase {
  url: string
  /** What is to be undone in the end, last first. */
  opened: (() => unknown)[]
  close(): Promise<void>
}

/** The address of the configured database; the embedded one is started where no cloud runs on its folder. */
export async function findDatabase(config: CloudConfig, log: Logger): Promise<FoundDatabase> {
  const opened: (() => unknown)[] = []
  const close = async () => {
    for (const undo of opened.splice(0).reverse()) await undo()
  }
  try {
    return { url: config.databaseUrl ?? (await openEmbedded(config, log, opened)), opened, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openEmbedded(config: CloudConfig, log: Logger, opened: (() => unknown)[]): Promise<string> {
  const release = tryLockFolder(config.dataDir)
  if (!release) return findRunningDatabase(config.dataDir)
  opened.push(release)
  const embedded = await startEmbeddedDatabase({ dataDir: config.dataDir, log })
  opened.push(() => embedded.close())
  return embedded.url
}
