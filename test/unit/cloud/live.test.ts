import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { LiveChange, LiveFrame } from '@layerwatch/shared/api.ts'
import { encodeLive } from '@layerwatch/shared/live.ts'
import pino from 'pino'
import { type FakeAgent, loginAgent } from '../../setup/fake-agent.ts'
import { openStream, type TestStream } from '../../setup/stream.ts'
import { fineLayer, joinTenant, suspicion, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let cloud: TestCloud
let baseUrl: string
const streams: TestStream[] = []
const agents: FakeAgent[] = []

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  baseUrl = await cloud.app.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  for (const stream of streams) stream.close()
  for (const agent of agents) await agent.close()
  await cloud.close()
})

type Owner = Tenant & { cookie: string; agent: FakeAgent }
const owners = new Map<string, Owner>()

/** Somebody with a device; the same one for the same name, for signing in too often is refused. */
async function makeOwner(name: string): Promise<Owner> {
  const known = owners.get(name)
  if (known) return known
  const cookie = await cloud.signIn(`${name}@example.org`)
  const tenant = await joinTenant(cloud.db, `${name}@example.org`)
  const agent = await loginAgent(cloud, tenant.deviceId)
  agents.push(agent)
  const owner = { ...tenant, cookie, agent }
  owners.set(name, owner)
  return owner
}

async function open(path: string, cookie: string): Promise<TestStream> {
  const stream = await openStream(`${baseUrl}${path}`, cookie)
  streams.push(stream)
  return stream
}

const changesOf = (stream: TestStream) => stream.events.map((event) => LiveChange.parse(event.data))

test('an open page is given its printers and then what changes, and nobody else’s', async () => {
  const [anna, ben] = [await makeOwner('anna'), await makeOwner('ben')]
  const [hers, his] = [tellStory(), tellStory()]
  await anna.agent.send('status', hers.status())
  await ben.agent.send('status', his.status())
  await waitUntil('both printers', async () => (await cloud.db.printer.count()) === 2)
  const page = await open('/api/live', anna.cookie)
  await waitUntil('the printers', () => page.events.length > 0)
  const [first] = changesOf(page)
  assert.ok(first?.type === 'printers')
  assert.deepEqual(
    first.printers.map((printer) => [printer.id, printer.role, printer.device.isPresent]),
    [[hers.printerId, 'owner', true]],
  )
  await ben.agent.send('events', his.event('layer.judged', fineLayer(3)))
  const started = hers.event('print.started', { job: 'benchy.gcode' })
  const events = [
    started,
    hers.event('layer.judged', fineLayer(1)),
    hers.event('defect.confirmed', suspicion(2)),
  ]
  for (const event of events) await anna.agent.send('events', event)
  const firstIncident = () => changesOf(page).find((change) => change.type === 'incident')
  // The first of everything takes its time on a busy machine.
  const incident = await waitUntil('the incident', firstIncident, { timeoutMs: 30_000 })
  assert.equal(incident.incident.severity, 'confirmed')
  const layer = changesOf(page).find((change) => change.type === 'layer')
  assert.equal(layer?.layer.layer, 1)
  const seen = JSON.stringify(page.events)
  assert.equal(seen.includes(his.printerId), false)
  assert.equal(seen.includes(ben.deviceId), false)
})

test('a printer whose device falls silent is said not to be watched, within seconds of its last will', async () => {
  const carl = await makeOwner('carl')
  const story = tellStory()
  await carl.agent.send('status', story.status())
  const page = await open('/api/live', carl.cookie)
  await waitUntil('the printer', () => JSON.stringify(page.events).includes('"isPresent":true'))
  await carl.agent.send('status', { ...story.status(), online: false, printers: [] })
  const gone = await waitUntil('the silence', () =>
    changesOf(page).find((change) => change.type === 'printer' && !change.printer.device.isPresent),
  )
  assert.ok(gone.type === 'printer' && !gone.printer.watching.isWatching)
  assert.equal(gone.printer.watching.reason, 'agent-silent')
})

test('a printer of a device that was paired while the page was open appears', async () => {
  const dora = await makeOwner('dora')
  const page = await open('/api/live', dora.cookie)
  const story = tellStory()
  await dora.agent.send('status', story.status())
  const change = await waitUntil('the printer', () => changesOf(page).find((one) => one.type === 'printer'))
  assert.ok(change.type === 'printer')
  assert.deepEqual([change.printer.id, change.printer.role], [story.printerId, 'owner'])
})

test('a stream ends within seconds of the end of its session', async () => {
  const emil = await makeOwner('emil')
  const page = await open('/api/live', emil.cookie)
  await waitUntil('the printers', () => page.events.length > 0)
  await cloud.db.session.deleteMany({ where: { userId: emil.personId } })
  await waitUntil('its end', () => page.isEnded())
})

test('a printer that is no longer shared is taken off the page within seconds', async () => {
  const [fred, gina] = [await makeOwner('fred'), await makeOwner('gina')]
  const story = tellStory()
  await fred.agent.send('status', story.status())
  const { printerId } = story
  await waitUntil('the printer', () =>
    cloud.db.printer.findUnique({ where: { id: printerId } }).then(Boolean),
  )
  const grant = { personId: gina.personId, printerId, role: 'viewer' }
  await cloud.db.printerGrant.create({ data: grant })
  const page = await open('/api/live', gina.cookie)
  await waitUntil('the printers', () => page.events.length > 0)
  const [first] = changesOf(page)
  assert.deepEqual(first?.type === 'printers' && first.printers.map((printer) => printer.role), ['viewer'])
  const view = await open(`/api/printers/${printerId}/live`, gina.cookie)
  await cloud.db.printerGrant.deleteMany({ where: grant })
  await waitUntil('its removal', () => changesOf(page).some((change) => change.type === 'printer.removed'))
  await waitUntil('the end of the picture', () => view.isEnded())
  await fred.agent.send('events', story.event('printer.paused', { by: 'button' }))
  await waitUntil('the pause', async () => {
    return (await cloud.db.printer.findUnique({ where: { id: printerId } }))?.state === 'paused'
  })
  const after = changesOf(page).slice(
    changesOf(page).findIndex((change) => change.type === 'printer.removed') + 1,
  )
  assert.deepEqual(after, [])
})

test('whoever looks at a printer has its frames, and the device is asked only as long as somebody looks', async () => {
  const hugo = await makeOwner('hugo')
  const story = tellStory()
  await hugo.agent.send('status', story.status())
  const { printerId } = story
  await waitUntil('presence', () => cloud.flow.presence.isPresent(hugo.deviceId))
  const view = await open(`/api/printers/${printerId}/live`, hugo.cookie)
  const lease = await waitUntil('a lease', () => hugo.agent.commands[0])
  assert.deepEqual([lease.action, lease.printerId, lease.boot], ['live', printerId, story.boot])
  const header = {
    printerId,
    snapshotId: randomUUID(),
    at: new Date().toISOString(),
    ageMs: 40,
    detections: [],
  }
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])
  await hugo.agent.send('live', encodeLive(header, jpeg))
  const frame = LiveFrame.parse((await waitUntil('a frame', () => view.events[0])).data)
  assert.equal(frame.header.snapshotId, header.snapshotId)
  assert.deepEqual(Buffer.from(frame.jpegBase64, 'base64'), jpeg)
  view.close()
  await waitUntil('nobody to look', () => cloud.flow.frames.countWatchers(printerId) === 0)
})

test('a device cannot show its frames as another’s printer', async () => {
  const [ida, jan] = [await makeOwner('ida'), await makeOwner('jan')]
  const story = tellStory()
  await ida.agent.send('status', story.status())
  const { printerId } = story
  await waitUntil('presence', () => cloud.flow.presence.isPresent(ida.deviceId))
  const view = await open(`/api/printers/${printerId}/live`, ida.cookie)
  const at = new Date().toISOString()
  const header = (snapshotId: string) => ({ printerId, snapshotId, at, ageMs: 1, detections: [] })
  const [forged, own] = [randomUUID(), randomUUID()]
  const jpeg = Buffer.from([0xff, 0xd8, 0xff])
  await jan.agent.send('live', encodeLive(header(forged), jpeg))
  // The broker keeps one client's order alone: the forged frame has surely passed when jan's status has.
  await jan.agent.send('status', tellStory().status())
  await waitUntil('his status', () => cloud.flow.presence.isPresent(jan.deviceId))
  await ida.agent.send('live', encodeLive(header(own), jpeg))
  await waitUntil('her frame', () => view.events.length > 0)
  assert.deepEqual(
    view.events.map((event) => LiveFrame.parse(event.data).header.snapshotId),
    [own],
  )
})

test('a reader who does not read is cut off and the others are told all the same', async () => {
  const kira = await makeOwner('gina')
  const story = tellStory()
  await kira.agent.send('status', story.status())
  const slow = await open('/api/live', kira.cookie)
  await waitUntil('the printers', () => slow.events.length > 0)
  slow.stopReading()
  const change = { type: 'printer.removed' as const, printerId: randomUUID() }
  const page = { ...change, printerId: `${change.printerId}${'x'.repeat(200_000)}` }
  for (let index = 0; index < 60; index++) cloud.flow.hub.tell(kira.personId, page)
  await waitUntil('the cut', () => slow.isEnded())
  const fresh = await open('/api/live', kira.cookie)
  await waitUntil('the printers', () => fresh.events.length > 0)
  assert.equal(changesOf(fresh)[0]?.type, 'printers')
})

test('a printer that comes at the very moment a page opens is not missed, nor is its first layer', async () => {
  const fred = await makeOwner('fred')
  for (let round = 0; round < 5; round++) {
    const story = tellStory()
    const opening = open('/api/live', fred.cookie)
    await fred.agent.send('status', story.status())
    await fred.agent.send('events', story.event('layer.judged', fineLayer(1)))
    const page = await opening
    await waitUntil('the printer', () => JSON.stringify(page.events).includes(story.printerId))
    // Before the next look at who may see what.
    const isThere = () => {
      const atOnce = changesOf(page).some(
        (one) => one.type === 'printers' && JSON.stringify(one).includes('"layer":1'),
      )
      return atOnce || changesOf(page).some((one) => one.type === 'layer')
    }
    await waitUntil('the layer', isThere, { timeoutMs: 4_000 })
    page.close()
  }
})

test('a page that could not be opened is not asked after any more', async () => {
  const { personId, agent } = await makeOwner('anna')
  let asked = 0
  const told: LiveChange[] = []
  const page = {
    personId,
    isSignedIn: async () => {
      asked += 1
      throw new Error('the database is away')
    },
    send: (change: LiveChange) => told.push(change),
    close: () => {},
  }
  await assert.rejects(cloud.flow.hub.open(page))
  const toldBefore = told.length
  const other = await open('/api/live', (await makeOwner('anna')).cookie)
  const story = tellStory()
  await agent.send('status', story.status())
  await waitUntil('word on another page', () => JSON.stringify(other.events).includes(story.printerId))
  assert.deepEqual([asked, told.length], [1, toldBefore])
})
