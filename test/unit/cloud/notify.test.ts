import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { ingestAll, makeIngestContext } from '../../setup/ingest.ts'
import { listTold, makeSubscriber as subscribe } from '../../setup/subscriber.ts'
import { type SentEvent, suspicion, type Tenant, tellStory } from '../../setup/tenants.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

const makeSubscriber = () => subscribe(database.db)
const told = (tenant: Tenant) => listTold(database.db, tenant)
const brief = (rows: Awaited<ReturnType<typeof told>>) => rows.map((row) => `${row.kind} ${row.channel}`)
const ingest = (tenant: Tenant, events: readonly SentEvent[]) =>
  ingestAll(makeIngestContext(database.db), tenant.deviceId, events)

test('a failure that is paused is told once, by e-mail and push, whichever of its events comes first', async () => {
  const by = 'layerwatch'
  const story = () => {
    const one = tellStory()
    return [
      one.event('defect.confirmed', suspicion(9, 8)),
      one.event('pause.sent', { by, layer: 9 }),
      one.event('printer.paused', { by, layer: 9 }),
    ]
  }
  for (const order of [(events: SentEvent[]) => events, (events: SentEvent[]) => events.toReversed()]) {
    const tenant = await makeSubscriber()
    await ingest(tenant, order(story()))
    const rows = await told(tenant)
    assert.deepEqual(brief(rows), ['paused email', 'paused push'])
    assert.match(rows[0]?.title ?? '', /^Paused by Layerwatch at layer 9, \d\d:\d\d$/)
  }
})

test('a confirmed failure waits a moment for its pause, and is told all the same without one', async () => {
  const tenant = await makeSubscriber()
  await ingest(tenant, [tellStory().event('defect.confirmed', suspicion(9))])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['confirmed email', 'confirmed push'])
  assert.deepEqual(
    rows.map((row) => row.waitMs),
    [10_000, 10_000],
  )
})

test('a pause that failed is told at once, in place of the failure that waits', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  const failed = { by: 'layerwatch' as const, reason: 'the printer did not pause', tries: 3 }
  await ingest(tenant, [
    story.event('defect.confirmed', suspicion(9)),
    story.event('pause.sent', { by: 'layerwatch' }),
    story.event('pause.failed', failed),
  ])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['pause-failed email', 'pause-failed push'])
  assert.deepEqual(
    rows.map((row) => row.waitMs),
    [0, 0],
  )
})

test('every browser of a person has a notification of its own', async () => {
  const tenant = await makeSubscriber()
  const { personId } = tenant
  const endpoint = `https://push.example.org/second/${personId}`
  await database.db.pushSubscription.create({
    data: { id: randomUUID(), personId, endpoint, p256dh: '', auth: '' },
  })
  await ingest(tenant, [tellStory().event('defect.suspected', suspicion(8))])
  const rows = await database.db.notification.findMany({ where: { personId } })
  const browsers = await database.db.pushSubscription.findMany({ where: { personId } })
  assert.deepEqual(rows.map(({ target }) => target).sort(), browsers.map(({ id }) => id).sort())
})

test('a printer that goes on moving after its pause is told at once, and one that stands still is not', async () => {
  const [moving, still] = [await makeSubscriber(), await makeSubscriber()]
  for (const [tenant, picture] of [
    [moving, 'moving'],
    [still, 'still'],
  ] as const) {
    const story = tellStory()
    await ingest(tenant, [
      story.event('defect.confirmed', suspicion(9)),
      story.event('printer.paused', { by: 'layerwatch', layer: 9 }),
      story.event('pause.checked', { picture, seconds: 23 }),
    ])
  }
  const loud = (await told(moving)).filter(({ kind }) => kind === 'pause-failed')
  assert.equal(loud.length, 2)
  assert.match(loud[0]?.title ?? '', /still moving/)
  assert.ok((await told(still)).every(({ kind }) => kind !== 'pause-failed'))
})

test('what became of a printer that did not obey is told after its pause that failed', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [
    story.event('defect.confirmed', suspicion(9)),
    story.event('pause.failed', { by: 'layerwatch', reason: 'refused', tries: 3 }),
    story.event('fallback.used', { means: 'webhook', result: 'confirmed', tries: 1 }),
  ])
  const titles = (await told(tenant)).map(({ title }) => title)
  assert.ok(
    titles.some((title) => title.startsWith('Ended, for it did not pause')),
    titles.join('\n'),
  )
})

test('a bed that goes off soon is told, also where a person paused, and a heater that goes off as wished is not', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [
    story.event('printer.paused', { by: 'person', layer: 9 }),
    story.event('heater.switched', { heater: 'nozzle', result: 'off', minutes: 20, wasC: 215 }),
    story.event('heater.warned', { heater: 'bed', minutesLeft: 5 }),
  ])
  const titles = (await told(tenant)).map(({ title }) => title)
  assert.equal(titles.length, 2, 'one for each browser')
  assert.match(titles[0] ?? '', /^Bed goes off in 5 min: /)
})

test('a suspicion is told by push alone, once an episode', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [
    story.event('defect.suspected', suspicion(8)),
    story.event('defect.suspected', suspicion(9)),
  ])
  assert.deepEqual(brief(await told(tenant)), ['suspected push'])
})

test('a camera lost while printing is told, and its return to those who were told', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  const started = story.event('print.started', { job: 'a.gcode' })
  const lost = story.event('camera.lost', { reason: 'camera-frozen' })
  await ingest(tenant, [started, lost])
  await database.db.notification.updateMany({
    where: { eventId: lost.id },
    data: { status: 'sent', tries: 1 },
  })
  await ingest(tenant, [story.event('camera.restored', { reason: 'camera-frozen', blindSeconds: 60 })])
  assert.deepEqual(brief(await told(tenant)), ['lost email', 'lost push', 'restored email', 'restored push'])
})

test('a camera that is back before anybody was told is not told of', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [
    story.event('print.started', { job: 'a.gcode' }),
    story.event('camera.lost', { reason: 'camera-frozen' }),
    story.event('camera.restored', { reason: 'camera-frozen', blindSeconds: 2 }),
  ])
  assert.deepEqual(brief(await told(tenant)), [])
})

test('what was lost while nothing printed, or long ago, is not told', async () => {
  const tenant = await makeSubscriber()
  const idle = tellStory().event('camera.lost', { reason: 'camera-dark' }, { printId: undefined })
  const old = tellStory({ startMs: Date.now() - 3600_000 })
  await ingest(tenant, [idle, old.event('camera.lost', { reason: 'camera-dark' })])
  assert.deepEqual(brief(await told(tenant)), [])
})

test('a pause during a day offline is told when it is heard of', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory({ startMs: Date.now() - 20 * 3600_000 })
  await ingest(tenant, [
    story.event('defect.suspected', suspicion(8)),
    story.event('defect.confirmed', suspicion(9)),
    story.event('printer.paused', { by: 'layerwatch', layer: 9 }),
  ])
  assert.deepEqual(brief(await told(tenant)), ['paused email', 'paused push'])
})

test('a finished print is told, a stopped one is not', async () => {
  const [anna, ben] = [await makeSubscriber(), await makeSubscriber()]
  await ingest(anna, [tellStory().event('print.finished', { outcome: 'finished', layer: 120 })])
  await ingest(ben, [tellStory().event('print.finished', { outcome: 'cancelled', layer: 12 })])
  assert.deepEqual(brief(await told(anna)), ['finished email', 'finished push'])
  assert.deepEqual(brief(await told(ben)), [])
})

test('whom a printer is shared with is told too, and nobody else', async () => {
  const [owner, guest, stranger] = [await makeSubscriber(), await makeSubscriber(), await makeSubscriber()]
  const story = tellStory()
  await ingest(owner, [story.event('print.started', { job: 'a.gcode' })])
  const { printerId } = story
  await database.db.printerGrant.create({ data: { personId: guest.personId, printerId, role: 'viewer' } })
  await ingest(owner, [story.event('print.finished', { outcome: 'finished' })])
  assert.deepEqual(brief(await told(guest)), ['finished email', 'finished push'])
  assert.deepEqual(brief(await told(stranger)), [])
})

test('without a mail server no mail is queued', async () => {
  const tenant = await makeSubscriber()
  const context = { ...makeIngestContext(database.db), canSendEmail: false }
  await ingestAll(context, tenant.deviceId, [tellStory().event('print.finished', { outcome: 'finished' })])
  assert.deepEqual(brief(await told(tenant)), ['finished push'])
})

test('who may no longer see a printer is not told that it is watched again', async () => {
  const tenant = await makeSubscriber()
  const guest = await makeSubscriber()
  const { personId } = guest
  const story = tellStory()
  const { printerId } = story
  await ingest(tenant, [story.event('print.started', { job: 'a.gcode' })])
  await database.db.printerGrant.create({ data: { personId, printerId, role: 'viewer' } })
  const lost = story.event('camera.lost', { reason: 'camera-frozen' })
  await ingest(tenant, [lost])
  assert.deepEqual(brief(await told(guest)), ['lost email', 'lost push'])
  await database.db.notification.updateMany({
    where: { eventId: lost.id },
    data: { status: 'sent', tries: 1 },
  })
  await database.db.printerGrant.deleteMany({ where: { personId } })
  await ingest(tenant, [story.event('camera.restored', { reason: 'camera-frozen', blindSeconds: 60 })])
  assert.deepEqual(brief(await told(guest)), ['lost email', 'lost push'])
  assert.equal((await told(tenant)).length, 4)
})

test('a self-test is told while its asker waits for it, and not long after', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [story.event('selftest.finished', { isPassed: true, confirmedAfterSeconds: 25 })])
  const rows = await told(tenant)
  assert.deepEqual(brief(rows), ['test email', 'test push'])
  assert.match(rows[0]?.title ?? '', /^Self-test passed/)
  const late = tellStory({ startMs: Date.now() - 3_600_000 })
  await ingest(tenant, [late.event('selftest.finished', { isPassed: true })])
  assert.equal((await told(tenant)).length, rows.length)
})

test('a camera that sees nothing is told of without a mail, and its end to the same people, each camera by itself', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  await ingest(tenant, [story.event('print.started', { job: 'a.gcode' })])
  const watching = async () =>
    (await database.db.printer.findUniqueOrThrow({ where: { id: story.printerId } })).watching
  const before = await watching()
  const lost = (camera: string) => story.event('view.lost', { camera, reason: 'camera-dark' })
  const back = (camera: string) =>
    story.event('view.restored', { camera, reason: 'camera-dark', blindSeconds: 60 })
  const second = lost('camera 2')
  await ingest(tenant, [second])
  assert.deepEqual(brief(await told(tenant)), ['lost push'])
  await database.db.notification.updateMany({
    where: { eventId: second.id },
    data: { status: 'sent', tries: 1 },
  })
  await ingest(tenant, [back('camera 3')])
  assert.equal((await told(tenant)).length, 1)
  await ingest(tenant, [back('camera 2')])
  const titles = (await told(tenant)).map(({ title }) => title)
  assert.match(titles[1] ?? '', /^Camera 2 sees again/)
  assert.deepEqual(await watching(), before, 'whether the printer is watched is another matter')
})

test('a light that does not obey is told without a mail, on while it prints, off afterwards too', async () => {
  const tenant = await makeSubscriber()
  const story = tellStory()
  const failed = (to: 'on' | 'off') => story.event('light.failed', { to, reason: 'no such lamp' })
  const outside = (to: 'on' | 'off') => ({ ...failed(to), printId: undefined })
  await ingest(tenant, [outside('on')])
  assert.equal((await told(tenant)).length, 0)
  await ingest(tenant, [outside('off'), story.event('print.started', { job: 'a.gcode' }), failed('on')])
  assert.deepEqual(brief(await told(tenant)), ['lost push', 'lost push'])
})
