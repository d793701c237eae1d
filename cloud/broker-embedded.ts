import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { Aedes, type Client } from 'aedes'
import type { Logger } from 'pino'
import { PacketLimit } from './broker/packet-limit.ts'
import type { Broker, BrokerOptions } from './broker.ts'
import { maxPacketBytes, maxPayload, mayPublish, maySubscribe } from './broker-rights.ts'
import type { EmbeddedBrokerConfig } from './config.ts'
import { brokerServerName, cloudIdentity } from './keys.ts'

const usualPort = 8883
/** Far more than the devices of one machine's owner; each holds a socket and some kilobytes. */
const maxConnections = 500
const recheckEveryMs = 10_000

/**
 * A broker inside this process: TLS, login by certificate alone, every session named by its certificate's
 * common name and confined to its rights, nothing retained, nothing queued for who is away.
 * @throws ConfigError where its port is taken.
 */
export async function startEmbeddedBroker(
  options: BrokerOptions & { broker: EmbeddedBrokerConfig },
): Promise<Broker> {
  const { broker: config, keys, log } = options
  const sessions = new Map<string, Client>()
  const identities = new WeakMap<Client, string>()
  const aedes = makeBroker(identities, options.isAllowed)
  await aedes.listen()
  aedes.on('clientReady', (client) => sessions.set(client.id, client))
  aedes.on('clientDisconnect', (client) => {
    if (sessions.get(client.id) === client) sessions.delete(client.id)
  })
  const tellError = (client: Client, err: Error) => {
    log.debug({ err, deviceId: identities.get(client) }, 'broker ended a session')
  }
  aedes.on('clientError', tellError)
  aedes.on('connectionError', tellError)

  const server = createServer({
    cert: keys.broker.certificate,
    key: keys.broker.privateKey,
    ca: keys.authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: 10_000,
  })
  server.maxConnections = maxConnections
  server.on('secureConnection', (socket) => {
    const identity = identityOf(socket)
    if (identity === undefined) socket.destroy()
    else identities.set(aedes.handle(guard(socket)), identity)
  })
  server.on('tlsClientError', (err) => log.debug({ err }, 'broker refused a connection'))

  // A device may be revoked from the command line, which can't reach into this process.
  const recheck = setInterval(async () => {
    for (const [identity, session] of sessions) {
      if (identity === cloudIdentity) continue
      if (!(await options.isAllowed(identity).catch(() => true))) session.close()
    }
  }, recheckEveryMs)

  const host = config.host ?? options.config.host
  const port = await listen(server, { ...options.config, host, port: config.port, log })
  log.info({ host, port }, 'broker ready')
  return {
    connection: {
      url: `mqtts://${urlHost(isAny(host) ? '127.0.0.1' : host)}:${port}`,
      serverName: brokerServerName,
      authority: keys.authority.certificate,
      certificate: keys.cloud.certificate,
      privateKey: keys.cloud.privateKey,
    },
    urlForDevice: (reachedAt) => config.publicUrl ?? `mqtts://${urlHost(reachedAt)}:${port}`,
    async disconnect(deviceId) {
      const session = sessions.get(deviceId)
      if (session) await new Promise<void>((resolve) => session.close(() => resolve()))
    },
    async close() {
      clearInterval(recheck)
      server.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}

function makeBroker(
  identities: WeakMap<Client, string>,
  isAllowed: (deviceId: string) => Promise<boolean>,
): Aedes {
  return new Aedes({
    connectTimeout: 10_000,
    maxTopicLevels: 8,
    preConnect(client, packet, done) {
      // Nobody takes another's id, and no session outlives its connection.
      const identity = identities.get(client)
      packet.clientId = identity ?? ''
      packet.clean = true
      done(null, identity !== undefined)
    },
    authenticate(client, _username, _password, done) {
      const identity = identities.get(client)
      if (identity === undefined || identity === cloudIdentity) {
        done(null, identity === cloudIdentity)
        return
      }
      isAllowed(identity).then(
        (allowed) => done(null, allowed),
        () => done(null, false),
      )
    },
    authorizePublish(client, packet, done) {
      const identity = client ? identities.get(client) : undefined
      if (identity === undefined || !mayPublish(identity, packet.topic)) {
        done(new Error('topic not allowed'))
        return
      }
      if (packet.payload.length > maxPayload(packet.topic)) {
        done(new Error('payload too large'))
        return
      }
      packet.retain = false
      done(null)
    },
    authorizeSubscribe(client, subscription, done) {
      const identity = identities.get(client)
      const allowed = identity !== undefined && maySubscribe(identity, subscription.topic)
      done(null, allowed ? subscription : null)
    },
  })
}

/** The common name of a certificate our authority signed. */
function identityOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** The connection as aedes gets it: no delay, dead peers noticed, packets limited. */
function guard(socket: TLSSocket): Duplex {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  const limit = new PacketLimit(maxPacketBytes)
  socket.on('error', (error) => limit.destroy(error))
  return Duplex.from({ readable: socket.pipe(limit), writable: socket })
}

/**
 * Listens on the port of the configuration. Where it names none: on the one used before, for devices remember
 * it; at first on 8883, or on a free one where that is taken.
 */
async function listen(
  server: Server,
  { dataDir, host, port, log }: { dataDir: string; host: string; port: number | undefined; log: Logger },
): Promise<number> {
  const memory = join(dataDir, 'broker-port')
  const known = existsSync(memory) ? Number(readFileSync(memory, 'utf8')) : undefined
  const wanted = port ?? known ?? usualPort
  try {
    await listenOn(server, wanted, host)
  } catch (cause) {
    if (port !== undefined || known !== undefined) {
      throw new ConfigError('The broker cannot listen', {
        cause,
        problems: [
          `broker.port: ${host}:${wanted} is taken or not to be had`,
          ...(port === undefined
            ? [`Paired devices know this port: stop what uses it; or remove ${memory} and pair them again`]
            : []),
        ],
      })
    }
    log.info({ port: usualPort }, 'broker takes another port')
    await listenOn(server, 0, host)
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TLS server has a port')
  if (port === undefined && known === undefined) writeFileSync(memory, String(address.port))
  return address.port
}

async function listenOn(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function urlHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
