import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { deviceTopic, maxBytes, snapshotTopic, upwardFilters } from '@layerwatch/shared/topics.ts'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Broker } from '../../cloud/broker.ts'
import {
  issuePair,
  type KeyAndCertificate,
  makeAuthority,
  readAuthority,
  splitPair,
} from '../../cloud/keys/certificates.ts'
import type { Keys } from '../../cloud/keys.ts'
import { waitUntil } from '../setup/wait.ts'

/** A broker under test: running, and able to take a device's certificate back. */
export interface BrokerUnderTest {
  broker: Broker
  keys: Keys
  /** Marks a device as revoked where the broker asks or reads it. */
  revoke(deviceId: string, certificate: string): void
  close(): Promise<void>
}

interface Heard {
  topic: string
  text: string
}

/** What every broker must do for Layerwatch to be safe on it. */
export function describeBroker(name: string, start: () => Promise<BrokerUnderTest>): void {
  describe(name, () => {
    let under: BrokerUnderTest
    let cloud: MqttClient
    const heardByCloud: Heard[] = []
    const clients: MqttClient[] = []
    const [a, b] = [randomUUID(), randomUUID()]
    let pairA: KeyAndCertificate
    let pairB: KeyAndCertificate

    async function login(
      pair: Partial<KeyAndCertificate>,
      options: IClientOptions = {},
      heard: Heard[] = [],
    ): Promise<MqttClient> {
      const { connection } = under.broker
      const client = mqtt.connect(connection.url, {
        ca: connection.authority,
        servername: connection.serverName,
        ...(pair.certificate && { cert: pair.certificate }),
        ...(pair.privateKey && { key: pair.privateKey }),
        protocolVersion: 4,
        reconnectPeriod: 0,
        connectTimeout: 5_000,
        ...options,
      })
      clients.push(client)
      client.on('message', (topic, payload) => heard.push({ topic, text: payload.toString() }))
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve())
        client.on('error', reject)
        client.once('close', () => reject(new Error('closed')))
      })
      client.on('error', () => {})
      return client
    }

    /** Proves that everything sent before was dealt with: what this sends arrives after it. */
    async function flush(): Promise<void> {
      const marker = randomUUID()
      const device = await login(pairB)
      await device.publishAsync(deviceTopic(b, 'status'), marker, { qos: 1 })
      await waitUntil('the marker', () => heardByCloud.some(({ text }) => text === marker))
      await device.endAsync()
    }

    /** Publishes what the broker may acknowledge, ignore or hang up on. */
    async function attempt(client: MqttClient, topic: string, text: string, retain = false): Promise<void> {
      const ended = new Promise<void>((resolve) => client.once('close', () => resolve()))
      const sent = client.publishAsync(topic, text, { qos: 1, retain }).then(
        () => {},
        () => {},
      )
      await Promise.race([sent, ended])
    }

    const cloudHeard = (text: string) => heardByCloud.filter((one) => one.text === text).length
    const pairFor = async (id: string) => splitPair(await issuePair(under.keys.authority, id, 'client'))

    before(async () => {
      under = await start()
      pairA = await pairFor(a)
      pairB = await pairFor(b)
      const { certificate, privateKey } = under.broker.connection
      cloud = await login({ certificate, privateKey }, { clientId: 'cloud' }, heardByCloud)
      await cloud.subscribeAsync([...upwardFilters], { qos: 1 })
    })
    after(async () => {
      for (const client of clients) client.end(true)
      await under.close()
    })

    test('nobody comes in without a certificate', async () => {
      await assert.rejects(login({}, { clientId: a }))
    })

    test('a certificate of another authority is refused', async () => {
      const foreign = await readAuthority(await makeAuthority())
      const pair = splitPair(await issuePair(foreign, a, 'client'))
      await assert.rejects(login(pair, { clientId: a }))
    })

    test('a device’s messages reach the cloud, acknowledged', async () => {
      const device = await login(pairA)
      const snapshotId = randomUUID()
      await device.publishAsync(deviceTopic(a, 'events'), 'an event', { qos: 1 })
      await device.publishAsync(snapshotTopic(a, snapshotId), 'a picture', { qos: 1 })
      await device.publishAsync(deviceTopic(a, 'live'), 'a frame', { qos: 0 })
      await waitUntil('all three', () => cloudHeard('a frame') + cloudHeard('a picture') >= 2)
      assert.equal(cloudHeard('an event'), 1)
      assert.equal(heardByCloud.find((one) => one.text === 'a picture')?.topic, snapshotTopic(a, snapshotId))
      await device.endAsync()
    })

    test('a device hears its own commands and receipts, and nobody else’s', async () => {
      const heardByA: Heard[] = []
      const heardByB: Heard[] = []
      const deviceA = await login(pairA, {}, heardByA)
      const deviceB = await login(pairB, {}, heardByB)
      await deviceA.subscribeAsync([deviceTopic(a, 'commands'), deviceTopic(a, 'receipts')], { qos: 1 })
      for (const filter of [
        deviceTopic(a, 'commands'),
        '#',
        'v1/devices/+/commands',
        deviceTopic(b, 'commands'),
      ]) {
        // Granted and then silent, or refused: what counts is what arrives.
        await deviceB.subscribeAsync(filter, { qos: 1 }).catch(() => {})
      }
      await cloud.publishAsync(deviceTopic(a, 'commands'), 'for a', { qos: 1 })
      await cloud.publishAsync(deviceTopic(a, 'receipts'), 'receipt for a', { qos: 1 })
      await cloud.publishAsync(deviceTopic(b, 'commands'), 'for b', { qos: 1 })
      await waitUntil('a', () => heardByA.length >= 2)
      await waitUntil('b', () => heardByB.some(({ text }) => text === 'for b'))
      assert.deepEqual(new Set(heardByB.map(({ text }) => text)), new Set(['for b']))
      assert.deepEqual(new Set(heardByA.map(({ text }) => text)), new Set(['for a', 'receipt for a']))
      await Promise.all([deviceA.endAsync(), deviceB.endAsync()])
    })

    test('a device can’t speak for another, nor as the cloud', async () => {
      const heardByA: Heard[] = []
      const deviceA = await login(pairA, {}, heardByA)
      await deviceA.subscribeAsync(deviceTopic(a, 'commands'), { qos: 1 })
      for (const topic of [
        deviceTopic(a, 'events'),
        deviceTopic(a, 'status'),
        snapshotTopic(a, randomUUID()),
        deviceTopic(a, 'commands'),
        `${deviceTopic(b, 'events')}/more`,
      ]) {
        const deviceB = await login(pairB)
        deviceB.publish(topic, 'forged', { qos: 1 })
        await attempt(deviceB, deviceTopic(b, 'events'), `after ${topic}`)
        deviceB.end(true)
      }
      await flush()
      await cloud.publishAsync(deviceTopic(a, 'commands'), 'true', { qos: 1 })
      await waitUntil('the true command', () => heardByA.some(({ text }) => text === 'true'))
      assert.equal(cloudHeard('forged'), 0)
      assert.deepEqual(
        heardByA.map(({ text }) => text),
        ['true'],
      )
      await deviceA.endAsync()
    })

    test('a device that names another’s client id does not take its session over', async () => {
      const heardByA: Heard[] = []
      const deviceA = await login(pairA, { clientId: a }, heardByA)
      await deviceA.subscribeAsync(deviceTopic(a, 'commands'), { qos: 1 })
      await login(pairB, { clientId: a }).catch(() => {})
      await login(pairB, { clientId: 'cloud' }).catch(() => {})
      await flush()
      await cloud.publishAsync(deviceTopic(a, 'commands'), 'still there', { qos: 1 })
      await waitUntil('the command', () => heardByA.length > 0)
      assert.ok(deviceA.connected)
      assert.ok(cloud.connected)
      await deviceA.endAsync()
    })

    test('a retained message is kept for nobody', async () => {
      const device = await login(pairA)
      await attempt(device, deviceTopic(a, 'status'), 'kept', true)
      device.end(true)
      await flush()
      const late: Heard[] = []
      const { certificate, privateKey } = under.broker.connection
      await cloud.endAsync()
      cloud = await login({ certificate, privateKey }, { clientId: 'cloud' }, late)
      cloud.on('message', (topic, payload) => heardByCloud.push({ topic, text: payload.toString() }))
      await cloud.subscribeAsync([...upwardFilters], { qos: 1 })
      await flush()
      assert.equal(late.filter(({ text }) => text === 'kept').length, 0)
    })

    test('a command for a device that is away is not kept for it', async () => {
      const first = await login(pairA)
      await first.subscribeAsync(deviceTopic(a, 'commands'), { qos: 1 })
      await first.endAsync()
      await cloud.publishAsync(deviceTopic(a, 'commands'), 'too late', { qos: 1 })
      const heard: Heard[] = []
      const again = await login(pairA, {}, heard)
      await again.subscribeAsync(deviceTopic(a, 'commands'), { qos: 1 })
      await cloud.publishAsync(deviceTopic(a, 'commands'), 'in time', { qos: 1 })
      await waitUntil('the command', () => heard.length > 0)
      assert.deepEqual(
        heard.map(({ text }) => text),
        ['in time'],
      )
      await again.endAsync()
    })

    test('the last will is said when a device is cut off', async () => {
      const will = {
        topic: deviceTopic(a, 'status'),
        payload: Buffer.from('gone'),
        qos: 1 as const,
        retain: false,
      }
      const device = await login(pairA, { will })
      device.stream.destroy()
      await waitUntil('the will', () => cloudHeard('gone') === 1)
    })

    test('a last will for another device is said by nobody', async () => {
      const will = {
        topic: deviceTopic(b, 'status'),
        payload: Buffer.from('forged'),
        qos: 1 as const,
        retain: false,
      }
      const device = await login(pairA, { will }).catch(() => undefined)
      device?.stream.destroy()
      await flush()
      assert.equal(cloudHeard('forged'), 0)
    })

    test('a picture of the largest size passes, a larger one doesn’t', async () => {
      const device = await login(pairA)
      const fits = 'x'.repeat(maxBytes.snapshot)
      await device.publishAsync(snapshotTopic(a, randomUUID()), fits, { qos: 1 })
      await waitUntil('the picture', () => cloudHeard(fits) === 1)
      const large = 'y'.repeat(maxBytes.snapshot * 2)
      device.publish(snapshotTopic(a, randomUUID()), large, { qos: 1 })
      await flush()
      assert.equal(cloudHeard(large), 0)
      device.end(true)
    })

    test('a revoked device is cut off, and stays out', async () => {
      const id = randomUUID()
      const pair = await pairFor(id)
      const device = await login(pair)
      let isClosed = false
      device.once('close', () => {
        isClosed = true
      })
      under.revoke(id, pair.certificate)
      await under.broker.disconnect(id)
      await waitUntil('the end of the session', () => isClosed)
      await assert.rejects(login(pair))
      // Everybody else goes on.
      await flush()
    })
  })
}
