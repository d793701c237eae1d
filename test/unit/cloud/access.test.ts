import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ApiProblem, IncidentView, LayerView, PrinterView, PrintView } from '@layerwatch/shared/api.ts'
import pino from 'pino'
import { ingestStatus } from '../../../cloud/ingest.ts'
import { ingestAll, makeIngestContext, wholeStory } from '../../setup/ingest.ts'
import { type AgentStory, joinTenant, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'

/** Every route that shows or moves something of a person's, asked by another person. */

let cloud: TestCloud
let anna: Tenant & { cookie: string }
let ben: Tenant & { cookie: string }
let story: AgentStory
let incidentId: string
const snapshotId = randomUUID()
let commandId: string

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  const join = async (name: string) => {
    const cookie = await cloud.signIn(`${name}@example.org`)
    return { ...(await joinTenant(cloud.db, `${name}@example.org`)), cookie }
  }
  anna = await join('anna')
  ben = await join('ben')
  story = tellStory()
  const { db, flow } = cloud
  const context = { ...makeIngestContext(db), presence: flow.presence }
  const events = [...wholeStory(story), story.event('snapshot.taken', { snapshotId, purpose: 'confirmed' })]
  await ingestAll(context, anna.deviceId, events)
  const json = story.status({ state: 'paused' })
  await ingestStatus(context, { deviceId: anna.deviceId, json, heardMs: performance.now() })
  await db.snapshot.update({ where: { id: snapshotId }, data: { bytes: 3 } })
  const { printerId, printId } = story
  incidentId = (await db.incident.findFirstOrThrow({ where: { status: 'open' } })).id
  const pressed = await ask(anna.cookie, 'POST', `/api/printers/${printerId}/commands`, {
    action: 'cancel',
    printId,
  })
  assert.equal(pressed.statusCode, 202)
  commandId = pressed.json().id
})
after(() => cloud.close())

function ask(cookie: string | undefined, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const headers = { 'idempotency-key': randomUUID(), ...(cookie && { cookie }) }
  return cloud.app.inject({ method, url, headers, ...(payload && { payload }) })
}

/** Routes with an id: how they are asked with a given one. */
function routes(): {
  name: string
  id: string
  send: (id: string) => [method: 'GET' | 'POST', url: string, body?: object]
}[] {
  const { printerId, printId } = story
  return [
    { name: 'printer', id: printerId, send: (id) => ['GET', `/api/printers/${id}`] },
    { name: 'prints', id: printerId, send: (id) => ['GET', `/api/printers/${id}/prints`] },
    { name: 'live view', id: printerId, send: (id) => ['GET', `/api/printers/${id}/live`] },
    {
      name: 'pause',
      id: printerId,
      send: (id) => ['POST', `/api/printers/${id}/commands`, { action: 'pause', printId }],
    },
    {
      name: 'snapshot',
      id: printerId,
      send: (id) => ['POST', `/api/printers/${id}/commands`, { action: 'snapshot' }],
    },
    { name: 'print', id: printId, send: (id) => ['GET', `/api/prints/${id}`] },
    { name: 'layers', id: printId, send: (id) => ['GET', `/api/prints/${id}/layers`] },
    { name: 'incident', id: incidentId, send: (id) => ['GET', `/api/incidents/${id}`] },
    { name: 'acknowledge', id: incidentId, send: (id) => ['POST', `/api/incidents/${id}/acknowledge`, {}] },
    {
      name: 'resolve',
      id: incidentId,
      send: (id) => ['POST', `/api/incidents/${id}/resolve`, { outcome: 'saved' }],
    },
    { name: 'command', id: commandId, send: (id) => ['GET', `/api/commands/${id}`] },
    { name: 'picture', id: snapshotId, send: (id) => ['GET', `/api/snapshots/${id}.jpg`] },
  ]
}

test('what is another’s looks exactly like what is not there, on every route', async () => {
  const count = () => cloud.db.incidentStep.count()
  const before = await count()
  for (const { name, id, send } of routes()) {
    const foreign = await ask(ben.cookie, ...send(id))
    const unknown = await ask(ben.cookie, ...send(randomUUID()))
    const nonsense = await ask(ben.cookie, ...send("1'--"))
    assert.deepEqual([name, foreign.statusCode, foreign.body], [name, 404, unknown.body])
    assert.equal(nonsense.statusCode, 404, name)
    const signedOut = await ask(undefined, ...send(id))
    assert.equal(signedOut.statusCode, 401, name)
  }
  assert.equal(await count(), before)
})

test('lists hold a person’s own alone, also when another’s printer is asked for', async () => {
  for (const url of ['/api/printers', '/api/incidents', `/api/incidents?printerId=${story.printerId}`]) {
    assert.deepEqual((await ask(ben.cookie, 'GET', url)).json(), [], url)
    assert.notDeepEqual((await ask(anna.cookie, 'GET', url)).json(), [], url)
    assert.equal((await ask(undefined, 'GET', url)).statusCode, 401)
  }
})

test('the owner reads all of it', async () => {
  const get = async (url: string) => (await ask(anna.cookie, 'GET', url)).json()
  const { printerId, printId } = story
  const printer = PrinterView.parse(await get(`/api/printers/${printerId}`))
  assert.deepEqual(
    [printer.state, printer.role, printer.pausedBy, printer.incident?.id],
    ['paused', 'owner', 'printer', incidentId],
  )
  assert.deepEqual(
    PrintView.array()
      .parse(await get(`/api/printers/${printerId}/prints`))
      .map((one) => one.id),
    [printId],
  )
  assert.equal(PrintView.parse(await get(`/api/prints/${printId}`)).job, 'benchy.gcode')
  const layers = LayerView.array().parse(await get(`/api/prints/${printId}/layers`))
  assert.deepEqual(
    layers.map((one) => one.layer),
    [1, 2, 3, 9],
  )
  const later = LayerView.array().parse(await get(`/api/prints/${printId}/layers?after=2`))
  assert.deepEqual(
    later.map((one) => one.layer),
    [3, 9],
  )
  const page = IncidentView.array().parse(await get('/api/incidents?limit=1'))
  assert.equal(page.length, 1)
  const before = encodeURIComponent(page[0]?.openedAt ?? '')
  assert.equal(IncidentView.array().parse(await get(`/api/incidents?before=${before}`)).length, 2)
})

test('an incident is acknowledged and resolved by name, once', async () => {
  const post = async (what: string, body: object) => {
    const answer = await ask(anna.cookie, 'POST', `/api/incidents/${incidentId}/${what}`, body)
    return IncidentView.parse(answer.json())
  }
  assert.equal((await post('acknowledge', {})).status, 'acknowledged')
  await post('acknowledge', {})
  const bad = await ask(anna.cookie, 'POST', `/api/incidents/${incidentId}/resolve`, { outcome: 'burnt' })
  assert.equal(bad.statusCode, 400)
  const resolved = await post('resolve', { outcome: 'false-alarm' })
  assert.deepEqual([resolved.status, resolved.outcome], ['resolved', 'false-alarm'])
  const deeds = resolved.timeline.filter((step) => step.person === 'Anna').map((step) => step.kind)
  assert.deepEqual(deeds, ['acknowledged', 'resolved'])
})

test('whoever only watches a printer sees its incident and decides nothing about it', async () => {
  const grant = { personId: ben.personId, printerId: story.printerId, role: 'viewer' }
  await cloud.db.printerGrant.create({ data: grant })
  const url = `/api/incidents/${incidentId}`
  const statuses = async () => {
    const answers = [
      await ask(ben.cookie, 'GET', url),
      await ask(ben.cookie, 'POST', `${url}/acknowledge`, {}),
      await ask(ben.cookie, 'POST', `${url}/resolve`, { outcome: 'false-alarm' }),
    ]
    return answers.map((answer) => answer.statusCode)
  }
  assert.deepEqual(await statuses(), [200, 403, 403])
  await cloud.db.printerGrant.updateMany({ where: { personId: ben.personId }, data: { role: 'operator' } })
  assert.deepEqual(await statuses(), [200, 200, 200])
  await cloud.db.printerGrant.deleteMany({ where: { personId: ben.personId } })
  assert.deepEqual(await statuses(), [404, 404, 404])
})

test('a browser is told or not told, and only https endpoints are taken', async () => {
  const url = '/api/push-subscriptions'
  const endpoint = 'https://push.example.org/abc'
  const keys = { p256dh: 'key', auth: 'auth' }
  assert.equal((await ask(anna.cookie, 'POST', url, { endpoint, keys })).statusCode, 204)
  assert.equal((await ask(ben.cookie, 'DELETE', url, { endpoint })).statusCode, 204)
  assert.equal(await cloud.db.pushSubscription.count(), 1)
  const me = await ask(anna.cookie, 'GET', '/api/me')
  assert.deepEqual(me.json().notifications, { email: false, pushSubscriptions: 1 })
  assert.equal((await ask(anna.cookie, 'DELETE', url, { endpoint })).statusCode, 204)
  assert.equal(await cloud.db.pushSubscription.count(), 0)
  const plain = await ask(anna.cookie, 'POST', url, { endpoint: 'http://10.0.0.1/', keys })
  assert.equal(plain.statusCode, 400)
  const outcome = await ask(anna.cookie, 'POST', '/api/notifications/test', {})
  assert.deepEqual(
    outcome.json().channels.map((one: { result: string }) => one.result),
    ['off', 'failed'],
  )
})

test('test messages may be asked for a few times a minute', async () => {
  const url = '/api/notifications/test'
  const statuses: number[] = []
  for (let times = 0; times < 13; times++) statuses.push((await ask(ben.cookie, 'POST', url, {})).statusCode)
  assert.deepEqual(statuses, [...Array(12).fill(200), 429])
  assert.equal((await ask(anna.cookie, 'POST', url, {})).statusCode, 200)
})

test('an address that cannot be read is refused as every other is', async () => {
  const answer = await ask(anna.cookie, 'GET', '/api/snapshots/%E0%A4%A.jpg')
  assert.equal(answer.statusCode, 400)
  ApiProblem.strict().parse(answer.json())
})
