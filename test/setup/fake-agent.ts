import assert from 'node:assert/strict'
import { type Command, SignedCommand } from '@layerwatch/shared/commands.ts'
import { Receipt } from '@layerwatch/shared/receipts.ts'
import { deviceTopic, snapshotTopic } from '@layerwatch/shared/topics.ts'
import mqtt, { type MqttClient } from 'mqtt'
import type { Broker } from '../../cloud/broker.ts'
import type { Flow } from '../../cloud/flow.ts'
import { issuePair, splitPair } from '../../cloud/keys/certificates.ts'
import type { Keys } from '../../cloud/keys.ts'
import { suspicion, tellStory } from './tenants.ts'
import { waitUntil } from './wait.ts'

/** A device at a real broker that says what a test has it say. */
export interface FakeAgent {
  client: MqttClient
  receipts: Receipt[]
  signed: SignedCommand[]
  commands: Command[]
  /** Publishes and waits for the broker alone. */
  send(channel: 'events' | 'status' | 'live', payload: unknown): Promise<void>
  sendPicture(snapshotId: string, jpeg: Uint8Array): Promise<void>
  /** The receipt for an event or a picture. */
  receiptFor(id: string): Promise<Receipt>
  close(): Promise<void>
}

/** Logs a device in with a certificate as pairing gives it. */
export async function loginAgent(
  { broker, keys }: { broker: Broker; keys: Keys },
  deviceId: string,
): Promise<FakeAgent> {
  const pair = splitPair(await issuePair(keys.authority, deviceId, 'client'))
  const { connection } = broker
  const client = mqtt.connect(connection.url, {
    ca: connection.authority,
    servername: connection.serverName,
    cert: pair.certificate,
    key: pair.privateKey,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  const [receipts, signed]: [Receipt[], SignedCommand[]] = [[], []]
  client.on('message', (topic, payload) => {
    const json: unknown = JSON.parse(payload.toString())
    if (topic.endsWith('/receipts')) receipts.push(Receipt.parse(json))
    else signed.push(SignedCommand.parse(json))
  })
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
  })
  client.on('error', () => {})
  await client.subscribeAsync([deviceTopic(deviceId, 'receipts'), deviceTopic(deviceId, 'commands')], {
    qos: 1,
  })
  return {
    client,
    receipts,
    signed,
    get commands() {
      return signed.map(({ command }) => command)
    },
    send: async (channel, payload) => {
      const bytes = payload instanceof Uint8Array ? Buffer.from(payload) : JSON.stringify(payload)
      await client.publishAsync(deviceTopic(deviceId, channel), bytes, { qos: channel === 'live' ? 0 : 1 })
    },
    sendPicture: async (snapshotId, jpeg) => {
      await client.publishAsync(snapshotTopic(deviceId, snapshotId), Buffer.from(jpeg), { qos: 1 })
    },
    receiptFor: (id) => waitUntil(`a receipt for ${id}`, () => receipts.find((receipt) => receipt.id === id)),
    close: async () => {
      await client.endAsync(true)
    },
  }
}

/** Tells of a print that fails and goes on, once the cloud knows that the device is there. */
export async function tellFailingPrint(agent: FakeAgent, flow: Flow, deviceId: string) {
  const story = tellStory()
  await agent.send('status', story.status())
  await waitUntil('the device is there', () => flow.presence.runOf(deviceId)?.boot === story.boot)
  const suspected = story.event('defect.suspected', suspicion(9))
  for (const event of [story.event('print.started', { job: 'benchy.gcode' }), suspected]) {
    await agent.send('events', event)
    assert.equal((await agent.receiptFor(event.id)).result, 'stored')
  }
  return { story, suspected }
}
