import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Channel } from '@layerwatch/shared/notify.ts'
import pino from 'pino'
import { InFlight } from '../../../cloud/notify/in-flight.ts'
import type { Notifier, Outgoing } from '../../../cloud/notify/notifier.ts'
import { type SendContext, sendDue, sendTest } from '../../../cloud/notify/send.ts'
import { startTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { makeTenant, type Tenant } from '../../setup/tenants.ts'
import { waitUntil } from '../../setup/wait.ts'

let database: TestDatabase

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

/** A sender whose mails end as `behave` has it, on a clock that stands still until moved. */
function makeSender(behave: (outgoing: Outgoing) => Promise<string>, picture?: Buffer) {
  const sent: Outgoing[] = []
  let nowMs = Date.now() + 60_000
  const notifier: Notifier = {
    send: async (outgoing) => {
      const outcome = await behave(outgoing)
      sent.push(outgoing)
      return outcome
    },
  }
  const notifiers: Partial<Record<Channel, Notifier>> = { email: notifier }
  const context: SendContext = {
    db: database.db,
    log: pino({ level: 'silent' }),
    notifiers,
    now: () => new Date(nowMs),
    signAct: ({ act, notificationId }) => `${act} ${notificationId}`,
    readPicture: async () => picture,
  }
  const inFlight = new InFlight(() => {})
  const signal = new AbortController().signal
  const run = async () => {
    await sendDue(context, inFlight, signal)
    await inFlight.settled()
    return sendDue(context, inFlight, signal)
  }
  return { sent, context, run, move: (ms: number) => (nowMs += ms) }
}

async function queueMail(
  changes: { snapshotId?: string } = {},
): Promise<{ id: string; read: () => ReturnType<typeof readRow> }> {
  await database.db.notification.deleteMany()
  const { personId, organisationId } = await makeTenant(database.db)
  const id = randomUUID()
  await database.db.notification.create({
    data: {
      id,
      personId,
      organisationId,
      channel: 'email',
      kind: 'paused',
      eventId: randomUUID(),
      title: 'Paused',
      body: 'Paused.',
      path: '/',
      createdAt: new Date(Date.now() + 59_000),
      ...changes,
    },
  })
  return { id, read: () => readRow(id) }
}

const readRow = (id: string) => database.db.notification.findUniqueOrThrow({ where: { id } })

test('a notification that cannot be sent now is tried again later, with its outcome on record', async () => {
  const mail = await queueMail()
  let isBusy = true
  const sender = makeSender(async () => {
    if (isBusy) throw new UnavailableError('busy')
    return 'taken'
  })
  const waitMs = await sender.run()
  const first = await mail.read()
  assert.deepEqual([first.status, first.tries, first.outcome], ['pending', 1, 'busy'])
  assert.ok(waitMs >= 4_000 && waitMs <= 6_000, `${waitMs}`)
  await sender.run()
  assert.equal((await mail.read()).tries, 1)
  isBusy = false
  sender.move(7_000)
  await sender.run()
  const last = await mail.read()
  assert.deepEqual([last.status, last.tries, last.outcome, last.sentAt !== null], ['sent', 2, 'taken', true])
  assert.equal(sender.sent.length, 1)
})

test('a final refusal, or eight failed tries, end it', async () => {
  const refused = await queueMail()
  await makeSender(async () => {
    throw new RejectedError('no such address')
  }).run()
  const row = await refused.read()
  assert.deepEqual([row.status, row.tries, row.outcome], ['failed', 1, 'no such address'])
  const busy = await queueMail()
  const sender = makeSender(async () => {
    throw new UnavailableError('busy')
  })
  for (let round = 0; round < 12; round++) {
    await sender.run()
    sender.move(24 * 3600_000)
  }
  assert.deepEqual([(await busy.read()).status, (await busy.read()).tries], ['failed', 9])
})

test('two senders side by side send each notification once', async () => {
  const { read } = await queueMail()
  const sends: string[] = []
  const behave = async ({ id }: Outgoing) => {
    sends.push(id)
    return 'taken'
  }
  await Promise.all([makeSender(behave).run(), makeSender(behave).run(), makeSender(behave).run()])
  assert.equal(sends.length, 1)
  assert.equal((await read()).status, 'sent')
})

test('a notification whose sender died comes back after its claim', async () => {
  const mail = await queueMail()
  const dying = makeSender(() => new Promise<never>(() => {}))
  void dying.run()
  const sender = makeSender(async () => 'taken')
  await waitUntil('the claim', async () => (await mail.read()).tries === 1)
  await sender.run()
  assert.equal(sender.sent.length, 0)
  sender.move(61_000)
  await sender.run()
  assert.deepEqual([sender.sent.length, (await mail.read()).status], [1, 'sent'])
})

test('a mail waits a moment for its picture and then goes without it', async () => {
  const snapshotId = randomUUID()
  const mail = await queueMail({ snapshotId })
  const without = makeSender(async () => 'taken')
  await without.run()
  assert.deepEqual([without.sent.length, (await mail.read()).tries], [0, 0])
  without.move(16_000)
  await without.run()
  assert.equal(without.sent[0]?.picture, undefined)
  assert.equal((await mail.read()).status, 'sent')
  await queueMail({ snapshotId })
  const withPicture = makeSender(async () => 'taken', Buffer.from('jpeg'))
  await withPicture.run()
  assert.equal(withPicture.sent[0]?.picture?.toString(), 'jpeg')
})

test('a disk that cannot be read costs a mail its picture, not its message', async () => {
  const mail = await queueMail({ snapshotId: randomUUID() })
  const sender = makeSender(async () => 'taken')
  sender.context.readPicture = async () => {
    throw new UnavailableError('the picture can’t be read')
  }
  sender.move(16_000)
  await sender.run()
  assert.equal(sender.sent[0]?.picture, undefined)
  assert.equal((await mail.read()).status, 'sent')
})

test('people whose services hang keep nobody waiting, and no person takes all the room', async () => {
  await database.db.notification.deleteMany()
  const hanging = await Promise.all(Array.from({ length: 3 }, () => makeTenant(database.db)))
  const other = await makeTenant(database.db)
  const row = ({ personId, organisationId }: Tenant, target: string, agoMs: number) => ({
    id: randomUUID(),
    personId,
    organisationId,
    channel: 'email',
    target,
    kind: 'paused',
    eventId: randomUUID(),
    title: personId,
    body: '',
    path: '/',
    nextTryAt: new Date(Date.now() - agoMs),
  })
  const stuck = hanging.flatMap((one) => Array.from({ length: 40 }, (_, n) => row(one, `${n}`, 60_000)))
  await database.db.notification.createMany({ data: [...stuck, row(other, '', 0)] })
  const release = Promise.withResolvers<string>()
  const underWay: string[] = []
  const { context } = makeSender(({ message }) => {
    underWay.push(message.title)
    return message.title === other.personId ? Promise.resolve('taken') : release.promise
  })
  const [inFlight, signal] = [new InFlight(() => {}), new AbortController().signal]
  const waitMs = await sendDue(context, inFlight, signal)
  await waitUntil('the other was told', async () => {
    return (await database.db.notification.count({ where: { status: 'sent' } })) === 1
  })
  const count = (personId: string) => underWay.filter((one) => one === personId).length
  assert.deepEqual(
    hanging.map(({ personId }) => count(personId)),
    [4, 4, 4],
  )
  assert.ok(waitMs > 1_000, `a round that found no room asks again after ${waitMs} ms`)
  release.resolve('taken')
  await inFlight.settled()
})

test('a test tells of every channel how it went', async () => {
  const receiver = { personId: 'p', name: 'Anna', email: 'anna@example.org' }
  const { context } = makeSender(async () => 'taken by the mail server')
  const outcomes = await sendTest(context, { receiver }, new AbortController().signal)
  assert.deepEqual(outcomes, [
    { channel: 'email', result: 'sent', detail: 'taken by the mail server' },
    { channel: 'push', result: 'off', detail: 'not set up here' },
  ])
})
