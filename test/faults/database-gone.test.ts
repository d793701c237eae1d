import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ApiProblem, LiveChange } from '@layerwatch/shared/api.ts'
import pino from 'pino'
import { loginAgent } from '../setup/fake-agent.ts'
import { openStream } from '../setup/stream.ts'
import { joinTenant, tellStory } from '../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../setup/test-cloud.ts'
import { waitUntil } from '../setup/wait.ts'

let cloud: TestCloud
let cookie: string
const lines: { work?: string; msg?: string }[] = []

before(async () => {
  const log = pino({ level: 'error' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  cloud = await startTestCloud({ log })
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

test('a device that goes while the database is away is told of when it is back', async (t) => {
  const { deviceId } = await joinTenant(cloud.db, 'anna@example.org')
  const agent = await loginAgent(cloud, deviceId)
  const story = tellStory()
  await agent.send('status', story.status())
  await waitUntil('presence', () => cloud.flow.presence.isPresent(deviceId))
  const url = await cloud.app.listen({ host: '127.0.0.1', port: 0 })
  const page = await openStream(`${url}/api/live`, cookie)
  t.after(async () => {
    page.close()
    await agent.close()
  })
  await waitUntil('its printers', () => page.events.length > 0)
  // A page that hears of a change is open for good; while it opens, a cut would end it.
  await agent.send('events', story.event('print.started', { job: 'benchy.gcode' }))
  await waitUntil('a first change', () =>
    page.events.some(({ data }) => LiveChange.parse(data).type === 'printer'),
  )
  cloud.cable.cut()
  cloud.flow.presence.lose(deviceId, story.boot)
  await waitUntil('a look that failed', () => lines.some((line) => line.work === 'watch presence'))
  cloud.cable.mend()
  const isGone = ({ data }: { data: unknown }) => {
    const change = LiveChange.parse(data)
    if (change.type !== 'printer' || change.printer.id !== story.printerId) return false
    return !change.printer.device.isPresent
  }
  await waitUntil('word that it went', () => page.events.some(isGone), { timeoutMs: 20_000 })
})
