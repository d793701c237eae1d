import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ActKind } from '@layerwatch/shared/notify.ts'
import pino from 'pino'
import { actsOf, readActToken, signAct } from '../../../cloud/notify/act-tokens.ts'
import { sealContact } from '../../../cloud/notify/contact-settings.ts'
import { NoticeKind } from '../../../shared/push.ts'
import { type FakeAgent, loginAgent, tellFailingPrint } from '../../setup/fake-agent.ts'
import { joinTenant, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let cloud: TestCloud
let anna: Tenant
let agent: FakeAgent

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  await cloud.signIn('anna@example.org')
  anna = await joinTenant(cloud.db, 'anna@example.org')
  agent = await loginAgent(cloud, anna.deviceId)
  // Somewhere to be told, so that there is a notification.
  const ntfy = { kind: 'ntfy' as const, server: 'http://127.0.0.1:9', topic: 'printers' }
  await cloud.db.contact.create({
    data: {
      id: crypto.randomUUID(),
      personId: anna.personId,
      kind: 'ntfy',
      label: 'ntfy',
      settings: sealContact(cloud.keys.vault, anna.personId, ntfy),
    },
  })
})
after(async () => {
  await agent.close()
  await cloud.close()
})

/** A print that fails and goes on, and the notification that tells of it. */
async function failingPrint() {
  const { story, suspected } = await tellFailingPrint(agent, cloud.flow, anna.deviceId)
  const notice = await cloud.db.notification.findFirstOrThrow({ where: { eventId: suspected.id } })
  return { story, notice, incidentId: notice.incidentId ?? '' }
}

function tokenFor(notificationId: string, act: ActKind, minutes = 15): string {
  const expiresAt = new Date(Date.now() + minutes * 60_000)
  return signAct({ act, notificationId, expiresAt }, cloud.keys.sessionSecret)
}

async function post(url: string, token: string) {
  const answer = await cloud.app.inject({ method: 'POST', url, payload: { token } })
  return { status: answer.statusCode, body: answer.json() }
}

const commandsOf = (printerId: string) => agent.commands.filter((one) => one.printerId === printerId)

test('a pause from a notification is sent once, in its reader’s name and for that print alone', async () => {
  const { story, notice } = await failingPrint()
  const token = tokenFor(notice.id, 'pause')
  const looked = await post('/api/acts/look', token)
  assert.equal(looked.body.act, 'pause')
  assert.equal(looked.body.printerName, 'Ender 3')
  assert.equal(looked.body.said, notice.title)
  assert.equal(commandsOf(story.printerId).length, 0, 'looking moves nothing')
  const answers = await Promise.all([post('/api/acts', token), post('/api/acts', token)])
  answers.push(await post('/api/acts', tokenFor(notice.id, 'pause')))
  assert.deepEqual(
    answers.map(({ body }) => body),
    [{ done: 'pause' }, { done: 'pause' }, { done: 'pause' }],
  )
  await waitUntil('the command', () => commandsOf(story.printerId).length > 0)
  const [sent, ...more] = commandsOf(story.printerId)
  assert.deepEqual([sent?.action, more.length], ['pause', 0])
  assert.equal(sent?.printId, story.printId)
  assert.equal(sent?.issuer.name, 'Anna')
  assert.equal(await cloud.db.command.count({ where: { printerId: story.printerId } }), 1)
})

test('a pause meant for one print never reaches the next one', async () => {
  const { story, notice } = await failingPrint()
  const next = tellStory({ printerId: story.printerId })
  await agent.send('status', next.status())
  await waitUntil('the next print', async () => {
    const printer = await cloud.db.printer.findUniqueOrThrow({ where: { id: story.printerId } })
    return printer.printId === next.printId
  })
  const answer = await post('/api/acts', tokenFor(notice.id, 'pause'))
  assert.deepEqual([answer.status, answer.body.code], [409, 'other-print'])
  assert.equal(commandsOf(story.printerId).length, 0)
})

test('after fifteen minutes, with another key or with another act, a token is good for nothing', async () => {
  const { story, notice } = await failingPrint()
  const late = await post('/api/acts', tokenFor(notice.id, 'pause', -0.1))
  assert.deepEqual([late.status, late.body.code], [410, 'act-expired'])
  const expiresAt = new Date(Date.now() + 60_000)
  const foreign = signAct(
    { act: 'pause', notificationId: notice.id, expiresAt },
    'another key of enough length',
  )
  const good = tokenFor(notice.id, 'false-alarm')
  const turned = good.replace('false-alarm', 'pause')
  const longer = good.replace(/\.[0-9a-z]+\./, '.zzzzzz.')
  const resume = good.replace('false-alarm', 'resume')
  for (const token of [foreign, turned, longer, resume, '', 'x', `${good}x`, good.slice(0, -1)]) {
    for (const url of ['/api/acts', '/api/acts/look']) {
      const answer = await post(url, token)
      assert.deepEqual([answer.status, answer.body.code], [404, 'unknown-act'], token)
    }
  }
  assert.equal(commandsOf(story.printerId).length, 0)
})

test('a link alone does nothing: no GET and no HEAD acts', async () => {
  const { story, notice } = await failingPrint()
  const token = tokenFor(notice.id, 'pause')
  for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) {
    for (const url of [`/act#${token}`, `/api/acts?token=${token}`, `/api/acts/${token}`]) {
      await cloud.app.inject({ method, url })
    }
  }
  assert.equal(await cloud.db.command.count({ where: { printerId: story.printerId } }), 0)
})

test('a false alarm is marked as on the page, once, whatever is pressed', async () => {
  const { notice, incidentId } = await failingPrint()
  for (let press = 0; press < 3; press++) {
    assert.deepEqual((await post('/api/acts', tokenFor(notice.id, 'false-alarm'))).body, {
      done: 'false-alarm',
    })
  }
  const incident = await cloud.db.incident.findUniqueOrThrow({
    where: { id: incidentId },
    include: { steps: true },
  })
  assert.deepEqual([incident.status, incident.outcome], ['resolved', 'false-alarm'])
  assert.equal(incident.steps.filter(({ kind }) => kind === 'resolved').length, 1)
})

test('whoever may no longer see the printer moves nothing, and a device that is away is told of', async () => {
  const { story, notice } = await failingPrint()
  const will = { online: false }
  await agent.send('status', story.status({}, will))
  await waitUntil('the device is away', () => cloud.flow.presence.runOf(anna.deviceId) === undefined)
  const away = await post('/api/acts', tokenFor(notice.id, 'pause'))
  assert.deepEqual([away.status, away.body.code], [409, 'device-absent'])
  await cloud.db.member.deleteMany({ where: { userId: anna.personId } })
  for (const act of ['pause', 'false-alarm'] as const) {
    assert.equal((await post('/api/acts', tokenFor(notice.id, act))).status, 404)
  }
})

test('nothing that a notification offers resumes', () => {
  const offered = NoticeKind.options.flatMap((kind) => actsOf(kind))
  assert.deepEqual([...new Set(offered)].sort(), ['false-alarm', 'pause'])
})

test('a token holds what was signed', () => {
  const offer = {
    act: 'pause' as const,
    notificationId: crypto.randomUUID(),
    expiresAt: new Date('2026-03-01T12:00:00Z'),
  }
  assert.deepEqual(readActToken(signAct(offer, 'secret'), 'secret'), offer)
})
