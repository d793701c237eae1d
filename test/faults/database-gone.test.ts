import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ApiProblem } from '@layerwatch/shared/api.ts'
import pino from 'pino'
import { loginAgent } from '../setup/fake-agent.ts'
import { joinTenant, tellStory } from '../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../setup/test-cloud.ts'
import { waitUntil } from '../setup/wait.ts'

let cloud: TestCloud
let cookie: string

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  cookie = await cloud.signIn('anna@example.org')
})
after(() => cloud.close())

test('a database that is away is a sentence and no signed-out page, and the same cloud goes on when it is back', async () => {
  const { deviceId } = await joinTenant(cloud.db, 'anna@example.org')
  const agent = await loginAgent(cloud, deviceId)
  const story = tellStory()
  await agent.send('status', story.status())
  await waitUntil('presence', () => cloud.flow.presence.isPresent(deviceId))
  const commands = `/api/printers/${story.printerId}/commands`
  const ask = (method: 'GET' | 'POST', url: string, payload?: object) => {
    const headers = { cookie, 'idempotency-key': randomUUID() }
    return cloud.app.inject({ method, url, headers, ...(payload && { payload }) })
  }
  const pause = { action: 'pause', printId: story.printId }
  const signIn = { email: 'anna@example.org', password: 'a long password' }
  cloud.cable.cut()
  const answers = await Promise.all([
    ask('GET', '/api/printers'),
    ask('GET', '/api/me'),
    ask('GET', '/api/setup'),
    ask('POST', commands, pause),
    ask('POST', '/api/auth/sign-in/email', signIn),
    ask('GET', '/api/auth/get-session'),
  ])
  for (const answer of answers) {
    assert.equal(answer.statusCode, 503, answer.body)
    assert.match(ApiProblem.strict().parse(answer.json()).message, /^[A-Z].*\.$/)
  }
  const event = story.event('print.started', { job: 'benchy.gcode' })
  await agent.send('events', event)
  await waitUntil('the event was tried', () => cloud.flow.uplink.counts().failed > 0)
  assert.deepEqual(agent.receipts, [])
  cloud.cable.mend()
  await waitUntil('an answer', async () => (await ask('GET', '/api/printers')).statusCode === 200)
  await agent.send('events', event)
  assert.equal((await agent.receiptFor(event.id)).result, 'stored')
  assert.equal((await ask('POST', commands, pause)).statusCode, 202)
  await agent.close()
})
