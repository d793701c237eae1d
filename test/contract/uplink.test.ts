import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deviceTopic, maxBytes } from '@layerwatch/shared/topics.ts'
import pino from 'pino'
import { findMosquittoUser, writeMosquittoFiles } from '../../cloud/broker/mosquitto-files.ts'
import { type Broker, openBroker } from '../../cloud/broker.ts'
import { parseConfig } from '../../cloud/config.ts'
import { type Keys, loadOrMakeKeys } from '../../cloud/keys.ts'
import { connectUplink, type Uplink } from '../../cloud/mqtt.ts'
import { type FakeAgent, loginAgent } from '../setup/fake-agent.ts'
import { findMosquitto, type RunningMosquitto, startMosquitto } from '../setup/mosquitto.ts'
import { waitUntil } from '../setup/wait.ts'

/** The cloud's end of the broker does the same on every broker. */

const log = pino({ level: 'silent' })

interface Under {
  broker: Broker
  keys: Keys
  close(): Promise<void>
}

async function openOn(folder: string, keys: Keys, broker: string): Promise<Broker> {
  const text = `{dataDir: ${folder}, broker: ${broker}}`
  const config = parseConfig(text, { folder, env: {}, file: 'cloud.yaml' })
  return openBroker({ config, keys, log, isAllowed: async () => true, revokedSerials: async () => [] })
}

async function startEmbedded(): Promise<Under> {
  const folder = mkdtempSync(path.join(tmpdir(), 'layerwatch-uplink-'))
  const keys = await loadOrMakeKeys(path.join(folder, 'keys'))
  const broker = await openOn(folder, keys, '{kind: embedded, port: 0}')
  const close = async () => {
    await broker.close()
    rmSync(folder, { recursive: true })
  }
  return { broker, keys, close }
}

async function startOnMosquitto(): Promise<Under> {
  const folder = mkdtempSync(path.join(tmpdir(), 'layerwatch-uplink-'))
  chmodSync(folder, 0o755)
  const keys = await loadOrMakeKeys(path.join(folder, 'keys'))
  const configDir = path.join(folder, 'config')
  const owner = findMosquittoUser()
  await writeMosquittoFiles(configDir, { keys, revokedSerials: [], ...(owner && { owner }) })
  const server: RunningMosquitto = await startMosquitto({ configDir })
  const broker = await openOn(folder, keys, `{kind: mosquitto, url: '${server.url}'}`)
  const close = async () => {
    await broker.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  }
  return { broker, keys, close }
}

function describeUplink(name: string, start: () => Promise<Under>): void {
  describe(name, () => {
    let under: Under
    let uplink: Uplink
    const agents: FakeAgent[] = []
    const heard: { deviceId: string; what: string; json?: unknown; bytes?: number }[] = []

    before(async () => {
      under = await start()
      uplink = connectUplink({
        broker: under.broker.connection,
        log,
        ports: {
          event: async (deviceId, json) => {
            heard.push({ deviceId, what: 'event', json })
            return { result: 'stored' }
          },
          status: async (deviceId, json) => {
            heard.push({ deviceId, what: 'status', json })
          },
          snapshot: async (deviceId, id, jpeg) => {
            heard.push({ deviceId, what: 'snapshot', bytes: jpeg.length })
            return { id, result: 'stored' }
          },
          live: (deviceId, frame) => heard.push({ deviceId, what: 'live', bytes: frame.length }),
        },
      })
      await waitUntil('the subscription', () => uplink.isSubscribed())
    })
    after(async () => {
      for (const agent of agents) await agent.close()
      await uplink.close()
      await under.close()
    })

    async function login(): Promise<{ deviceId: string; agent: FakeAgent }> {
      const deviceId = randomUUID()
      const agent = await loginAgent(under, deviceId)
      agents.push(agent)
      return { deviceId, agent }
    }

    test('each kind of message comes to its own port, named by who really sent it', async () => {
      const { deviceId, agent } = await login()
      const snapshotId = randomUUID()
      await agent.send('status', { status: 1 })
      await agent.send('events', { event: 1 })
      await agent.sendPicture(snapshotId, Buffer.alloc(maxBytes.snapshot))
      await agent.send('live', Buffer.alloc(60_000))
      const own = () => heard.filter((one) => one.deviceId === deviceId)
      await waitUntil('all four', () => own().length === 4)
      assert.deepEqual(
        own()
          .map((one) => one.what)
          .sort(),
        ['event', 'live', 'snapshot', 'status'],
      )
      assert.equal((await agent.receiptFor(snapshotId)).result, 'stored')
      const digest = createHash('sha256').update('{"event":1}').digest('hex')
      await waitUntil('the event’s receipt', () => agent.receipts.some((one) => one.digest === digest))
    })

    test('a command reaches its own device alone and is not kept for later', async () => {
      const [one, other] = [await login(), await login()]
      const command = {
        id: randomUUID(),
        deviceId: one.deviceId,
        printerId: randomUUID(),
        action: 'snapshot',
        issuer: { personId: 'p', name: 'Anna' },
        boot: randomUUID(),
        notAfterUptimeMs: 1,
      }
      const signed = JSON.stringify({ command, keyId: '0123456789abcdef', signature: 's' })
      const absent = randomUUID()
      await uplink.publish(deviceTopic(absent, 'commands'), signed)
      await uplink.publish(deviceTopic(one.deviceId, 'commands'), signed)
      assert.equal((await waitUntil('the command', () => one.agent.commands[0])).id, command.id)
      const late = await loginAgent(under, absent)
      agents.push(late)
      await late.send('events', { flush: 1 })
      await waitUntil('its receipt', () => late.receipts.length === 1)
      assert.deepEqual([late.commands, other.agent.commands], [[], []])
    })

    test('what is no JSON has a receipt that names it by its digest', async () => {
      const { agent } = await login()
      await agent.send('events', Buffer.from('{"cut": '))
      const receipt = await waitUntil('the receipt', () => agent.receipts[0])
      assert.equal(receipt.result, 'rejected')
      assert.equal(receipt.digest, createHash('sha256').update('{"cut": ').digest('hex'))
    })

    test('as many events as an agent has on the way at once all have their receipts, in order', async () => {
      const { deviceId, agent } = await login()
      const window = 32
      for (let round = 0; round < 4; round++) {
        const sends = Array.from({ length: window }, (_, index) => agent.send('events', { index, round }))
        await Promise.all(sends)
        const isAnswered = () => agent.receipts.length === window * (round + 1)
        await waitUntil('all receipts', isAnswered, { timeoutMs: 30_000 })
      }
      const own = heard.filter((one) => one.deviceId === deviceId).map((one) => JSON.stringify(one.json))
      const sent = Array.from({ length: window * 4 }, (_, place) => {
        return JSON.stringify({ index: place % window, round: Math.floor(place / window) })
      })
      assert.deepEqual(own, sent)
    })
  })
}

describeUplink('on the embedded broker', startEmbedded)
if (findMosquitto()) describeUplink('on Mosquitto', startOnMosquitto)
else test('on Mosquitto', { skip: 'Mosquitto is not installed' })
