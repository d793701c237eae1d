import type { Duplex } from 'node:stream'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import { within } from '../clock.ts'
import { limitPackets } from './mqtt-limit.ts'

/*
 * The only file of the agent that knows the MQTT package: one connection over a socket opened elsewhere, from its
 * handshake to its end. The cloud's broker and a printer's are both spoken to through it.
 */

export interface MqttMessage {
  topic: string
  payload: Uint8Array
  /** Kept by the broker from an earlier time. */
  isRetained: boolean
}

export interface MqttOptions {
  /** Open and checked: what is sent first may be a password. */
  socket: Duplex
  clientId: string
  login?: { username: string; password: string }
  subscribeTo: readonly string[]
  /** Sent by the broker when the connection ends without a word. */
  will?: { topic: string; payload: string }
  onMessage: (message: MqttMessage) => void
  log: Logger
  /** Longest wait for the broker's welcome, and again for its word on the topics asked for. */
  patienceMs: number
  /** Longest message taken; a longer one ends the connection before it is gathered. */
  maxPacketBytes?: number
  /** What it means that this broker ends the connection in place of a welcome, in a person's words. */
  refusal: string
}

/** One live connection to a broker. */
export interface MqttConnection {
  /** Resolves when the broker has it (QoS 1) or it is written (QoS 0). @throws UnavailableError */
  publish(topic: string, payload: string | Uint8Array, options?: { qos: 0 | 1 }): Promise<void>
  /** The network is slower than we are. */
  readonly isBackedUp: boolean
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

const keepaliveSeconds = 20
const backedUpBytes = 256 * 1024
const closeWithinMs = 1_000

/**
 * Speaks MQTT 3.1.1 with a clean session over an open socket, and subscribes. The socket is closed with it, also
 * where this fails.
 * @throws RejectedError where the broker refuses; ProtocolError where it is none; UnavailableError or TimeoutError
 * where it says nothing.
 */
export async function connectMqtt(options: MqttOptions, signal: AbortSignal): Promise<MqttConnection> {
  const { socket, will, login, patienceMs, maxPacketBytes } = options
  const client = new MqttClient(() => socket, {
    protocolVersion: 4,
    clientId: options.clientId,
    ...login,
    clean: true,
    keepalive: keepaliveSeconds,
    reconnectPeriod: 0,
    // Longer than our own patience, which says what it means.
    connectTimeout: 2 * patienceMs,
    queueQoSZero: false,
    resubscribe: false,
    ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
  })
  if (maxPacketBytes !== undefined) limitPackets(socket, maxPacketBytes)
  client.on('error', (error) => {
    options.log.debug({ err: error }, 'broker error')
    // The package reads on after what it can't read: nothing that follows would be understood.
    socket.destroy()
  })
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
    await handshake(client, { closed, limit, refusal: options.refusal })
    client.on('message', (topic, payload, packet) =>
      options.onMessage({ topic, payload, isRetained: packet.retain }),
    )
    await within(patienceMs, signal, () => client.subscribeAsync([...options.subscribeTo], { qos: 1 }))
  } catch (error) {
    await endClient(client, socket)
    throw error
  }
  return toConnection(client, socket, closed)
}

async function handshake(
  client: MqttClient,
  { closed, limit, refusal }: { closed: Promise<void>; limit: AbortSignal; refusal: string },
): Promise<void> {
  let trouble: unknown
  client.once('error', (error) => {
    trouble = error
  })
  const refused = closed.then(() => {
    throw explainEnd(trouble, refusal)
  })
  // Only looked at while the handshake lasts.
  refused.catch(() => undefined)
  const connected = new Promise((resolve, reject) => {
    client.once('connect', resolve)
    limit.addEventListener('abort', () => reject(new UnavailableError('the broker does not answer')))
  })
  await Promise.race([connected, refused])
}

/** Brokers refuse with a number, or by hanging up; what the package can't read has neither code nor number. */
function explainEnd(trouble: unknown, refusal: string): Error {
  const code: unknown = Object(trouble).code
  if (trouble === undefined || typeof code === 'number') return new RejectedError(refusal)
  if (typeof code === 'string')
    return new UnavailableError('the connection to the broker broke', { cause: trouble })
  return new ProtocolError('what answers is no MQTT broker', { cause: trouble })
}

function toConnection(client: MqttClient, socket: Duplex, closed: Promise<void>): MqttConnection {
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
    closed,
    close: () => endClient(client, socket),
  }
}

async function endClient(client: MqttClient, socket: Duplex): Promise<void> {
  const patience = new Promise<void>((resolve) => setTimeout(resolve, closeWithinMs).unref())
  await Promise.race([client.endAsync(true).catch(() => undefined), patience])
  socket.destroy()
}
