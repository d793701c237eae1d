import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { actOnIncident } from '../../../../cloud/incident-acts.ts'
import { NoticeStage } from '../../../setup/notice-stage.ts'

/* A failure on which nobody acts goes to who stands by. */

const stage = new NoticeStage()

before(() => stage.open())
after(() => stage.close())
beforeEach(() => stage.reset())

test('a failure on which nobody acts goes to who stands by, after the time they chose', async () => {
  await stage.choose({})
  const guest = await stage.addGuest({ standbyMinutes: 10 })
  await stage.ingest(...stage.failure())
  assert.deepEqual(await stage.send(), ['Paused by Layerwatch at layer 9, 14:00'])
  stage.later(9)
  assert.deepEqual(await stage.send(), [])
  stage.later(1)
  assert.deepEqual(await stage.send(), ['Paused by Layerwatch at layer 9, 14:00'])
  assert.equal(stage.sent[0]?.to, guest)
  assert.match(stage.sent[0]?.outgoing.message.body ?? '', /^Nobody has acted for 10 min\. /)
})

test('whoever acknowledges, sends a command, marks the print or lets it go on has acted; an open page has not', async () => {
  const acts: [string, () => Promise<unknown>, boolean][] = [
    ['acknowledged', () => act({ kind: 'acknowledged' }), true],
    ['marked', () => act({ kind: 'resolved', detail: 'false-alarm' }), true],
    ['resume', () => command('resume'), true],
    ['cancel', () => command('cancel'), true],
    ['snapshot', () => command('snapshot'), false],
    ['resumed there', () => stage.ingest(stage.happens('printer.resumed', { by: 'printer' })), true],
    ['nothing', async () => {}, false],
  ]
  for (const [name, doIt, isAct] of acts) {
    stage.beginAnother()
    const guest = await stage.addGuest({ standbyMinutes: 10 })
    await stage.ingest(...stage.failure())
    await stage.send()
    stage.later(5)
    await doIt()
    stage.later(5)
    await stage.send()
    const told = stage.sent.filter(({ to }) => to === guest).length
    assert.equal(told, isAct ? 0 : 1, name)
    const { status } = await stage.db.notification.findFirstOrThrow({ where: { personId: guest } })
    assert.equal(status, isAct ? 'dropped' : 'sent', name)
  }
})

test('where everybody stands by, the first in line is told at once', async () => {
  const guest = await stage.addGuest({ standbyMinutes: 5 })
  await stage.choose({ standbyMinutes: 10 })
  await stage.ingest(...stage.failure())
  await stage.send()
  assert.deepEqual(
    stage.sent.map(({ to }) => to),
    [guest],
  )
  stage.later(10)
  await stage.send()
  assert.deepEqual(
    stage.sent.map(({ to }) => to),
    [stage.tenant.personId],
  )
})

async function act(deed: Parameters<typeof actOnIncident>[2]): Promise<void> {
  const { id: incidentId } = await stage.db.incident.findFirstOrThrow({
    where: { printId: stage.story.printId },
  })
  const { personId, name: personName } = stage.tenant
  await actOnIncident(stage.db, { incidentId, personId, personName, at: stage.now() }, deed)
}

async function command(action: string): Promise<void> {
  const { deviceId, organisationId, personId, name: personName } = stage.tenant
  const { printerId, boot } = stage.story
  await stage.db.command.create({
    data: {
      id: randomUUID(),
      deviceId,
      organisationId,
      printerId,
      action,
      personId,
      personName,
      idempotencyKey: randomUUID(),
      status: 'sent',
      boot,
      notAfterUptimeMs: 0n,
      issuedAt: stage.now(),
    },
  })
}
