import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import pg from 'pg'
import type { Logger } from 'pino'
import {
  type Binaries,
  chooseRunAs,
  findBinaries,
  type RunAs,
  requireSameMajor,
} from './embedded/binaries.ts'
import { stopLeftover } from './embedded/leftover.ts'
import { findFreePort } from './free-port.ts'

const run = promisify(execFile)
const name = 'layerwatch'
/** A first start may meet locks of a server that was killed; they go within seconds. */
const startWithinMs = 20_000
const stopWithinMs = 6_000

export interface EmbeddedDatabase {
  url: string
  /** Settles when the server ended without being asked to. */
  lost: Promise<Error>
  /** Stops the server; close every pool first. */
  close(): Promise<void>
}

interface Setup {
  dir: string
  password: string
  binaries: Binaries
  runAs: RunAs
  logFile: string
  log: Logger
}

/**
 * Runs PostgreSQL from npm on loopback, its files in `dataDir/database`, its password in a file beside them.
 * The caller holds the folder's lock: a server found running there was left by a cloud that was killed.
 * @throws ConfigError where it can't run on this machine, UnavailableError where it doesn't come up.
 */
export async function startEmbeddedDatabase(options: {
  dataDir: string
  log: Logger
  signal?: AbortSignal
}): Promise<EmbeddedDatabase> {
  const { dataDir, log, signal } = options
  const dir = join(dataDir, 'database')
  const setup: Setup = {
    dir,
    password: readOrMakePassword(join(dataDir, 'database-password')),
    binaries: findBinaries(),
    runAs: await chooseRunAs(dir),
    logFile: join(dataDir, 'database.log'),
    log,
  }
  if (!existsSync(dir)) await createCluster(setup, dataDir)
  else {
    await requireSameMajor(dir, setup.binaries)
    await stopLeftover(dir, log)
  }
  const { server, port } = await startServer(setup, signal)
  const admin = urlOf(setup.password, port, 'postgres')
  await createDatabase(admin)
  log.info({ port }, 'database ready')
  let isClosing = false
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  return {
    url: urlOf(setup.password, port, name),
    lost: ended.then(() => {
      // Asked to stop: nobody is to hear of it.
      if (isClosing) return new Promise<never>(() => {})
      return new UnavailableError('the embedded database ended')
    }),
    close: async () => {
      isClosing = true
      await stopServer(server)
    },
  }
}

/**
 * The address of a database that a running cloud started in this folder.
 * @throws UnavailableError where none runs.
 */
export function findRunningDatabase(dataDir: string): string {
  try {
    // Line 4 is the port: https://www.postgresql.org/docs/18/storage-file-layout.html
    const port = Number(readFileSync(join(dataDir, 'database', 'postmaster.pid'), 'utf8').split('\n')[3])
    return urlOf(readFileSync(join(dataDir, 'database-password'), 'utf8').trim(), port, name)
  } catch (cause) {
    throw new UnavailableError('the database of the running cloud was not found', { cause })
  }
}

function urlOf(password: string, port: number, database: string): string {
  return `postgresql://${name}:${password}@127.0.0.1:${port}/${database}`
}

function readOrMakePassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

/** Makes the cluster beside its place and moves it there whole: a kill in between leaves nothing half made. */
async function createCluster({ dir, password, binaries, runAs, log }: Setup, dataDir: string): Promise<void> {
  log.info('making the database')
  const fresh = `${dir}.new`
  const passwordFile = join(dataDir, 'database-password.init')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (runAs.ids) for (const path of [fresh, passwordFile]) chownSync(path, runAs.ids.uid, runAs.ids.gid)
  const [program = '', ...args] = [
    ...runAs.prefix,
    binaries.initdb,
    `--pgdata=${fresh}`,
    `--username=${name}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]
  try {
    await run(program, args, { ...runAs.ids, timeout: 120_000 })
  } catch (cause) {
    throw new ConfigError('The database cannot be made', { cause, problems: [`dataDir: ${lastLine(cause)}`] })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(fresh, dir)
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message.trim() : String(error)
  return text.slice(text.lastIndexOf('\n') + 1)
}

async function startServer(
  setup: Setup,
  signal: AbortSignal | undefined,
): Promise<{ server: ChildProcess; port: number }> {
  const giveUpAt = performance.now() + startWithinMs
  for (;;) {
    const port = await findFreePort()
    const server = spawnServer(setup, port)
    if (await isReady(server, urlOf(setup.password, port, 'postgres'), giveUpAt)) return { server, port }
    await stopServer(server)
    if (signal?.aborted || performance.now() > giveUpAt) {
      const lastLines = readFileSync(setup.logFile, 'utf8').trim().split('\n').slice(-5).join('\n')
      throw new UnavailableError('the embedded database does not start', { cause: new Error(lastLines) })
    }
    await delay(250)
  }
}

function spawnServer({ dir, binaries, runAs, logFile, log }: Setup, port: number): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    log_min_messages: 'warning',
    timezone: 'UTC',
  }
  const [program = '', ...args] = [
    ...runAs.prefix,
    binaries.postgres,
    '-D',
    dir,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]
  const output = openSync(logFile, 'w', 0o600)
  // In a session of its own: Ctrl-C on the terminal reaches the cloud alone, which then stops it last.
  const server = spawn(program, args, { ...runAs.ids, stdio: ['ignore', output, output], detached: true })
  server.on('error', (err) => log.error({ err }, 'database program cannot be run'))
  closeSync(output)
  return server
}

async function isReady(server: ChildProcess, url: string, giveUpAt: number): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null && performance.now() < giveUpAt) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return true
    } catch {
      await delay(40)
    } finally {
      await client.end().catch(() => {})
    }
  }
  return false
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${name}`)
  } finally {
    await client.end()
  }
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const timers = new AbortController()
  const late = async () => {
    await delay(stopWithinMs, undefined, { signal: timers.signal })
    // Immediate shutdown; the next start recovers from the log.
    server.kill('SIGQUIT')
  }
  server.kill('SIGINT')
  late().catch(() => {})
  await ended
  timers.abort()
}
