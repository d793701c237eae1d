import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'

const run = promisify(execFile)

/** Stops a server that outlived its cloud (kill -9), and clears a pid file whose process is another by now. */
export async function stopLeftover(dir: string, log: Logger): Promise<void> {
  const pidFile = join(dir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  if (!(await isServerOf(pid, dir))) {
    rmSync(pidFile, { force: true })
    return
  }
  log.warn({ pid }, 'stopping a database left by a cloud that was killed')
  for (const [signal, waitMs] of [
    ['SIGINT', 8_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    process.kill(pid, signal)
    if (await hasEnded(pid, waitMs)) return
  }
  throw new UnavailableError('a database left by a killed cloud does not stop')
}

/** Whether this process is a PostgreSQL of that folder, by its command line. */
async function isServerOf(pid: number, dir: string): Promise<boolean> {
  try {
    if (existsSync('/proc/self/cmdline')) {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some((word) => word.endsWith('postgres')) && words.includes(dir)
    }
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { timeout: 5_000 })
    return stdout.includes('postgres') && stdout.includes(dir)
  } catch {
    // No such process any more.
    return false
  }
}

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs
  while (performance.now() < giveUpAt) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await delay(40)
  }
  return false
}
