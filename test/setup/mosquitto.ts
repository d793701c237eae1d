import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findMosquittoUser } from '../../cloud/broker/mosquitto-files.ts'
import { findCommand, installPackages } from './install.ts'
import { findFreePort } from './ports.ts'
import { waitUntil } from './wait.ts'

/** A Mosquitto of the test's own, on a loopback port. */
export interface RunningMosquitto {
  url: string
  port: number
  /** For whoever has to tell it to read its list of revoked certificates again. */
  pidFile: string
  stop(): Promise<void>
}

export function findMosquitto(): string | undefined {
  return findCommand('mosquitto')
}

/** Installs Mosquitto's package; at once where it is there. */
export async function installMosquitto(): Promise<void> {
  if (findMosquitto() === undefined) await installPackages(['mosquitto'], 'Mosquitto')
}

/**
 * Starts Mosquitto on the files that `npm run cloud -- mosquitto-config` wrote. It ends with `stop`, or with this
 * process; started again with the same port, it takes the place of one that was stopped.
 */
export async function startMosquitto(options: {
  configDir: string
  port?: number
}): Promise<RunningMosquitto> {
  const program = findMosquitto()
  if (program === undefined) throw new Error('Mosquitto is not installed: run npm test')
  const port = options.port ?? (await findFreePort())
  const runDir = await mkdtemp(path.join(tmpdir(), 'layerwatch-mosquitto-'))
  // Started as root it turns into a user of its own, who writes the pid file.
  const owner = findMosquittoUser()
  if (owner) await chown(runDir, owner.uid, owner.gid)
  const pidFile = path.join(runDir, 'mosquitto.pid')
  const configuration = await readFile(path.join(options.configDir, 'mosquitto.conf'), 'utf8')
  const file = path.join(runDir, 'mosquitto.conf')
  const listener = configuration.replace(/^listener .*$/m, `listener ${port} 127.0.0.1`)
  await writeFile(file, `${listener}\npid_file ${pidFile}\n`)
  const child = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    process.removeListener('exit', kill)
    await end(child)
    await rm(runDir, { recursive: true, force: true })
  }
  await waitUntilReady(child, { port, pidFile }).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url: `mqtts://127.0.0.1:${port}`, port, pidFile, stop }
}

async function waitUntilReady(
  child: ChildProcess,
  { port, pidFile }: { port: number; pidFile: string },
): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000)
  })
  await waitUntil('Mosquitto answers', async () => {
    if (child.exitCode !== null) return 'ended'
    return existsSync(pidFile) && (await answers(port))
  })
  if (child.exitCode !== null) throw new Error(`Mosquitto did not start: ${said}`)
}

async function answers(port: number): Promise<true> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill()
  await gone
}
