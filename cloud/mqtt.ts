import { createHash } from 'node:crypto'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Receipt } from '@layerwatch/shared/receipts.ts'
import {
  deviceTopic,
  maxBytes,
  parseUpwardTopic,
  type UpwardTopic,
  upwardFilters,
} from '@layerwatch/shared/topics.ts'
import { Id } from '@layerwatch/shared/vocabulary.ts'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import type { BrokerConnection } from './broker.ts'
import { DeviceQueues } from './device-queues.ts'

/** A receipt without the digest, which only the transport knows. */
export type Verdict = Omit<Receipt, 'digest'>

/** What is done with each thing a device sends. A rejection is thrown as `RejectedError`. */
export interface UpwardPorts {
  /** Resolves after the commit; throws where it cannot be stored just now. */
  event(deviceId: string, json: unknown): Promise<Verdict>
  status(deviceId: string, json: unknown, heardMs: number): Promise<void>
  snapshot(deviceId: string, snapshotId: string, jpeg: Uint8Array): Promise<Verdict>
  /** A frame for those who watch; never stored. */
  live(deviceId: string, frame: Uint8Array): void
}

/** What became of what came in, since the start. */
export interface UpwardCounts {
  taken: number
  /** None of ours, or refused. */
  malformed: number
  /** Not possible at that moment: its device sends it again. */
  failed: number
}

/** The cloud's end of the broker. */
export interface Uplink {
  /** Resolves when the broker took it. @throws UnavailableError where there is no connection. */
  publish(topic: string, payload: string): Promise<void>
  /** Connected, and what devices send comes in. */
  isSubscribed(): boolean
  counts(): UpwardCounts
  close(): Promise<void>
}

/** Together as many messages are worked on; of one device, one. */
const workedOnAtOnce = 8
/** Waiting messages and bytes from which on nothing more is read from the broker. */
const queueLimits = { messages: 512, bytes: 64 * 1024 * 1024 }
const usualPublishWithinMs = 10_000

/**
 * Connects to the broker and takes up what devices send. Reconnects by itself; sessions are clean and nothing
 * relies on the broker's own acknowledgement: a device sends again until it has our receipt.
 */
export function connectUplink(options: {
  broker: BrokerConnection
  ports: UpwardPorts
  log: Logger
  /** How long the broker may take to acknowledge. */
  publishWithinMs?: number
}): Uplink {
  const { broker, ports, log, publishWithinMs = usualPublishWithinMs } = options
  const counts: UpwardCounts = { taken: 0, malformed: 0, failed: 0 }
  const queues = new DeviceQueues({ atOnce: workedOnAtOnce, ...queueLimits })
  const client = connect(broker.url, connectionOptions(broker))
  const publish = (topic: string, payload: string) =>
    publishTo(client, { topic, payload, withinMs: publishWithinMs })
  const work = async (message: Message) => {
    const { deviceId, channel } = message.topic
    try {
      const verdict = await takeUp(message, ports)
      if (verdict.result === 'rejected') {
        counts.malformed++
        log.warn({ deviceId, channel, reason: verdict.reason }, 'message rejected')
      } else counts.taken++
      // A status has no receipt: the next one is 15 s away.
      if (channel === 'status') return
      const receipt: Receipt = { ...verdict, digest: sha256(message.payload) }
      await publish(deviceTopic(deviceId, 'receipts'), JSON.stringify(receipt))
    } catch (err) {
      counts.failed++
      // Without a receipt the device sends it again.
      log.error({ err, deviceId, channel }, 'message not taken up')
    }
  }
  // Overrides what mqtt.js does with a message; while `done` is not called nothing more is read.
  client.handleMessage = (packet, done) => {
    const topic = parseUpwardTopic(packet.topic)
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    if (!topic || !Id.safeParse(topic.deviceId).success || packet.retain) {
      counts.malformed++
      return done()
    }
    if (topic.channel === 'live') {
      if (payload.length <= maxBytes.live) ports.live(topic.deviceId, payload)
      return done()
    }
    const message = { topic, payload, heardMs: performance.now() }
    queues.add(topic.deviceId, payload.length, () => work(message)).then(() => done())
  }
  const state = subscribeAlways(client, log)
  return {
    publish,
    isSubscribed: () => client.connected && state.isSubscribed,
    counts: () => ({ ...counts }),
    close: async () => {
      await client.endAsync(true)
      await queues.idle()
    },
  }
}

function connectionOptions(broker: BrokerConnection): IClientOptions {
  return {
    protocolVersion: 4,
    clean: true,
    clientId: 'cloud',
    ca: broker.authority,
    cert: broker.certificate,
    key: broker.privateKey,
    servername: broker.serverName,
    rejectUnauthorized: true,
    keepalive: 15,
    connectTimeout: 10_000,
    reconnectPeriod: 1000,
    // Neither commands nor receipts may be sent later than they were meant.
    queueQoSZero: false,
    resubscribe: false,
  }
}

/** Subscribes at each connection; a broker that refuses is asked again with the next. */
function subscribeAlways(client: MqttClient, log: Logger): { isSubscribed: boolean } {
  const state = { isSubscribed: false }
  client.on('connect', () => {
    client.subscribeAsync([...upwardFilters], { qos: 1 }).then(
      () => {
        state.isSubscribed = true
        log.info('connected to the broker')
      },
      (err: unknown) => {
        log.error({ err }, 'broker refuses the subscription')
        client.stream.destroy()
      },
    )
  })
  client.on('close', () => {
    state.isSubscribed = false
  })
  client.on('offline', () => log.warn('no connection to the broker'))
  client.on('error', (err) => log.warn({ err }, 'broker connection failed'))
  return state
}

interface Message {
  topic: UpwardTopic
  payload: Uint8Array
  heardMs: number
}

/** Takes up one message. What is rejected is answered too, so that the device goes on. */
async function takeUp({ topic, payload, heardMs }: Message, ports: UpwardPorts): Promise<Verdict> {
  const { deviceId } = topic
  try {
    if (topic.channel === 'status') {
      await ports.status(deviceId, parseJson(payload, maxBytes.status), heardMs)
      return { result: 'stored' }
    }
    if (topic.channel !== 'snapshots') return await ports.event(deviceId, parseJson(payload, maxBytes.event))
    const snapshotId = Id.safeParse(topic.snapshotId)
    if (!snapshotId.success) throw new RejectedError('the picture’s id is no UUID')
    if (payload.length > maxBytes.snapshot) throw new RejectedError('the picture is too large')
    return await ports.snapshot(deviceId, snapshotId.data, payload)
  } catch (error) {
    if (error instanceof RejectedError || error instanceof ProtocolError) {
      return { result: 'rejected', reason: error.message.slice(0, 300) }
    }
    throw error
  }
}

/** @throws ProtocolError where the payload is too large or no JSON. */
function parseJson(payload: Uint8Array, limit: number): unknown {
  if (payload.length > limit) throw new ProtocolError(`larger than ${limit} bytes`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (cause) {
    throw new ProtocolError('not JSON', { cause })
  }
}

interface Publication {
  topic: string
  payload: string
  withinMs: number
}

async function publishTo(client: MqttClient, { topic, payload, withinMs }: Publication): Promise<void> {
  if (!client.connected) throw new UnavailableError('no connection to the broker')
  const late = Promise.withResolvers<never>()
  const sending = client.publishAsync(topic, payload, { qos: 1, retain: false })
  const packetId = client.getLastMessageId()
  const timer = setTimeout(() => {
    late.reject(new UnavailableError('the broker does not answer'))
    // Else the client sends it with its next connection, when nobody means it any more.
    client.removeOutgoingMessage(packetId)
  }, withinMs)
  try {
    await Promise.race([sending, late.promise])
  } catch (cause) {
    throw cause instanceof UnavailableError ? cause : new UnavailableError('not published', { cause })
  } finally {
    clearTimeout(timer)
  }
}

function sha256(payload: Uint8Array): string {
  return createHash('sha256').update(payload).digest('hex')
}
