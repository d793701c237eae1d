import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const Claim = z.object({ pid: z.number().int(), children: z.array(z.number().int()) })
const leftoversEndWithinMs = 10_000

export interface DataDirClaim {
  /** Notes a process that the next start must wait for, should we be killed. */
  addChild(pid: number): void
  release(): void
}

/**
 * Makes the data folder ours. After a kill -9 the processes of the last start are still ending by themselves:
 * waits for them, and kills what has not ended in time.
 *
 * @throws Error where another start runs on this folder, or it cannot be written.
 */
export async function claimDataDir(dataDir: string): Promise<DataDirClaim> {
  requireWritable(dataDir)
  const file = path.join(dataDir, 'running.json')
  const last = readClaim(file)
  if (last && isOurs(last.pid)) {
    throw new Error(
      `Layerwatch is running on ${dataDir} already (process ${last.pid}). Stop it, or name another folder with --data.`,
    )
  }
  await endLeftovers(last?.children ?? [])
  const claim = { pid: process.pid, children: [] as number[] }
  const write = () => writeFileSync(file, JSON.stringify(claim))
  write()
  return {
    addChild: (pid) => {
      claim.children.push(pid)
      write()
    },
    release: () => {
      // Two starts at the same moment: the claim is whose was written last.
      if (readClaim(file)?.pid === process.pid) rmSync(file, { force: true })
    },
  }
}

function requireWritable(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 })
    accessSync(dataDir, constants.W_OK)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new Error(`The data folder ${dataDir} cannot be written${code}. Name another with --data.`, {
      cause,
    })
  }
}

function readClaim(file: string): z.infer<typeof Claim> | undefined {
  try {
    return Claim.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // None there, or cut off while it was written: nothing to wait for that we know of.
    return undefined
  }
}

async function endLeftovers(pids: number[]): Promise<void> {
  const deadlineMs = performance.now() + leftoversEndWithinMs
  while (pids.some(isOurs) && performance.now() < deadlineMs) await delay(100)
  for (const pid of pids.filter(isOurs)) process.kill(pid, 'SIGKILL')
}

/** Whether a process is one of this project's: ids are used again after a restart of the machine. */
function isOurs(pid: number): boolean {
  if (pid === process.pid) return false
  const commandLine = `/proc/${pid}/cmdline`
  if (existsSync(commandLine))
    return /deploy\/(start|local\/with-parent)\.ts/.test(readFileSync(commandLine, 'utf8'))
  if (existsSync('/proc/self')) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
