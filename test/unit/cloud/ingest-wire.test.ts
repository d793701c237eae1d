import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { maxBytes } from '@layerwatch/shared/topics.ts'
import pino from 'pino'
import sharp from 'sharp'
import { ingestEvent } from '../../../cloud/ingest.ts'
import { connectUplink, type UpwardPorts } from '../../../cloud/mqtt.ts'
import { picturePath } from '../../../cloud/pictures.ts'
import { type FakeAgent, loginAgent } from '../../setup/fake-agent.ts'
import { makeIngestContext } from '../../setup/ingest.ts'
import { fineLayer, joinTenant, suspicion, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let cloud: TestCloud
let anna: Tenant & { cookie: string; agent: FakeAgent }
let ben: Tenant & { cookie: string; agent: FakeAgent }

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  const join = async (name: string) => {
    const cookie = await cloud.signIn(`${name}@example.org`)
    const tenant = await joinTenant(cloud.db, `${name}@example.org`)
    return { ...tenant, cookie, agent: await loginAgent(cloud, tenant.deviceId) }
  }
  anna = await join('anna')
  ben = await join('ben')
})
after(async () => {
  for (const { agent } of [anna, ben]) await agent.close()
  await cloud.close()
})

const digestOf = (payload: string | Uint8Array) => createHash('sha256').update(payload).digest('hex')

const drawJpeg = (width = 640, height = 480) =>
  sharp({ create: { width, height, channels: 3, background: '#507C6B' } })
    .jpeg()
    .toBuffer()

test('an event has its receipt after the commit, and a second one when it is sent again', async () => {
  const event = tellStory().event('layer.judged', fineLayer(1))
  await anna.agent.send('events', event)
  const receipt = await anna.agent.receiptFor(event.id)
  assert.deepEqual(receipt, { id: event.id, result: 'stored', digest: digestOf(JSON.stringify(event)) })
  assert.ok(await cloud.db.event.findUnique({ where: { id: event.id } }))
  await anna.agent.send('events', event)
  const again = await waitUntil('the second receipt', () =>
    anna.agent.receipts.find((one) => one.id === event.id && one.result === 'duplicate'),
  )
  assert.equal(again.digest, receipt.digest)
})

test('what cannot be read is rejected by its digest, and what follows is stored', async () => {
  const story = tellStory()
  const lateId = randomUUID()
  const payloads = ['not json', '{}', Buffer.from([0xff, 0xfe]), JSON.stringify({ id: lateId, type: 'x' })]
  for (const payload of payloads) {
    await anna.agent.send('events', typeof payload === 'string' ? Buffer.from(payload) : payload)
  }
  const event = story.event('layer.judged', fineLayer(1))
  await anna.agent.send('events', event)
  assert.equal((await anna.agent.receiptFor(event.id)).result, 'stored')
  for (const payload of payloads) {
    const receipt = anna.agent.receipts.find((one) => one.digest === digestOf(payload))
    assert.equal(receipt?.result, 'rejected')
    assert.ok(receipt.reason)
  }
  assert.equal((await anna.agent.receiptFor(lateId)).result, 'rejected')
})

test('a cloud that dies between commit and receipt has the event once when it is sent again', async () => {
  const event = tellStory().event('defect.confirmed', suspicion(9))
  // What a process that dies right after its commit leaves behind: the rows, and nobody who was answered.
  const dying = makeIngestContext(cloud.db)
  assert.equal((await ingestEvent(dying, { deviceId: anna.deviceId, json: event })).result, 'stored')
  await cloud.restartFlow()
  await anna.agent.send('events', event)
  assert.equal((await anna.agent.receiptFor(event.id)).result, 'duplicate')
  assert.equal(await cloud.db.event.count({ where: { id: event.id } }), 1)
  assert.equal(await cloud.db.incident.count({ where: { printId: String(event.printId) } }), 1)
})

test('messages of one device are taken up in their order, also when many come at once', async () => {
  const story = tellStory()
  const events = Array.from({ length: 60 }, (_, index) => story.event('layer.judged', fineLayer(index + 1)))
  await Promise.all(events.map((event) => anna.agent.send('events', event)))
  const last = events.at(-1)
  assert.ok(last)
  await waitUntil(
    'all receipts',
    () => events.every(({ id }) => anna.agent.receipts.some((one) => one.id === id)),
    {
      timeoutMs: 30_000,
    },
  )
  const order = anna.agent.receipts.map((receipt) => receipt.id)
  const places = events.map(({ id }) => order.indexOf(id))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('a failing database gives no receipt, and the next message is taken up', async () => {
  const taken: string[] = []
  const other = await joinTenant(cloud.db, 'anna@example.org')
  const ports: UpwardPorts = {
    event: async (deviceId) => {
      if (deviceId !== other.deviceId) return { result: 'duplicate' }
      taken.push(deviceId)
      if (taken.length === 1) throw new Error('no database')
      return { result: 'stored' }
    },
    status: async () => {},
    snapshot: async () => ({ result: 'stored' }),
    live: () => {},
  }
  await cloud.flow.uplink.close()
  const log = pino({ level: 'silent' })
  const uplink = connectUplink({ broker: cloud.broker.connection, ports, log })
  await waitUntil('the connection', () => uplink.isSubscribed())
  const agent = await loginAgent(cloud, other.deviceId)
  for (const text of ['1', '2']) await agent.send('events', Buffer.from(text))
  const receipt = await waitUntil('a receipt', () => agent.receipts[0])
  assert.deepEqual([receipt.digest, agent.receipts.length, uplink.counts().failed], [digestOf('2'), 1, 1])
  await agent.close()
  await uplink.close()
  await cloud.restartFlow()
})

test('a picture may come before or after its event, lies whole on disk and carries nothing but pixels', async () => {
  const story = tellStory()
  const withSecret = await sharp(await drawJpeg())
    .withExif({ IFD0: { Copyright: 'home at 52.5 13.4' } })
    .jpeg()
    .toBuffer()
  for (const isPictureFirst of [true, false]) {
    const snapshotId = randomUUID()
    const event = story.event('snapshot.taken', { snapshotId, purpose: 'confirmed', layer: 9 })
    const sends = [
      () => anna.agent.sendPicture(snapshotId, withSecret),
      () => anna.agent.send('events', event),
    ]
    for (const send of isPictureFirst ? sends : sends.reverse()) await send()
    assert.equal((await anna.agent.receiptFor(snapshotId)).result, 'stored')
    assert.equal((await anna.agent.receiptFor(event.id)).result, 'stored')
    const url = `/api/snapshots/${snapshotId}.jpg`
    const answer = await cloud.app.inject({ url, headers: { cookie: anna.cookie } })
    assert.deepEqual([answer.statusCode, answer.headers['cache-control']], [200, 'private, no-store'])
    const { width, exif } = await sharp(answer.rawPayload).metadata()
    assert.deepEqual([width, exif], [640, undefined])
    const strange = await cloud.app.inject({ url, headers: { cookie: ben.cookie } })
    const unknown = await cloud.app.inject({
      url: `/api/snapshots/${randomUUID()}.jpg`,
      headers: { cookie: ben.cookie },
    })
    assert.deepEqual([strange.statusCode, strange.body], [404, unknown.body])
    const folder = path.dirname(picturePath(cloud.dataDir, snapshotId))
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.endsWith('.jpg')),
      [],
    )
  }
})

test('what is no picture, is broken, huge when drawn, or another device’s is rejected within 2 s', async () => {
  const whole = await drawJpeg()
  const bomb = await drawJpeg(5_000, 5_000)
  const theirs = randomUUID()
  await ben.agent.sendPicture(theirs, whole)
  assert.equal((await ben.agent.receiptFor(theirs)).result, 'stored')
  const cases: [name: string, id: string, bytes: Uint8Array][] = [
    ['text', randomUUID(), Buffer.from('no picture')],
    ['PNG', randomUUID(), await sharp(whole).png().toBuffer()],
    ['cut short', randomUUID(), whole.subarray(0, whole.length / 2)],
    ['bomb', randomUUID(), bomb],
    ['another device’s', theirs, whole],
  ]
  assert.ok(bomb.length <= maxBytes.snapshot, `${bomb.length}`)
  for (const [name, id, bytes] of cases) {
    const before = performance.now()
    await anna.agent.sendPicture(id, bytes)
    const { result } = await waitUntil(`the receipt for ${name}`, () =>
      anna.agent.receipts.find((one) => one.id === id || one.digest === digestOf(bytes)),
    )
    assert.equal(result, 'rejected', name)
    assert.ok(performance.now() - before < 5_000, name)
    if (id !== theirs) assert.equal(existsSync(picturePath(cloud.dataDir, id)), false, name)
  }
})

test('a picture sent again is a duplicate', async () => {
  const id = randomUUID()
  const jpeg = await drawJpeg()
  await anna.agent.sendPicture(id, jpeg)
  await anna.agent.receiptFor(id)
  await anna.agent.sendPicture(id, jpeg)
  await waitUntil('the second receipt', () =>
    anna.agent.receipts.some((one) => one.id === id && one.result === 'duplicate'),
  )
})
