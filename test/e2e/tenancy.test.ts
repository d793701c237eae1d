import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { CommandView, IncidentView, PairingView, PrinterView } from '@layerwatch/shared/api.ts'
import { PairingReply } from '@layerwatch/shared/pairing.ts'
import pino from 'pino'
import { z } from 'zod'
import { brokerServerName, loadOrMakeKeys } from '../../cloud/keys.ts'
import { type Account, type CloudClient, openCloudClient, signIn } from '../../deploy/local/cloud-client.ts'
import { drawPicture } from '../fakes/pictures.ts'
import { makeDeviceKey } from '../setup/device-key.ts'
import { type FakeAgent, loginAgent } from '../setup/fake-agent.ts'
import { wholeStory } from '../setup/ingest.ts'
import { Stack } from '../setup/stack.ts'
import { tellStory } from '../setup/tenants.ts'
import { startTestCloud } from '../setup/test-cloud.ts'
import { waitUntil } from '../setup/wait.ts'
import { type Belongings, type Row, readRoutes, rows } from './tenancy-routes.ts'

/*
 * The running cloud and two people with a printer each. Every route of the app is asked by nobody, by the one
 * and by the other, about their own, the other's, something that is not there and something that is no id.
 */

interface Tenant {
  client: CloudClient
  has: Belongings
  agent: FakeAgent
  /** The device says that it is there, as it would every 15 s. */
  beThere(): Promise<void>
}

const stack = new Stack({})
const agents: FakeAgent[] = []
let owner: Tenant
let another: Tenant
let eve: Account
const nobody = () => openCloudClient(stack.url)

before(async () => {
  await stack.start()
  owner = await settle(stack.owner)
  eve = { email: 'eve@example.org', password: await addPerson('eve@example.org') }
  another = await settle(await signIn(stack.url, eve))
})
after(async () => {
  for (const agent of agents) await agent.close()
  await stack.close()
})

/** Gives somebody an account, as the operator does. Returns the password that is told once. */
async function addPerson(email: string): Promise<string> {
  const data = path.join(stack.dataDir, 'cloud')
  const args = ['cloud/cli.ts', 'user', 'add', '--data', data, '--email', email, '--name', 'Eve']
  const adding = stack.spawn({ name: 'user add', args })
  const password = await adding.says((line) => /once: (\S+)/.exec(String(line))?.[1], 60_000)
  await adding.ended
  return password
}

/** Pairs a device for a person, which tells of a print that failed and was paused. */
async function settle(client: CloudClient): Promise<Tenant> {
  const pairing = PairingView.parse(await client.post('/api/pairings'))
  const { request: certificateRequest } = await makeDeviceKey('device')
  const asked = { code: pairing.code, deviceName: 'workshop-pi', certificateRequest }
  const { deviceId } = PairingReply.parse(await openCloudClient(stack.url).post('/api/pairing', asked))
  const keys = await loadOrMakeKeys(path.join(stack.dataDir, 'cloud/keys'))
  const connection = {
    ...keys.cloud,
    url: stack.brokerUrl,
    serverName: brokerServerName,
    authority: keys.authority.certificate,
  }
  const unused = async () => {}
  const broker = { connection, urlForDevice: () => stack.brokerUrl, disconnect: unused, close: unused }
  const agent = await loginAgent({ broker, keys }, deviceId)
  agents.push(agent)

  const story = tellStory()
  const snapshot = randomUUID()
  const beThere = async () => {
    await agent.send('status', story.status({ state: 'paused' }))
    await waitUntil('the device is there', async () => {
      const printers = z.array(PrinterView).parse(await client.get('/api/printers'))
      return printers.some(({ device }) => device.isPresent)
    })
  }
  await beThere()
  const events = [
    ...wholeStory(story),
    story.event('snapshot.taken', { snapshotId: snapshot, purpose: 'asked' }),
  ]
  for (const event of events) await agent.send('events', event)
  await agent.sendPicture(snapshot, await drawPicture(1))
  for (const { id } of [...events, { id: snapshot }]) await agent.receiptFor(id)
  const { printerId, printId } = story
  await waitUntil('the printer', async () => (await client.request('GET', `/api/printers/${printerId}`)).ok)
  const incidents = z.array(IncidentView).parse(await client.get('/api/incidents'))
  const incident = incidents.find(({ status }) => status === 'open')
  const headers = { 'idempotency-key': randomUUID() }
  const command = CommandView.parse(
    await client.post(`/api/printers/${printerId}/commands`, { action: 'snapshot' }, headers),
  )
  const has = {
    printer: printerId,
    print: printId,
    incident: incident?.id ?? '',
    snapshot,
    command: command.id,
    pairing: pairing.id,
    device: deviceId,
  }
  return { client, agent, has, beThere }
}

test('every route of the app has its row here, and every row its route', async () => {
  const cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  try {
    await cloud.app.ready()
    // The page's own files, where it is built, are the same for everybody.
    const isApi = (route: string) => !route.endsWith(' *')
    const printed = readRoutes(cloud.app.printRoutes({ commonPrefix: false })).filter(isApi)
    const known = rows.flatMap((row) => methodsOf(row).map((method) => `${method} ${addressOf(row)}`))
    assert.deepEqual(printed.toSorted(), known.toSorted())
  } finally {
    await cloud.close()
  }
})

test('nobody is told nothing and moves nothing', async (t) => {
  const told = await askAll(nobody(), { own: owner.has, other: another.has })
  t.diagnostic(table(told))
  for (const { row, id, status, text } of told) {
    const expected = row.kind === 'public' ? row.status : (row.kind === 'mine' && row.signedOut) || 401
    assert.equal(status, expected, `${row.route} with ${id}: ${text}`)
    assertSilent(text, owner.has)
  }
})

test('another person sees and moves nothing that is not theirs', async (t) => {
  const askedBefore = owner.agent.commands.length
  const incidentBefore = await owner.client.get(`/api/incidents/${owner.has.incident}`)
  await another.beThere()
  const told = await askAll(another.client, { own: another.has, other: owner.has })
  t.diagnostic(table(told))
  for (const { row, id, status, text } of told) {
    const where = `${row.route} with ${id}: ${status} ${text}`
    if (row.kind === 'mine' && row.route !== 'POST /api/auth/change-password')
      assert.ok(status < 300 || status === row.refused, where)
    if (row.kind === 'one' && id === 'own id') assert.ok(status < 300, where)
    if (row.kind === 'one' && id !== 'own id')
      assert.ok(status === 404 || (id === 'malformed' && status === 400), where)
    if (!(row.kind === 'one' && id === "another's id")) assertSilent(text, owner.has)
  }
  // What is another's is told from what is not there by nothing at all.
  for (const one of told.filter(({ id }) => id === "another's id")) {
    const isNowhere = (it: Told) => it.row === one.row && it.method === one.method && it.id === 'random id'
    assert.equal(one.text, told.find(isNowhere)?.text, `${one.method} ${one.row.route}`)
  }
  assert.equal(owner.agent.commands.length, askedBefore, 'the owner’s device was asked for nothing')
  assert.deepEqual(await owner.client.get(`/api/incidents/${owner.has.incident}`), incidentBefore)
  assert.ok(
    another.agent.commands.some(({ action }) => action === 'cancel'),
    'their own device was',
  )
})

test('the owner sees and moves all of theirs, and nothing of another’s', async (t) => {
  await owner.beThere()
  const told = await askAll(owner.client, { own: owner.has, other: another.has })
  t.diagnostic(table(told))
  for (const { row, id, status, text } of told) {
    const where = `${row.route} with ${id}: ${status} ${text}`
    if (row.kind === 'one' && id === 'own id') assert.ok(status < 300, where)
    if (row.kind === 'one' && id !== 'own id')
      assert.ok(status === 404 || (id === 'malformed' && status === 400), where)
    assertSilent(text, another.has)
  }
  assert.ok(owner.agent.commands.some(({ action }) => action === 'cancel'))
  const eveAgain = await signIn(stack.url, eve)
  const left = z.array(PrinterView).parse(await eveAgain.get('/api/printers'))
  assert.equal(left.length, 0, 'each removed their own device alone')
})

type IdKind = 'no id' | 'own id' | "another's id" | 'random id' | 'malformed'
interface Told {
  row: Row
  method: string
  id: IdKind
  status: number
  text: string
}

async function askAll(
  client: CloudClient,
  { own, other }: { own: Belongings; other: Belongings },
): Promise<Told[]> {
  const told: Told[] = []
  for (const row of rows) {
    for (const { id, value, theirs } of idsFor(row, own, other)) {
      const url = addressOf(row).replace(/:\w+/, encodeURIComponent(value))
      for (const method of methodsOf(row)) {
        const answer = await ask(client, method, url, row.body?.(theirs), row.isStream === true)
        told.push({ row, id, method, ...answer })
      }
    }
  }
  return told
}

function addressOf({ route }: Row): string {
  return route.slice(route.indexOf(' ') + 1)
}

/** Reading comes as HEAD too, but for a stream, which would have no end. */
function methodsOf({ route, isStream, hasNoHead }: Row): string[] {
  const [method = ''] = route.split(' ')
  return method === 'GET' && !isStream && !hasNoHead ? ['HEAD', 'GET'] : [method]
}

/** Own things are asked for last: some of what is done to them ends them. */
function idsFor(
  row: Row,
  own: Belongings,
  other: Belongings,
): { id: IdKind; value: string; theirs: Belongings }[] {
  if (row.kind !== 'one') return [{ id: 'no id', value: '', theirs: own }]
  return [
    { id: "another's id", value: other[row.what], theirs: other },
    { id: 'random id', value: randomUUID(), theirs: other },
    { id: 'malformed', value: "x'--", theirs: own },
    { id: 'own id', value: own[row.what], theirs: own },
  ]
}

async function ask(
  client: CloudClient,
  method: string,
  url: string,
  body: object | undefined,
  isStream: boolean,
): Promise<{ status: number; text: string }> {
  const end = new AbortController()
  const hasBody = method === 'POST' || body !== undefined
  const response = await client.request(method, url, {
    headers: { 'idempotency-key': randomUUID() },
    signal: AbortSignal.any([end.signal, AbortSignal.timeout(30_000)]),
    ...(hasBody && { body: body ?? {} }),
  })
  const isOpen = isStream && response.status === 200 && response.body !== null
  const text = isOpen ? await readBeginning(response) : await response.text()
  end.abort()
  return { status: response.status, text }
}

/** The first of a stream: the lease of a live view says nothing at first, the list of changes all there is. */
async function readBeginning(response: Response): Promise<string> {
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (response.url.includes('/printers/') || text.includes('event: change')) break
  }
  return text
}

function assertSilent(text: string, { pairing: _, ...theirs }: Belongings): void {
  for (const [what, id] of Object.entries(theirs)) assert.ok(!text.includes(id), `tells of the ${what} ${id}`)
}

/** Counts of answers, by what was asked about. */
function table(told: readonly Told[]): string {
  const lines = [...Map.groupBy(told, ({ id }) => id)].map(([id, ofId]) => {
    const counts = [...Map.groupBy(ofId, ({ status }) => status)]
      .sort(([a], [b]) => a - b)
      .map(([status, answers]) => `${answers.length} × ${status}`)
    return `  ${id.padEnd(14)}${String(ofId.length).padStart(3)} asked: ${counts.join(', ')}`
  })
  return `${told.length} requests on ${rows.length} routes\n${lines.join('\n')}`
}
