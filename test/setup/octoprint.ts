import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDir, findCommand, installPackages, runCommand, say } from './install.ts'
import { findFreePort } from './ports.ts'

const version = '1.11.8'

/** A real OctoPrint with its virtual printer, on a loopback port of its own. */
export interface RunningOctoprint {
  url: string
  /** Key of a user who may do everything. */
  apiKey: string
  /** Key of a user who may look and not touch. */
  readOnlyApiKey: string
  /** Puts a G-code file there and selects it; `start` prints it as well. */
  upload(name: string, gcode: string, options?: { start: boolean }): Promise<void>
  /** OctoPrint's own word for its state, such as `Printing` or `Paused`. */
  state(): Promise<string>
  /** One request to OctoPrint's API with the full key. */
  ask(apiPath: string, init?: RequestInit): Promise<Response>
  stop(): Promise<void>
}

function venvDir(): string {
  return path.join(cacheDir(), `octoprint-${version}`)
}

/** The program, or undefined where it is not installed (whole). */
export function findOctoprint(): string | undefined {
  return existsSync(path.join(venvDir(), 'complete')) ? path.join(venvDir(), 'bin', 'octoprint') : undefined
}

/** Installs OctoPrint into a Python environment of its own; at once where it is there. */
export async function installOctoprint(): Promise<void> {
  if (findOctoprint() !== undefined) return
  if (findCommand('python3') === undefined || !(await hasVenv())) {
    await installPackages(['python3', 'python3-venv'], 'Python 3 with venv')
  }
  say(`installing OctoPrint ${version} (about 200 MB, a minute) …`)
  await rm(venvDir(), { recursive: true, force: true })
  await runCommand('python3', ['-m', 'venv', venvDir()], { timeoutMs: 120_000 })
  const pip = path.join(venvDir(), 'bin', 'pip')
  await runCommand(pip, ['install', '-q', '--disable-pip-version-check', `OctoPrint==${version}`], {
    timeoutMs: 900_000,
  })
  await writeFile(path.join(venvDir(), 'complete'), version)
}

async function hasVenv(): Promise<boolean> {
  try {
    await runCommand('python3', ['-c', 'import ensurepip, venv'], { timeoutMs: 30_000 })
    return true
  } catch {
    return false
  }
}

/** Starts an OctoPrint with nothing on it. It ends with `stop`, or with this process. */
export async function startOctoprint(options: { port?: number } = {}): Promise<RunningOctoprint> {
  const program = findOctoprint()
  if (program === undefined) throw new Error('OctoPrint is not installed: run npm test')
  const port = options.port ?? (await findFreePort())
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-octoprint-'))
  const apiKey = 'layerwatchtestkey0123456789abcde'
  const readOnlyApiKey = 'layerwatchreadkey0123456789abcde'
  await writeFile(path.join(dir, 'config.yaml'), configText(port))
  await writeFile(path.join(dir, 'users.yaml'), usersText({ apiKey, readOnlyApiKey }))
  const child = spawn(
    program,
    ['serve', '--iknowwhatimdoing', '--host', '127.0.0.1', '--port', String(port), '--basedir', dir],
    { stdio: 'ignore' },
  )
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const url = `http://127.0.0.1:${port}`
  const ask = (apiPath: string, init: RequestInit = {}) =>
    fetch(`${url}${apiPath}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: { 'x-api-key': apiKey, ...init.headers },
    })
  const stop = async () => {
    process.removeListener('exit', kill)
    // Killed, not asked: it would take seconds to say goodbye to its printer.
    child.kill('SIGKILL')
    await gone
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await waitUntilReady(ask, () => child.exitCode !== null, path.join(dir, 'logs', 'octoprint.log'))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    apiKey,
    readOnlyApiKey,
    ask,
    stop,
    upload: (name, gcode, upload = { start: false }) => uploadFile(ask, { name, gcode, ...upload }),
    state: async () => String(Reflect.get(Object(await (await ask('/api/job')).json()), 'state')),
  }
}

type Ask = RunningOctoprint['ask']

/** Up and with its virtual printer connected. */
async function waitUntilReady(ask: Ask, hasEnded: () => boolean, logFile: string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline && !hasEnded()) {
    const reply = await ask('/api/printer').catch(() => undefined)
    if (reply?.status === 200) return
    await reply?.body?.cancel()
    await sleep(100)
  }
  const log = await readFile(logFile, 'utf8').catch(() => 'no log')
  throw new Error(`OctoPrint did not start:\n${log.slice(-2_000)}`)
}

async function uploadFile(
  ask: Ask,
  { name, gcode, start }: { name: string; gcode: string; start: boolean },
): Promise<void> {
  const form = new FormData()
  form.set('file', new Blob([gcode]), name)
  form.set('select', 'true')
  form.set('print', String(start))
  const reply = await ask('/api/files/local', { method: 'POST', body: form })
  if (!reply.ok) throw new Error(`OctoPrint answered ${reply.status} to an upload: ${await reply.text()}`)
  await reply.body?.cancel()
}

/** https://docs.octoprint.org/en/1.11.8/configuration/config_yaml.html: no wizard, no calls home, a virtual printer. */
function configText(port: number): string {
  return `
accessControl:
  autologinLocal: false
plugins:
  _disabled: [announcements, softwareupdate, tracking, pluginmanager, discovery, errortracking, backup, healthcheck]
  virtual_printer:
    _config_version: 2
    enabled: true
serial:
  autoconnect: true
  port: VIRTUAL
  baudrate: 0
server:
  firstRun: false
  host: 127.0.0.1
  port: ${port}
  onlineCheck:
    enabled: false
  pluginBlacklist:
    enabled: false
  seenWizards:
    backup: null
    classicwebcam: 1
    corewizard: 4
    file_check: null
    firmware_check: null
    tracking: null
  startOnceInSafeMode: false
webcam:
  timelapse:
    type: 'off'
`
}

/** Users who come by key only: their passwords match nothing. */
function usersText({ apiKey, readOnlyApiKey }: { apiKey: string; readOnlyApiKey: string }): string {
  const user = (name: string, key: string, group: string) => `
${name}:
  active: true
  apikey: ${key}
  groups: [${group}]
  password: none
  permissions: []
  roles: [user]
  settings: {}
`
  return `_version: 2${user('owner', apiKey, 'admins')}${user('guest', readOnlyApiKey, 'readonly')}`
}
