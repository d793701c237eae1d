import assert from 'node:assert/strict'
import { randomUUID, verify } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ApiProblem, CommandView, IncidentView } from '@layerwatch/shared/api.ts'
import { acceptedForMs, finishedWithinMs, signedText } from '@layerwatch/shared/commands.ts'
import pino from 'pino'
import { settleCommands } from '../../../cloud/commands.ts'
import { type FakeAgent, loginAgent } from '../../setup/fake-agent.ts'
import { type AgentStory, joinTenant, suspicion, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let cloud: TestCloud
let anna: Tenant & { cookie: string }
let ben: Tenant & { cookie: string }
const agents: FakeAgent[] = []

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  const join = async (name: string) => {
    const cookie = await cloud.signIn(`${name}@example.org`)
    return { ...(await joinTenant(cloud.db, `${name}@example.org`)), cookie }
  }
  anna = await join('anna')
  ben = await join('ben')
})
after(async () => {
  for (const agent of agents) await agent.close()
  await cloud.close()
})

/** A printing printer of anna's on a device of its own, present. */
async function startPrinter(): Promise<{ agent: FakeAgent; story: AgentStory; deviceId: string }> {
  const { deviceId } = await joinTenant(cloud.db, 'anna@example.org')
  const agent = await loginAgent(cloud, deviceId)
  agents.push(agent)
  const story = tellStory()
  await agent.send('status', story.status())
  await waitUntil('presence', () => cloud.flow.presence.isPresent(deviceId))
  return { agent, story, deviceId }
}

async function press(printerId: string, body: object, options: { cookie?: string; key?: string } = {}) {
  const { cookie = anna.cookie, key = randomUUID() } = options
  const headers = { cookie, 'idempotency-key': key }
  const url = `/api/printers/${printerId}/commands`
  const answer = await cloud.app.inject({ method: 'POST', url, headers, payload: body })
  return { status: answer.statusCode, body: answer.json() as unknown }
}

const codeOf = ({ body }: { body: unknown }) => ApiProblem.parse(body).code

test('a pause is signed for this boot, this print and a bounded time of the device’s own clock', async () => {
  const { agent, story, deviceId } = await startPrinter()
  const { printerId, printId } = story
  const answer = await press(printerId, { action: 'pause', printId })
  const view = CommandView.parse(answer.body)
  assert.deepEqual([answer.status, view.status, view.personName], [202, 'sent', 'Anna'])
  const { command, keyId, signature } = await waitUntil('the command', () => agent.signed[0])
  const { issuer, notAfterUptimeMs, ...rest } = command
  assert.deepEqual(rest, { id: view.id, deviceId, printerId, printId, action: 'pause', boot: story.boot })
  assert.deepEqual(issuer, { personId: anna.personId, name: 'Anna' })
  const leftMs = notAfterUptimeMs - 11_000
  assert.ok(leftMs >= acceptedForMs.pause && leftMs < acceptedForMs.pause + 10_000, `${leftMs}`)
  assert.equal(keyId, cloud.keys.commands.keyId)
  const text = Buffer.from(signedText(command))
  assert.ok(verify(null, text, cloud.keys.commands.publicKey, Buffer.from(signature, 'base64')))
})

test('the same key is the same command, sent once, and cannot become another', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const key = randomUUID()
  const body = { action: 'pause', printId }
  const answers = await Promise.all([1, 2, 3].map(() => press(printerId, body, { key })))
  const ids = new Set(answers.map((answer) => CommandView.parse(answer.body).id))
  assert.equal(ids.size, 1)
  const other = await press(printerId, { action: 'cancel', printId }, { key })
  assert.deepEqual([other.status, codeOf(other)], [409, 'key-reused'])
  await press(printerId, { action: 'snapshot' })
  await waitUntil('the picture’s command', () => agent.commands.length === 2)
  assert.deepEqual(
    agent.commands.map((command) => command.action),
    ['pause', 'snapshot'],
  )
})

test('what makes no sense is refused and sends nothing', async () => {
  const { agent, story, deviceId } = await startPrinter()
  const { printerId, printId } = story
  const refused = async (body: object, status: number, code: string) => {
    const answer = await press(printerId, body)
    assert.deepEqual([answer.status, codeOf(answer)], [status, code])
  }
  await refused({ action: 'pause', printId: randomUUID() }, 409, 'other-print')
  await refused({ action: 'pause' }, 409, 'other-print')
  await refused({ action: 'resume', printId }, 400, 'no-picture')
  await refused({ action: 'live' }, 400, 'invalid')
  await refused({ action: 'heat', printId }, 400, 'invalid')
  const noKey = await press(printerId, { action: 'pause', printId }, { key: '' })
  assert.equal(noKey.status, 400)
  await agent.send('status', story.status({ state: 'idle', actions: ['pause'] }))
  await waitUntil('idle', async () => {
    return (await cloud.db.printer.findUnique({ where: { id: printerId } }))?.state === 'idle'
  })
  await refused({ action: 'pause', printId }, 409, 'not-printing')
  await refused({ action: 'cancel', printId }, 409, 'not-possible')
  assert.equal(await cloud.db.command.count({ where: { deviceId } }), 0)
  assert.deepEqual(agent.commands, [])
})

test('nothing is sent to, or kept for, a device that is not there', async () => {
  const { agent, story, deviceId } = await startPrinter()
  await agent.send('status', { ...story.status(), online: false, printers: [] })
  await waitUntil('absence', () => !cloud.flow.presence.isPresent(deviceId))
  const answer = await press(story.printerId, { action: 'pause', printId: story.printId })
  assert.deepEqual([answer.status, codeOf(answer)], [409, 'device-absent'])
  assert.equal(await cloud.db.command.count({ where: { deviceId } }), 0)
})

test('a stranger moves nothing and learns nothing; a viewer watches only; an operator may', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const body = { action: 'pause', printId }
  const strange = await press(printerId, body, { cookie: ben.cookie })
  const nowhere = await press(randomUUID(), body, { cookie: ben.cookie })
  assert.deepEqual(strange, nowhere)
  assert.equal(strange.status, 404)
  const grant = { personId: ben.personId, printerId, role: 'viewer' }
  await cloud.db.printerGrant.create({ data: grant })
  const viewer = await press(printerId, body, { cookie: ben.cookie })
  assert.deepEqual([viewer.status, codeOf(viewer)], [403, 'not-allowed'])
  assert.deepEqual(agent.commands, [])
  await cloud.db.printerGrant.updateMany({ where: { printerId }, data: { role: 'operator' } })
  assert.equal((await press(printerId, body, { cookie: ben.cookie })).status, 202)
  const command = await waitUntil('the command', () => agent.commands[0])
  assert.equal(command.issuer.name, 'Ben')
})

test('what the agent says of a command is its end, in either order', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const sent = CommandView.parse((await press(printerId, { action: 'pause', printId })).body)
  const finished = story.event('command.finished', { commandId: sent.id, result: 'done' })
  const accepted = story.event('command.accepted', { commandId: sent.id })
  for (const event of [finished, accepted]) await agent.send('events', event)
  await agent.receiptFor(accepted.id)
  const headers = { cookie: anna.cookie }
  const read = await cloud.app.inject({ url: `/api/commands/${sent.id}`, headers })
  assert.equal(CommandView.parse(read.json()).status, 'done')
  const strange = await cloud.app.inject({ url: `/api/commands/${sent.id}`, headers: { cookie: ben.cookie } })
  assert.equal(strange.statusCode, 404)
})

test('another device’s word about a command does not count', async () => {
  const { story } = await startPrinter()
  const stranger = await loginAgent(cloud, ben.deviceId)
  agents.push(stranger)
  const { printerId, printId } = story
  const sent = CommandView.parse((await press(printerId, { action: 'pause', printId })).body)
  const lie = tellStory().event('command.finished', { commandId: sent.id, result: 'done' })
  await stranger.send('events', lie)
  assert.equal((await stranger.receiptFor(lie.id)).result, 'stored')
  assert.equal((await cloud.db.command.findUniqueOrThrow({ where: { id: sent.id } })).status, 'sent')
})

test('a command nobody takes expires, one that is not finished fails, and a late word still counts', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const ask = async (body: object) => CommandView.parse((await press(printerId, body)).body)
  const [untaken, taken] = [await ask({ action: 'pause', printId }), await ask({ action: 'cancel', printId })]
  const accepted = story.event('command.accepted', { commandId: taken.id })
  await agent.send('events', accepted)
  await agent.receiptFor(accepted.id)
  const settleAfter = async (ms: number) => {
    const now = () => new Date(Date.now() + ms)
    const waitMs = await settleCommands({ db: cloud.db, now, onChanges: () => {} })
    const rows = await cloud.db.command.findMany({ where: { printerId }, orderBy: { issuedAt: 'asc' } })
    return { waitMs, states: rows.map((row) => row.status) }
  }
  const early = await settleAfter(0)
  assert.deepEqual(early.states, ['sent', 'accepted'])
  assert.ok(early.waitMs > 0 && early.waitMs <= 30_000)
  assert.deepEqual((await settleAfter(acceptedForMs.pause + 6_000)).states, ['expired', 'accepted'])
  assert.deepEqual((await settleAfter(finishedWithinMs + 6_000)).states, ['expired', 'failed'])
  const late = story.event('command.accepted', { commandId: untaken.id })
  await agent.send('events', late)
  await agent.receiptFor(late.id)
  assert.equal((await cloud.db.command.findUniqueOrThrow({ where: { id: untaken.id } })).status, 'accepted')
})

test('an incident’s timeline names the person who resumed', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const by = 'layerwatch'
  await agent.send('events', story.event('defect.confirmed', suspicion(9)))
  const paused = story.event('printer.paused', { by, layer: 9 })
  await agent.send('events', paused)
  await agent.receiptFor(paused.id)
  await agent.send('status', story.status({ state: 'paused' }))
  await press(printerId, { action: 'resume', printId, snapshotId: randomUUID() })
  await waitUntil('the command', () => agent.commands.some((command) => command.action === 'resume'))
  const resumed = story.event('printer.resumed', { by: 'person', layer: 9 })
  await agent.send('events', resumed)
  await agent.receiptFor(resumed.id)
  const url = `/api/incidents?printerId=${printerId}`
  const answer = await cloud.app.inject({ url, headers: { cookie: anna.cookie } })
  const [incident] = IncidentView.array().parse(answer.json())
  assert.deepEqual(
    incident?.timeline.map((step) => [step.kind, step.by, step.person]),
    [
      ['confirmed', 'layerwatch', undefined],
      ['paused', 'layerwatch', undefined],
      ['resumed', 'person', 'Anna'],
    ],
  )
})

test('a press is published in well under 100 ms', async () => {
  const { agent, story } = await startPrinter()
  const { printerId, printId } = story
  const times: number[] = []
  for (let index = 0; index < 50; index++) {
    const before = performance.now()
    await press(printerId, { action: 'pause', printId })
    await waitUntil('the command', () => agent.commands.length === index + 1, { everyMs: 1 })
    times.push(performance.now() - before)
  }
  times.sort((a, b) => a - b)
  const [median = 0, p95 = 0] = [times[25], times[47]]
  process.stdout.write(
    `press to command at the device: median ${median.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms\n`,
  )
  assert.ok(median < 500, `median ${median} ms`)
})
