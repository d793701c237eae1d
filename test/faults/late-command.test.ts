import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import pino from 'pino'
import { brokerServerName, loadOrMakeKeys } from '../../cloud/keys.ts'
import { connectUplink } from '../../cloud/mqtt.ts'
import { startSilentBroker } from '../fakes/silent-broker.ts'
import { waitUntil } from '../setup/wait.ts'

test('what the cloud gave up on is not sent when the broker comes back', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'layerwatch-late-'))
  const keys = await loadOrMakeKeys(path.join(folder, 'keys'))
  const broker = await startSilentBroker(keys)
  const verdict = async () => ({ result: 'stored' as const })
  const uplink = connectUplink({
    broker: {
      url: broker.url,
      serverName: brokerServerName,
      authority: keys.authority.certificate,
      certificate: keys.cloud.certificate,
      privateKey: keys.cloud.privateKey,
    },
    ports: { event: verdict, status: async () => {}, snapshot: verdict, live: () => {} },
    log: pino({ level: 'silent' }),
    publishWithinMs: 300,
  })
  t.after(async () => {
    await uplink.close()
    await broker.close()
    rmSync(folder, { recursive: true })
  })
  await waitUntil('the broker', () => uplink.isSubscribed())
  const topic = deviceTopic(randomUUID(), 'commands')
  await assert.rejects(uplink.publish(topic, 'given up'), UnavailableError)
  broker.hangUp()
  await waitUntil('the next connection', () => broker.published.length === 2 && uplink.isSubscribed())
  await assert.rejects(uplink.publish(topic, 'later'), UnavailableError)
  assert.deepEqual(broker.published, [['given up'], ['later']])
})
