import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { readOrMakeSetupToken, setupTokenFile } from './auth/sign-up.ts'
import { makeAuth } from './auth.ts'
import { openBroker } from './broker.ts'
import type { CloudConfig } from './config.ts'
import { openDatabase } from './db/client.ts'
import { isDeviceAllowed, listRevokedSerials } from './db/devices.ts'
import { migrate } from './db/migrate.ts'
import { hasPeople } from './db/people.ts'
import { lockFolder } from './embedded/folder-lock.ts'
import { startEmbeddedDatabase } from './embedded.ts'
import { startFlow } from './flow.ts'
import { findFreePort } from './free-port.ts'
import { buildApp } from './http/app.ts'
import { buildMetricsApp } from './http/metrics.ts'
import { loadOrMakeKeys } from './keys.ts'
import { makeMetrics, timeRequests } from './metrics.ts'
import { sealOldContacts } from './notify/contact-settings.ts'

/** SIGTERM to end takes at most this long; then the process just ends. */
const closeWithinMs = 10_000

export interface RunningCloud {
  /** Where people open it. */
  url: string
  /** Where the set-up token lies, while the first owner has not signed up. */
  setupTokenFile: string | undefined
  /** Settles when a part it can't do without ended by itself. */
  lost: Promise<Error>
  /** Closes everything in reverse order. */
  close(): Promise<void>
}

/** The composition root: construct, start, wire; `close` undoes it in reverse. */
export async function startCloud(config: CloudConfig, log: Logger): Promise<RunningCloud> {
  const opened: (() => unknown)[] = []
  const close = async () => {
    for (const undo of opened.splice(0).reverse()) await undo()
  }
  try {
    opened.push(lockFolder(config.dataDir))
    const keys = await loadOrMakeKeys(`${config.dataDir}/keys`)

    const embedded = config.databaseUrl
      ? undefined
      : await startEmbeddedDatabase({ dataDir: config.dataDir, log })
    if (embedded) opened.push(() => embedded.close())
    const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''
    const migrations = await migrate(databaseUrl)
    if (migrations.length > 0) log.info({ migrations }, 'database migrated')
    const { db, close: closeDatabase } = openDatabase(databaseUrl)
    opened.push(closeDatabase)
    const sealed = await sealOldContacts({ db, vault: keys.vault })
    if (sealed > 0) log.info({ contacts: sealed }, 'secrets of contacts sealed')

    const broker = await openBroker({
      config,
      keys,
      log,
      isAllowed: (deviceId) => isDeviceAllowed(db, deviceId),
      revokedSerials: () => listRevokedSerials(db),
    })
    opened.push(() => broker.close())

    const port = config.port === 0 ? await findFreePort(config.host) : config.port
    const baseUrl = (config.baseUrl ?? addressOf(config.host, port)).replace(/\/$/, '')
    const auth = makeAuth({ db, config, baseUrl, secret: keys.sessionSecret, log })
    const flow = startFlow({ config, baseUrl, db, keys, broker, log })
    opened.push(() => flow.close())
    const app = buildApp({
      config,
      baseUrl,
      log,
      db,
      keys,
      auth,
      broker,
      ...flow,
      tellPairing: (personId, pairing) => flow.hub.tell(personId, { type: 'pairing', pairing }),
    })
    opened.push(() => app.close())
    if (config.metrics) {
      const metrics = makeMetrics({ db, ...flow })
      timeRequests(app, metrics)
      const metricsApp = buildMetricsApp(metrics, { log })
      opened.push(() => metricsApp.close())
      await listen(metricsApp, config.metrics, 'metrics.port')
    }
    const needsToken = config.signUp === 'token' && !(await hasPeople(db))
    if (needsToken) readOrMakeSetupToken(config.dataDir)
    await listen(app, { host: config.host, port }, 'port')
    log.info({ url: baseUrl }, 'cloud ready')
    return {
      url: baseUrl,
      setupTokenFile: needsToken ? setupTokenFile(config.dataDir) : undefined,
      lost: embedded?.lost ?? new Promise<never>(() => {}),
      close: () => withinTime(close(), log),
    }
  } catch (error) {
    await withinTime(close(), log)
    throw error
  }
}

async function listen(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  field: string,
): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new ConfigError('The cloud cannot listen where it should', {
      cause,
      problems: [`${field}: ${host}:${port} is taken or not to be had`],
    })
  }
}

/** The address to open on this machine. */
function addressOf(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::'
  const name = isAny ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

async function withinTime(closing: Promise<void>, log: Logger): Promise<void> {
  const timer = new AbortController()
  const late = delay(closeWithinMs, 'late' as const, { signal: timer.signal, ref: false }).catch(
    () => 'done' as const,
  )
  try {
    if ((await Promise.race([closing, late])) === 'late') log.warn('not everything closed in time')
  } finally {
    timer.abort()
  }
}
