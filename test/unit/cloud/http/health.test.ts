import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { buildMetricsApp } from '../../../../cloud/http/metrics.ts'
import { makeMetrics, timeRequests } from '../../../../cloud/metrics.ts'
import { loginAgent } from '../../../setup/fake-agent.ts'
import { wholeStory } from '../../../setup/ingest.ts'
import { makeTenant, tellStory } from '../../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../../setup/test-cloud.ts'
import { waitUntil } from '../../../setup/wait.ts'

/* What supervisors and Prometheus ask, on a real database and a real broker. */

const log = pino({ level: 'silent' })
let cloud: TestCloud
before(async () => {
  cloud = await startTestCloud({ log })
})
after(() => cloud.close())

const ask = async (url: string) => {
  const answer = await cloud.app.inject({ method: 'GET', url })
  return { status: answer.statusCode, body: answer.json() }
}

test('metrics count what devices send, what waits, and how long routes take, and name nobody', async () => {
  const metrics = makeMetrics({ db: cloud.db, ...cloud.flow })
  timeRequests(cloud.app, metrics)
  const app = buildMetricsApp(metrics, { log })
  const tenant = await makeTenant(cloud.db)
  const agent = await loginAgent(cloud, tenant.deviceId)
  const story = tellStory()
  const events = wholeStory(story)
  for (const event of events) await agent.send('events', event)
  for (const event of events) await agent.receiptFor(event.id)
  await agent.send('events', { id: randomUUID(), nonsense: true })
  await waitUntil('a refusal', () => cloud.flow.uplink.counts().malformed > 0)
  await cloud.app.inject({ method: 'GET', url: `/api/printers/${story.printerId}` })
  const { body, statusCode, headers } = await app.inject({ method: 'GET', url: '/metrics' })
  await agent.close()
  assert.equal(statusCode, 200)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const lines = body.split('\n')
  for (const line of [
    `layerwatch_device_messages_total{outcome="taken"} ${events.length}`,
    'layerwatch_device_messages_total{outcome="malformed"} 1',
    'layerwatch_broker_subscribed 1',
    'layerwatch_printers{state="paused"} 1',
    'layerwatch_commands_open 0',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${body}`)
  }
  assert.match(
    body,
    /http_request_duration_seconds_count\{method="GET",route="\/api\/printers\/:\w+",status="401"\} 1/,
  )
  assert.match(body, /^layerwatch_incidents_open [1-9]/m)
  for (const secret of [story.printerId, tenant.deviceId, tenant.personId, tenant.name]) {
    assert.equal(body.includes(secret), false)
  }
})

test('ready while it can work, and says what is missing; alive all the same', async () => {
  await waitUntil('readiness', async () => (await ask('/readyz')).status === 200)
  const metrics = buildMetricsApp(makeMetrics({ db: cloud.db, ...cloud.flow }), { log })
  cloud.cable.cut()
  const ready = await ask('/readyz')
  assert.equal(ready.status, 503)
  assert.deepEqual(ready.body, { status: 'unavailable', missing: ['database'] })
  assert.deepEqual(await ask('/healthz'), { status: 200, body: { status: 'ok' } })
  assert.equal((await metrics.inject({ method: 'GET', url: '/metrics' })).statusCode, 503)
  cloud.cable.mend()
  await waitUntil('readiness again', async () => (await ask('/readyz')).status === 200)
})
