import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { IncidentView, PrinterView, PrintView } from '@layerwatch/shared/api.ts'
import type { EventInput, EventType } from '@layerwatch/shared/events.ts'
import pino from 'pino'
import { sayingOf } from '../../../cloud/marks.ts'
import { type FakeAgent, loginAgent } from '../../setup/fake-agent.ts'
import { joinTenant, suspicion, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let cloud: TestCloud
let cookie = ''
let other = ''
const agents: FakeAgent[] = []

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  cookie = await cloud.signIn('anna@example.org')
  other = await cloud.signIn('ben@example.org')
})
after(async () => {
  for (const agent of agents) await agent.close()
  await cloud.close()
})

async function startPrinter() {
  const { deviceId } = await joinTenant(cloud.db, 'anna@example.org')
  const agent = await loginAgent(cloud, deviceId)
  agents.push(agent)
  const story = tellStory()
  const send = async <T extends EventType>(type: T, data: EventInput<T>) => {
    const event = story.event(type, data)
    await agent.send('events', event)
    await agent.receiptFor(event.id)
  }
  await send('print.started', { job: 'vase.gcode' })
  return { agent, story, deviceId, send }
}

async function put(printId: string, body: object, who = cookie) {
  const url = `/api/prints/${printId}/verdict`
  return cloud.app.inject({ method: 'PUT', url, headers: { cookie: who }, payload: body })
}

test('what is said of a print waits for its device, is told until it is kept, and no more then', async () => {
  const { agent, story, deviceId, send } = await startPrinter()
  const { printId, printerId } = story
  const answer = await put(printId, { verdict: 'failed', failedAtLayer: 12 })
  assert.deepEqual(PrintView.parse(answer.json()).mark, {
    verdict: 'failed',
    failedAtLayer: 12,
    isKept: false,
  })
  await cloud.flow.teller.wake()
  assert.deepEqual(agent.commands, [])
  await agent.send('status', story.status())
  await waitUntil('presence', () => cloud.flow.presence.isPresent(deviceId))
  cloud.flow.teller.wake()
  const command = await waitUntil('the mark', () => agent.commands.find(({ action }) => action === 'mark'))
  assert.equal(command.printerId, printerId)
  assert.deepEqual(command.mark, { printId, verdict: 'failed', failedAtLayer: 12, ignore: [], revision: 1 })
  // Said again it is no news; said otherwise, it is the next revision.
  await put(printId, { verdict: 'failed', failedAtLayer: 12 })
  await put(printId, { verdict: 'none' })
  const second = await waitUntil('the next', () => agent.commands.find(({ mark }) => mark?.revision === 2))
  assert.equal(second.mark?.verdict, 'none')
  await send('print.marked', { printId, revision: 2 })
  const row = () => cloud.db.mark.findUniqueOrThrow({ where: { printId } })
  assert.deepEqual([(await row()).revision, (await row()).keptRevision], [2, 2])
  // What came of an earlier word says nothing of the newest one.
  await send('print.marked', { printId, revision: 1, words: 'Learned.' })
  assert.equal((await row()).words, null)
  await send('print.marked', { printId, revision: 2, words: 'Learned.' })
  assert.equal((await row()).words, 'Learned.')
  const again = PrintView.parse((await put(printId, { verdict: 'fine' })).json())
  assert.deepEqual(again.mark, { verdict: 'fine', isKept: false })
})

test('a false alarm of an incident marks its print, and saying otherwise marks it anew', async () => {
  const { story, send } = await startPrinter()
  await send('defect.confirmed', suspicion(9, 8))
  const incident = await cloud.db.incident.findFirstOrThrow({ where: { printId: story.printId } })
  const resolve = (outcome: string) =>
    cloud.app.inject({
      method: 'POST',
      url: `/api/incidents/${incident.id}/resolve`,
      headers: { cookie },
      payload: { outcome },
    })
  const mark = () => cloud.db.mark.findUnique({ where: { printId: story.printId } })
  await resolve('false-alarm')
  assert.equal((await mark())?.verdict, 'fine')
  await resolve('saved')
  assert.deepEqual([(await mark())?.verdict, (await mark())?.failedAtLayer], ['failed', 8])
})

test('a place of a false alarm is told to the device, and is gone with the word that is taken back', async () => {
  const { story, send } = await startPrinter()
  const { printId } = story
  await send('defect.confirmed', suspicion(9, 8))
  const { id } = await cloud.db.incident.findFirstOrThrow({ where: { printId } })
  const resolve = async (payload: object) => {
    const url = `/api/incidents/${id}/resolve`
    const answer = await cloud.app.inject({ method: 'POST', url, headers: { cookie }, payload })
    assert.equal(answer.statusCode, 200, answer.body)
    return IncidentView.parse(answer.json())
  }
  const box = [0.1, 0.2, 0.3, 0.2]
  await resolve({ outcome: 'false-alarm' })
  const said = await resolve({ outcome: 'false-alarm', ignore: [box] })
  assert.deepEqual(said.mark, { verdict: 'fine', ignore: [box], isKept: false })
  assert.equal(said.timeline.filter(({ kind }) => kind === 'resolved').length, 1)
  // Said again without the place, it is no news.
  assert.deepEqual((await resolve({ outcome: 'false-alarm' })).mark, said.mark)
  await send('print.marked', { printId, revision: 2, words: 'Learned.' })
  assert.equal((await resolve({ outcome: 'false-alarm' })).mark?.words, 'Learned.')
  const back = await resolve({ outcome: 'taken-back' })
  assert.deepEqual([back.outcome, back.mark], [undefined, undefined])
  const row = await cloud.db.mark.findUniqueOrThrow({ where: { printId } })
  assert.deepEqual([row.verdict, row.ignore, row.revision], ['none', [], 3])
})

test('nobody marks a print that is not theirs', async () => {
  const { story } = await startPrinter()
  assert.equal((await put(story.printId, { verdict: 'fine' }, other)).statusCode, 404)
  assert.equal(await cloud.db.mark.findUnique({ where: { printId: story.printId } }), null)
})

test('what a printer learned is shown in its words, and is gone once it is taken back', async () => {
  const { story, send } = await startPrinter()
  const { printerId } = story
  const view = async () => {
    const answer = await cloud.app.inject({ url: `/api/printers/${printerId}`, headers: { cookie } })
    return PrinterView.parse(answer.json()).learned
  }
  assert.equal(await view(), undefined)
  const about = { modelSha256: 'a'.repeat(64), maskedShare: 0.1, shift: 0 }
  await send('printer.tuned', { ...about, words: ['Ignores one place.'], canUndo: true })
  assert.deepEqual((await view())?.words, ['Ignores one place.'])
  await send('printer.tuned', { ...about, words: [], canUndo: false })
  assert.equal(await view(), undefined)
})

test('a failure that anybody saw in a print outweighs its false alarms', () => {
  assert.equal(sayingOf([{ beganAtLayer: 3 }]), undefined)
  assert.deepEqual(sayingOf([{ outcome: 'false-alarm', beganAtLayer: 3 }]), { verdict: 'fine' })
  const both = [
    { outcome: 'false-alarm' as const, beganAtLayer: 3 },
    { outcome: 'saved' as const, beganAtLayer: 20 },
  ]
  assert.deepEqual(sayingOf(both), { verdict: 'failed', failedAtLayer: 20 })
})
