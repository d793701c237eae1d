import type { Duplex } from 'node:stream'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import { type Clock, within } from '../clock.ts'

/** One live connection to the broker. */
export interface Session {
  /** Resolves when the broker has it, which proves nothing about the cloud. @throws UnavailableError */
  publish(topic: string, payload: string | Uint8Array, options?: { qos: 0 | 1 }): Promise<void>
  /** The network is slower than we are. */
  readonly isBackedUp: boolean
}

export interface Message {
  topic: string
  payload: Uint8Array
  /** Kept by the broker from an earlier time. */
  isRetained: boolean
}

interface BrokerParts {
  openSocket: (signal: AbortSignal) => Promise<Duplex>
  clientId: string
  subscribeTo: readonly string[]
  /** Sent by the broker when the connection ends without a word. */
  will: () => { topic: string; payload: string }
  onMessage: (message: Message) => void
  onUp: (session: Session) => void
  onDown: () => void
  clock: Clock
  log: Logger
  /** Longest wait for the broker's welcome, and for its word on the topics asked for. */
  patienceMs?: number
}

const defaultPatienceMs = 15_000
const keepaliveSeconds = 20
const firstWaitMs = 1_000
const longestWaitMs = 60_000
const backedUpBytes = 256 * 1024

/**
 * Holds a connection to the broker until aborted: MQTT 3.1.1, clean sessions. When it ends it is made anew,
 * after a wait that grows from one second to a minute, with jitter.
 */
export async function holdConnection(parts: BrokerParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts
  let waitMs = firstWaitMs
  let lastComplaint = ''
  while (!signal.aborted) {
    try {
      await connectOnce(parts, signal, () => {
        log.info('cloud reached')
        waitMs = firstWaitMs
        lastComplaint = ''
      })
      if (!signal.aborted) log.warn('cloud lost')
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error)
      // Said once, not at every try.
      if (!signal.aborted && complaint !== lastComplaint) log.warn({ err: error }, 'cloud not reached')
      lastComplaint = complaint
    }
    await clock.sleep(waitMs * (0.5 + Math.random()), signal)
    waitMs = Math.min(longestWaitMs, waitMs * 2)
  }
}

/** One connection from its beginning to its end. */
async function connectOnce(parts: BrokerParts, signal: AbortSignal, onUp: () => void): Promise<void> {
  const { patienceMs = defaultPatienceMs } = parts
  const socket = await parts.openSocket(signal)
  const will = { ...parts.will(), qos: 1 as const, retain: false }
  const client = new MqttClient(() => socket, {
    protocolVersion: 4,
    clientId: parts.clientId,
    clean: true,
    keepalive: keepaliveSeconds,
    reconnectPeriod: 0,
    connectTimeout: patienceMs,
    queueQoSZero: false,
    resubscribe: false,
    will: { ...will, payload: Buffer.from(will.payload) },
  })
  client.on('error', (error) => parts.log.debug({ err: error }, 'broker error'))
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  try {
    await handshake(client, closed, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
    client.on('message', (topic, payload, packet) =>
      parts.onMessage({ topic, payload, isRetained: packet.retain }),
    )
    await within(patienceMs, signal, () => client.subscribeAsync([...parts.subscribeTo], { qos: 1 }))
    onUp()
    parts.onUp(toSession(client, socket))
    await untilClosed(closed, signal)
  } finally {
    parts.onDown()
    await endClient(client, socket)
  }
}

async function untilClosed(closed: Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>()
  const stop = () => stopped.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await Promise.race([closed, stopped.promise])
  signal.removeEventListener('abort', stop)
}

async function handshake(client: MqttClient, closed: Promise<void>, limit: AbortSignal): Promise<void> {
  const refused = closed.then(() => {
    throw new RejectedError('the broker refused this device; was it removed from its account?')
  })
  // Only looked at while the handshake lasts.
  refused.catch(() => undefined)
  const connected = new Promise((resolve, reject) => {
    client.once('connect', resolve)
    limit.addEventListener('abort', () => reject(new UnavailableError('the broker does not answer')))
  })
  await Promise.race([connected, refused])
}

function toSession(client: MqttClient, socket: Duplex): Session {
  return {
    async publish(topic, payload, options = { qos: 1 }) {
      if (!client.connected) throw new UnavailableError('not connected to the broker')
      const bytes = typeof payload === 'string' ? payload : Buffer.from(payload)
      try {
        await client.publishAsync(topic, bytes, { qos: options.qos, retain: false })
      } catch (cause) {
        throw new UnavailableError('the broker took nothing', { cause })
      }
    },
    get isBackedUp() {
      return socket.writableLength > backedUpBytes
    },
  }
}

async function endClient(client: MqttClient, socket: Duplex): Promise<void> {
  const patience = new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref())
  await Promise.race([client.endAsync(true).catch(() => undefined), patience])
  socket.destroy()
}
