import { join } from 'node:path'
import type { PairingView } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { makeAuth } from '../../cloud/auth.ts'
import { type Broker, openBroker } from '../../cloud/broker.ts'
import { parseConfig } from '../../cloud/config.ts'
import { type Db, openDatabase } from '../../cloud/db/client.ts'
import { isDeviceAllowed, listRevokedSerials } from '../../cloud/db/devices.ts'
import { type Flow, startFlow } from '../../cloud/flow.ts'
import { buildApp } from '../../cloud/http/app.ts'
import { type Keys, loadOrMakeKeys } from '../../cloud/keys.ts'
import { type Cable, layCable } from './cable.ts'
import { startTestDatabase } from './database.ts'
import { waitUntil } from './wait.ts'

export interface TestCloud {
  app: FastifyInstance
  broker: Broker
  db: Db
  keys: Keys
  flow: Flow
  /** What leads from the cloud to its database; `db` goes through it. */
  cable: Cable
  /** Ends what runs beside the database and starts it anew, as a restart of the cloud does. */
  restartFlow(): Promise<void>
  /** Folder of its files. */
  dataDir: string
  /** Makes an account with this address and signs in; gives the cookie. Named by the address. */
  signIn(email: string): Promise<string>
  close(): Promise<void>
}

/** The cloud's app on a real database and a real broker, asked by injection instead of over a port. */
export async function startTestCloud(options: {
  log: Logger
  tellPairing?: (personId: string, pairing: PairingView) => void
  /** Its part of the configuration, as YAML. */
  smtp?: string
  telegram?: string
}): Promise<TestCloud> {
  const { log, tellPairing = () => {}, smtp, telegram } = options
  const database = await startTestDatabase()
  const { dataDir } = database
  const address = new URL(database.url)
  const cable = await layCable(Number(address.port))
  address.port = String(cable.port)
  const { db, close: closeDatabase } = openDatabase(address.href)
  const baseUrl = 'http://127.0.0.1:8080'
  const text = `{dataDir: ${dataDir}, broker: {kind: embedded, port: 0}${smtp ? `, smtp: ${smtp}` : ''}${telegram ? `, telegram: ${telegram}` : ''}}`
  const config = parseConfig(text, { folder: dataDir, env: {}, file: 'cloud.yaml' })
  const keys = await loadOrMakeKeys(join(dataDir, 'keys'))
  const broker = await openBroker({
    config,
    keys,
    log,
    isAllowed: (deviceId) => isDeviceAllowed(db, deviceId),
    revokedSerials: () => listRevokedSerials(db),
  })
  const auth = makeAuth({ db, config, baseUrl, secret: keys.sessionSecret, log })
  const start = () => startFlow({ config, baseUrl, db, keys, broker, log })
  let flow = start()
  await waitUntil('the broker', () => flow.uplink.isSubscribed())
  const app = buildApp({ config, baseUrl, log, db, keys, auth, broker, ...flow, tellPairing })
  const password = 'a long password'
  return {
    app,
    broker,
    db,
    keys,
    cable,
    get flow() {
      return flow
    },
    async restartFlow() {
      await flow.close()
      flow = start()
      await waitUntil('the broker', () => flow.uplink.isSubscribed())
    },
    dataDir,
    async signIn(email) {
      const name = email.charAt(0).toUpperCase() + email.slice(1).replace(/@.*/, '')
      await auth.addPerson({ name, email, password })
      const answer = await app.inject({
        method: 'POST',
        url: '/api/auth/sign-in/email',
        payload: { email, password },
      })
      const header = answer.headers['set-cookie']
      return String(Array.isArray(header) ? header[0] : header).split(';')[0] ?? ''
    },
    async close() {
      await app.close()
      await flow.close()
      await broker.close()
      await closeDatabase()
      await cable.close()
      await database.close()
    },
  }
}
