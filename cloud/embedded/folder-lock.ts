import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@layerwatch/shared/errors.ts'

/**
 * Keeps a second cloud from the same data folder. The lock is the kernel's, held through SQLite: it ends with
 * the process, however that ends.
 * @returns the way to let go of it.
 * @throws ConfigError where another process holds it.
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
  mkdirSync(dataDir, { recursive: true })
  const lock = new DatabaseSync(join(dataDir, 'lock'))
  try {
    lock.exec('PRAGMA busy_timeout = 2000; BEGIN EXCLUSIVE')
    return () => lock.close()
  } catch {
    lock.close()
    return undefined
  }
}
