import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { drawPicture } from '../../fakes/pictures.ts'
import { type FakeAgent, loginAgent } from '../../setup/fake-agent.ts'
import { joinTenant, suspicion, type Tenant, tellStory } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'

let cloud: TestCloud
let anna: Tenant & { agent: FakeAgent }
let ben: Tenant & { agent: FakeAgent }

before(async () => {
  cloud = await startTestCloud({ log: pino({ level: 'silent' }) })
  const join = async (name: string) => {
    await cloud.signIn(`${name}@example.org`)
    const tenant = await joinTenant(cloud.db, `${name}@example.org`)
    return { ...tenant, agent: await loginAgent(cloud, tenant.deviceId) }
  }
  anna = await join('anna')
  ben = await join('ben')
})
after(async () => {
  for (const { agent } of [anna, ben]) await agent.close()
  await cloud.close()
})

/** Has an agent tell of a failure that shows `snapshotId`; gives the incident's id. */
async function fail(agent: FakeAgent, story: ReturnType<typeof tellStory>, snapshotId: string) {
  const event = story.event('defect.confirmed', { ...suspicion(9), snapshotId })
  await agent.send('events', event)
  assert.equal((await agent.receiptFor(event.id)).result, 'stored')
  const incident = await cloud.db.incident.findFirstOrThrow({ where: { printId: story.printId } })
  return incident.id
}

test('a mail carries its own printer’s picture, never one whose id another device names', async () => {
  const story = tellStory()
  const snapshotId = randomUUID()
  const taken = story.event('snapshot.taken', { snapshotId, purpose: 'confirmed' })
  await anna.agent.send('events', taken)
  await anna.agent.sendPicture(snapshotId, await drawPicture(1))
  assert.equal((await anna.agent.receiptFor(snapshotId)).result, 'stored')
  const own = await fail(anna.agent, story, snapshotId)
  const foreign = await fail(ben.agent, tellStory(), snapshotId)
  const { sending } = cloud.flow
  assert.ok(await sending.readPicture({ snapshotId, incidentId: own }))
  assert.equal(await sending.readPicture({ snapshotId, incidentId: foreign }), undefined)
})
