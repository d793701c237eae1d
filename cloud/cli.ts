import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { Command, InvalidArgumentError } from 'commander'
import pino, { type Logger } from 'pino'
import { type CloudConfig, type ConfigOverrides, loadConfig } from './config.ts'
import { ensureClient } from './db/generate.ts'
import type { ReadyMessage } from './ready.ts'

/*
 * npm run cloud -- COMMAND. What a person is to read goes to the standard output, the log to the standard
 * error. The database client may still have to be made, so everything that needs it is imported afterwards.
 */

const exitOnConfig = 78

// A third of a start is compiling. The cache lies beside the packages, where only their owner writes.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))

interface Place {
  config?: string
  data?: string
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function load({ config, data }: Place, overrides: ConfigOverrides = {}): CloudConfig {
  return loadConfig(config, { ...overrides, ...(data !== undefined && { dataDir: data }) })
}

/** Logs are JSON lines, in order, on the standard error. */
function makeLog(level: string): Logger {
  return pino({ level, base: { program: 'cloud' } }, pino.destination({ dest: 2, sync: true }))
}

function place(command: Command): Command {
  return command
    .option('--config <file>', 'configuration (YAML)')
    .option('--data <dir>', "folder of the cloud's files")
}

function toPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError('a port is 0 to 65535')
  return port
}

async function run(options: Place & { port?: number; host?: string }): Promise<void> {
  const { port, host } = options
  const config = load(options, { ...(port !== undefined && { port }), ...(host !== undefined && { host }) })
  const log = makeLog(config.logLevel)
  // From now on: a signal that comes while things start stops them once they did.
  const stopped = untilStopped()
  await ensureClient(say)
  const { startCloud } = await import('./main.ts')
  const cloud = await startCloud(config, log)
  say(`Layerwatch answers at ${cloud.url}`)
  if (cloud.setupTokenFile && process.stdout.isTTY) {
    say(`Sign up there with this set-up token: ${readFileSync(cloud.setupTokenFile, 'utf8')}`)
  } else if (cloud.setupTokenFile) {
    say(`Sign up there with the set-up token in ${cloud.setupTokenFile}`)
  }
  const ready: ReadyMessage = {
    kind: 'cloud.ready',
    url: cloud.url,
    ...(cloud.setupTokenFile && { setupTokenFile: cloud.setupTokenFile }),
  }
  process.send?.(ready)
  const reason = await Promise.race([stopped, cloud.lost.then(() => 'lost')])
  log.info({ reason }, 'cloud stopping')
  await cloud.close()
  process.exit(reason === 'lost' ? 1 : 0)
}

/** A signal, or the end of the process that forked this one. */
async function untilStopped(): Promise<string> {
  return await new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
    process.on('disconnect', () => resolve('parent ended'))
  })
}

async function openFor(options: Place) {
  const config = load(options)
  await ensureClient(say)
  const log = makeLog('warn')
  const { openForCommand } = await import('./cli/open.ts')
  return { config, log, ...(await openForCommand(config, log)) }
}

async function addUser(options: Place & { email: string; name: string }): Promise<void> {
  const { askPassword } = await import('./cli/password.ts')
  const { password, isMade } = await askPassword(process.stdin, process.stdout)
  const { auth, close } = await openFor(options)
  try {
    await auth.addPerson({ email: options.email, name: options.name, password })
  } finally {
    await close()
  }
  say(`${options.email} may sign in.`)
  if (isMade) say(`Password, shown this once: ${password}`)
}

async function resetPassword(options: Place & { email: string }): Promise<void> {
  const { askPassword } = await import('./cli/password.ts')
  const { password, isMade } = await askPassword(process.stdin, process.stdout)
  const { auth, close } = await openFor(options)
  try {
    if (!(await auth.resetPassword(options.email, password)))
      throw new RejectedError('nobody has this address')
  } finally {
    await close()
  }
  say(`${options.email} has a new password and is signed out everywhere.`)
  if (isMade) say(`Password, shown this once: ${password}`)
}

async function revokeDevice(deviceId: string, options: Place): Promise<void> {
  const { config, log, db, keys, close } = await openFor(options)
  try {
    const devices = await import('./db/devices.ts')
    if (!(await devices.revokeDevice(db, deviceId)))
      throw new RejectedError('no such device, or revoked already')
    if (config.broker.kind === 'mosquitto') {
      const { useMosquitto } = await import('./broker-mosquitto.ts')
      const revokedSerials = () => devices.listRevokedSerials(db)
      const isAllowed = (id: string) => devices.isDeviceAllowed(db, id)
      const { broker } = config
      await useMosquitto({ config, broker, keys, log, revokedSerials, isAllowed }).disconnect(deviceId)
    }
  } finally {
    await close()
  }
  say(`${deviceId} is revoked; a running cloud ends its session within 10 seconds.`)
}

async function writeMosquitto(dir: string, options: Place): Promise<void> {
  const { db, keys, close } = await openFor(options)
  try {
    const { listRevokedSerials } = await import('./db/devices.ts')
    const { findMosquittoUser, writeMosquittoFiles } = await import('./broker/mosquitto-files.ts')
    const owner = findMosquittoUser()
    await writeMosquittoFiles(dir, {
      keys,
      revokedSerials: await listRevokedSerials(db),
      ...(owner && { owner }),
    })
  } finally {
    await close()
  }
  say(`Written. Start it with: mosquitto -c ${dir}/mosquitto.conf`)
}

async function backUp(dir: string, options: Place & { json?: true }): Promise<void> {
  const config = load(options)
  const { backUpCloud } = await import('./cli/backup.ts')
  await backUpCloud(config, { dir: resolve(dir), log: makeLog('warn'), isJson: options.json ?? false })
}

async function restore(dir: string, options: Place & { json?: true }): Promise<void> {
  const config = load(options)
  const { restoreCloud } = await import('./cli/backup.ts')
  await restoreCloud(config, { dir: resolve(dir), log: makeLog('warn'), isJson: options.json ?? false })
}

async function examine(options: Place & { json?: true; port?: number }): Promise<void> {
  const { port } = options
  const config = load(options, port !== undefined ? { port } : {})
  await ensureClient(say)
  const { examineCloud } = await import('./cli/doctor.ts')
  const hasTrouble = await examineCloud(config, { log: makeLog('error'), isJson: options.json ?? false })
  if (hasTrouble) process.exitCode = 1
}

/** What a person is to read of a failure; the whole of it only where it is a bug. */
function describe(error: unknown): string[] {
  if (error instanceof ConfigError) return [error.message, ...error.problems]
  if (error instanceof RejectedError) return [error.message]
  if (error instanceof UnavailableError) {
    return [error.message, ...(error.cause instanceof Error ? [error.cause.message] : [])]
  }
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
}

const program = new Command('cloud').description('The Layerwatch cloud')
place(program.command('run'))
  .description('run until SIGTERM')
  .option('--port <n>', 'port of the page', toPort)
  .option('--host <address>', 'address to listen on')
  .action(run)
const user = program.command('user').description('accounts')
place(user.command('add'))
  .description('make an account')
  .requiredOption('--email <address>', 'to sign in with')
  .requiredOption('--name <name>', 'shown to others')
  .action(addUser)
place(user.command('reset-password'))
  .description('set a new password and end every session')
  .requiredOption('--email <address>', 'whose')
  .action(resetPassword)
place(program.command('device').description('devices').command('revoke <id>'))
  .description("take a device's certificate back")
  .action(revokeDevice)
place(program.command('backup <dir>'))
  .description('write everything the cloud holds into a new folder; the cloud may run meanwhile')
  .option('--json', 'print what was written as JSON')
  .action(backUp)
place(program.command('restore <dir>'))
  .description('fill an empty data folder and database from a backup')
  .option('--json', 'print what was restored as JSON')
  .action(restore)
place(program.command('doctor'))
  .description('say what is misconfigured or does not work, and how to mend it')
  .option('--port <n>', 'port of the running cloud', toPort)
  .option('--json', 'print the findings as JSON')
  .action(examine)
place(program.command('mosquitto-config <dir>'))
  .description('write what Mosquitto needs into a folder')
  .action(writeMosquitto)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${describe(error).join('\n')}\n`)
  process.exit(error instanceof ConfigError ? exitOnConfig : 1)
}
