import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { FakeKlipper } from '../fakes/klipper.ts'
import { startKlippySocket } from '../fakes/klippy-socket.ts'
import { cacheDir, findCommand, installPackages, runCommand, say } from './install.ts'
import { findFreePort } from './ports.ts'
import { waitUntil } from './wait.ts'

const version = '0.11.0'

/** A real Moonraker on a loopback port of its own, in front of a stand-in for Klipper. */
export interface RunningMoonraker {
  url: string
  apiKey: string
  klipper: FakeKlipper
  /** Puts a file into its folder. */
  upload(name: string, gcode: string): Promise<void>
  /** Has Moonraker start a print of a file that is there. */
  start(name: string): Promise<void>
  /** Whether its history has no run under way. */
  hasEnded(): Promise<boolean>
  /** Takes Klipper away from it, or gives it back. */
  connectKlipper(isThere: boolean): Promise<void>
  stop(): Promise<void>
}

function venvDir(): string {
  return path.join(cacheDir(), `moonraker-${version}`)
}

/** The Python that has it, or undefined where it is not installed (whole). */
export function findMoonraker(): string | undefined {
  return existsSync(path.join(venvDir(), 'complete')) ? path.join(venvDir(), 'bin', 'python') : undefined
}

/**
 * Installs Moonraker into a Python environment of its own; at once where it is there. Where PyPI can't be reached
 * its tests are skipped: the stand-in is tried all the same.
 */
export async function installMoonraker(): Promise<void> {
  if (findMoonraker() !== undefined) return
  if (findCommand('python3') === undefined)
    await installPackages(['python3', 'python3-venv'], 'Python 3 with venv')
  say(`installing Moonraker ${version} (about 100 MB) …`)
  await rm(venvDir(), { recursive: true, force: true })
  try {
    await runCommand('python3', ['-m', 'venv', venvDir()], { timeoutMs: 120_000 })
    const pip = path.join(venvDir(), 'bin', 'pip')
    await runCommand(pip, ['install', '-q', '--disable-pip-version-check', `moonraker==${version}`], {
      timeoutMs: 600_000,
    })
    await writeFile(path.join(venvDir(), 'complete'), version)
  } catch (error) {
    say(
      `Moonraker can not be had, its contract test is skipped: ${error instanceof Error ? error.message : error}`,
    )
  }
}

const Result = z.object({ result: z.unknown() })
const History = z.object({ jobs: z.array(z.object({ status: z.string() })) })

/** Starts one with nothing on it. It ends with `stop`, or with this process. */
export async function startMoonraker(): Promise<RunningMoonraker> {
  const python = findMoonraker()
  if (python === undefined) throw new Error('Moonraker is not installed: run npm test')
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-moonraker-'))
  const gcodesDir = path.join(dir, 'gcodes')
  const socketFile = path.join(dir, 'klippy.sock')
  for (const folder of ['config', 'logs', 'gcodes', 'comms', 'database']) await mkdir(path.join(dir, folder))
  const port = await findFreePort()
  await writeFile(path.join(dir, 'config', 'moonraker.conf'), configText(port, socketFile))
  const klipper = new FakeKlipper()
  let klippy = await startKlippySocket(socketFile, { klipper, gcodesDir })
  const child = spawn(python, ['-m', 'moonraker', '-d', dir], { stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    process.removeListener('exit', kill)
    child.kill('SIGKILL')
    await gone
    await klippy.close()
    await rm(dir, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    const apiKey = await waitUntilReady(url, () => child.exitCode !== null)
    await watchAsFrontEnd(url)
    return {
      url,
      apiKey,
      klipper,
      stop,
      upload: async (name, gcode) => {
        await mkdir(path.dirname(path.join(gcodesDir, name)), { recursive: true })
        await writeFile(path.join(gcodesDir, name), gcode)
      },
      start: async (name) => {
        await ask(url, {
          apiKey,
          path: `/printer/print/start?filename=${encodeURIComponent(name)}`,
          method: 'POST',
        })
        await waitUntil('Moonraker wrote down the start', async () => !(await hasEnded(url, apiKey)))
      },
      hasEnded: () => hasEnded(url, apiKey),
      connectKlipper: async (isThere) => {
        await klippy.close()
        if (isThere) klippy = await startKlippySocket(socketFile, { klipper, gcodesDir })
      },
    }
  } catch (error) {
    const log = await readFile(path.join(dir, 'logs', 'moonraker.log'), 'utf8').catch(() => 'no log')
    await stop()
    throw new Error(`Moonraker did not start:\n${log.slice(-2_000)}`, { cause: error })
  }
}

interface Question {
  apiKey: string
  path: string
  method?: 'GET' | 'POST'
}

async function ask(url: string, { apiKey, path: where, method = 'GET' }: Question): Promise<unknown> {
  const reply = await fetch(`${url}${where}`, {
    method,
    headers: { 'x-api-key': apiKey },
    signal: AbortSignal.timeout(20_000),
  })
  if (!reply.ok) throw new Error(`Moonraker answered ${reply.status} to ${where}: ${await reply.text()}`)
  const json = await reply.json()
  return Result.safeParse(json).data?.result ?? json
}

/**
 * Subscribes as Mainsail does. Moonraker 0.11.0 writes no history until somebody has: what it compares a change with
 * is the very object that the change was laid into, until a second subscription gives it a copy.
 */
async function watchAsFrontEnd(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/websocket`)
  await new Promise((resolve, reject) => {
    socket.onerror = reject
    socket.onopen = () => {
      const params = { objects: { print_stats: null } }
      socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'printer.objects.subscribe', params, id: 1 }))
    }
    socket.onmessage = ({ data }) => String(data).includes('"result"') && resolve(undefined)
  })
}

/** Up, with Klipper connected. Gives its key, which it tells whom it trusts: nobody else has it yet. */
async function waitUntilReady(url: string, hasExited: () => boolean): Promise<string> {
  return waitUntil(
    'Moonraker is ready',
    async () => {
      if (hasExited()) return undefined
      const trusted = { headers: { 'x-forwarded-for': '127.0.0.1' }, signal: AbortSignal.timeout(5_000) }
      const info = Result.parse(await (await fetch(`${url}/server/info`, trusted)).json()).result
      if (Object(info).klippy_state !== 'ready') return undefined
      return String(Result.parse(await (await fetch(`${url}/access/api_key`, trusted)).json()).result)
    },
    { timeoutMs: 60_000, everyMs: 100 },
  )
}

async function hasEnded(url: string, apiKey: string): Promise<boolean> {
  const { jobs } = History.parse(await ask(url, { apiKey, path: '/server/history/list?limit=1&order=desc' }))
  return jobs[0]?.status !== 'in_progress'
}

/** https://moonraker.readthedocs.io/en/latest/configuration/ */
function configText(port: number, socketFile: string): string {
  return `[server]
host: 127.0.0.1
port: ${port}
klippy_uds_address: ${socketFile}

[authorization]
trusted_clients:
    127.0.0.1

[history]

[machine]
provider: none
validate_service: False

[power lamp]
type: klipper_device
object_name: output_pin lamp

[webcam bed]
location: printer
stream_url: /webcam/?action=stream
snapshot_url: /webcam/?action=snapshot
rotation: 180
`
}
