import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@layerwatch/shared/errors.ts'

/** What the lock lies in, and what SQLite puts beside it while it is held. */
export const lockFiles: readonly string[] = ['lock', 'lock-journal']

/**
 * Keeps a second cloud from the same data folder. The lock is the kernel's, held through SQLite: it ends with
 * the process, however that ends.
 * @returns the way to let go of it.
 * @throws ConfigError where another process holds it, or the folder cannot be written.
 */
export function lockFolder(dataDir: string): () => void {
  const release = tryLockFolder(dataDir)
  if (release) return release
  throw new ConfigError('This data folder is in use', {
    problems: [`dataDir: another Layerwatch cloud is running on ${dataDir}`],
  })
}

/** The same; undefined where another process holds the lock. */
export function tryLockFolder(dataDir: string): (() => void) | undefined {
  const lock = openLock(dataDir)
  try {
    lock.exec('PRAGMA busy_timeout = 2000; BEGIN EXCLUSIVE')
    return () => lock.close()
  } catch {
    lock.close()
    return undefined
  }
}

function openLock(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true })
    return new DatabaseSync(join(dataDir, 'lock'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError('This data folder cannot be written', {
      cause,
      problems: [`dataDir: ${dataDir}: ${reason}`],
    })
  }
}
