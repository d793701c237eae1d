import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { PushMessage } from '@layerwatch/shared/push.ts'
import webPush from 'web-push'
import { putPushSubscription } from '../../cloud/db/push-subscriptions.ts'
import { makeEmailNotifier } from '../../cloud/notify/email.ts'
import type { Notifier, Receiver } from '../../cloud/notify/notifier.ts'
import { makeWebPushNotifier } from '../../cloud/notify/webpush.ts'
import { type FakeMailServer, startMailServer } from '../fakes/mail-server.ts'
import { type FakePushService, startPushService } from '../fakes/push-service.ts'
import { startTestDatabase, type TestDatabase } from '../setup/database.ts'
import { makeTenant } from '../setup/tenants.ts'
import { waitUntil } from '../setup/wait.ts'
import { describeNotifier, forever, outgoing, picture } from './notifier-suite.ts'

let database: TestDatabase
let receiver: Receiver

before(async () => {
  database = await startTestDatabase()
  const { personId, name } = await makeTenant(database.db, 'Anna')
  receiver = { personId, name, email: 'anna@example.org' }
})
after(() => database.close())

describeNotifier('e-mail', async () => {
  const server = await startMailServer()
  const notifier = mailTo(server)
  return {
    notifier,
    service: server,
    answers: { takes: 250, busy: 451, refuses: 550 },
    receiver: () => receiver,
    goAway: () => server.close(),
    close: async () => {},
  }
})

describeNotifier('web push', async () => {
  const { service, notifier, subscribe } = await pushTo()
  await subscribe()
  return {
    notifier,
    service,
    answers: { takes: 201, busy: 503, refuses: 400 },
    receiver: () => receiver,
    goAway: () => service.close(),
    close: () => database.db.pushSubscription.deleteMany(),
  }
})

function mailTo(server: FakeMailServer, login: { user?: string; password?: string } = {}): Notifier {
  const from = 'Layerwatch <printers@example.org>'
  const smtp = { host: '127.0.0.1', port: server.port, security: 'none' as const, from, ...login }
  return makeEmailNotifier(smtp, 'https://printers.example.org')
}

async function pushTo(privateServices = ['127.0.0.0/8']): Promise<{
  service: FakePushService
  notifier: Notifier
  subscribe: () => Promise<string>
}> {
  const vapid = { ...webPush.generateVAPIDKeys(), subject: 'mailto:printers@example.org' }
  const service = await startPushService(vapid.publicKey)
  const notifier = makeWebPushNotifier(database.db, vapid, privateServices)
  const subscribe = async () => {
    const request = service.subscribe()
    await putPushSubscription(database.db, receiver.personId, { id: randomUUID(), request })
    return request.endpoint
  }
  return { service, notifier, subscribe }
}

test('a mail holds plain text, simple HTML, the picture and a link, and is marked as automatic', async () => {
  const server = await startMailServer({ user: 'printers', password: 'secret' })
  const notifier = mailTo(server, { user: 'printers', password: 'secret' })
  const sent = outgoing()
  await notifier.send(sent, receiver, forever())
  await server.close()
  const mail = server.received[0]
  assert.deepEqual(mail?.to, ['anna@example.org'])
  const raw = mail?.text ?? ''
  const text = raw + raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  for (const part of [
    'Subject: Paused by Layerwatch at layer 41, 14:02',
    'To: Anna <anna@example.org>',
    'Auto-Submitted: auto-generated',
    `Message-ID: <${sent.id}@layerwatch>`,
    'Content-Type: text/plain',
    'Content-Type: text/html',
    'https://printers.example.org/incidents/i1',
    'src="cid:print"',
    picture.toString('base64'),
  ]) {
    assert.ok(text.includes(part), `${part} in\n${text}`)
  }
})

test('what a mail lets its reader do is behind a link that asks once more', async () => {
  const server = await startMailServer()
  const acts = [{ act: 'pause' as const, token: 'pause.token' }]
  await mailTo(server).send(outgoing({ acts }), receiver, forever())
  await server.close()
  const text = (server.received[0]?.text ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=')
  assert.equal(text.split('https://printers.example.org/act#pause.token').length, 3, text)
})

test('a name cannot add a header or a receiver to a mail, nor markup to its HTML', async () => {
  const server = await startMailServer()
  const title = 'Suspected: spaghetti, A\r\nBcc: all@example.org'
  const message = { ...outgoing().message, title, body: '<img src=x onerror=alert(1)>' }
  const hostile = { ...receiver, name: 'Anna\r\nBcc: all@example.org' }
  await mailTo(server).send(outgoing({ message }), hostile, forever())
  await server.close()
  const { to, text = '' } = server.received[0] ?? {}
  assert.deepEqual(to, ['anna@example.org'])
  const [headers = ''] = text.split('\r\n\r\n')
  assert.doesNotMatch(headers, /^Bcc:/m)
  assert.ok(text.includes('&lt;img src='), text)
})

test('a wrong login at the mail server may be mended, so it is tried again', async () => {
  const server = await startMailServer({ user: 'printers', password: 'secret' })
  const wrong = mailTo(server, { user: 'printers', password: 'wrong' })
  await assert.rejects(wrong.send(outgoing(), receiver, forever()), UnavailableError)
  await server.close()
})

test('a mail server that is not there is a reason to try again', async () => {
  const server = await startMailServer()
  await server.close()
  await assert.rejects(mailTo(server).send(outgoing(), receiver, forever()), UnavailableError)
})

test('every browser of a person reads the message, signed by the cloud’s own key', async () => {
  const { service, notifier, subscribe } = await pushTo()
  await Promise.all([subscribe(), subscribe()])
  const sent = outgoing()
  await notifier.send(sent, receiver, forever())
  await database.db.pushSubscription.deleteMany()
  await service.close()
  assert.equal(service.received.length, 2)
  const [first] = service.received
  assert.deepEqual(PushMessage.parse(first?.message), {
    ...sent.message,
    tag: 'i1',
    at: sent.at.toISOString(),
  })
  assert.equal(first?.subject, 'mailto:printers@example.org')
  assert.deepEqual([first?.headers.urgency, first?.headers.ttl], ['high', '86400'])
})

test('a browser that is gone is forgotten, and the others are told', async () => {
  const { service, notifier, subscribe } = await pushTo()
  for (const status of [404, 410]) {
    await subscribe()
    service.answer = status
    await assert.rejects(notifier.send(outgoing(), receiver, forever()), RejectedError)
    assert.equal(await database.db.pushSubscription.count(), 0, `after ${status}`)
  }
  const gone = await subscribe()
  await database.db.pushSubscription.updateMany({ where: { endpoint: gone }, data: { endpoint: `${gone}x` } })
  service.answer = 201
  await subscribe()
  assert.match(await notifier.send(outgoing(), receiver, forever()), /1 of 2/)
  await waitUntil('one left', async () => (await database.db.pushSubscription.count()) === 1)
  await database.db.pushSubscription.deleteMany()
  await service.close()
})

test('a message for one browser goes there alone, and what another took says nothing of it', async () => {
  const { service, notifier, subscribe } = await pushTo()
  await Promise.all([subscribe(), subscribe()])
  const [one, two] = await database.db.pushSubscription.findMany()
  await notifier.send(outgoing(), { ...receiver, target: one?.id ?? '' }, forever())
  assert.equal(service.received.length, 1)
  service.answer = 503
  await assert.rejects(
    notifier.send(outgoing(), { ...receiver, target: two?.id ?? '' }, forever()),
    UnavailableError,
  )
  await database.db.pushSubscription.deleteMany()
  await service.close()
})

test('a subscription with keys of no use fails alone', async () => {
  const { service, notifier, subscribe } = await pushTo()
  await subscribe()
  const broken = { ...service.subscribe(), keys: { p256dh: 'AAAA', auth: 'AA' } }
  await putPushSubscription(database.db, receiver.personId, { id: randomUUID(), request: broken })
  assert.match(await notifier.send(outgoing(), receiver, forever()), /1 of 2/)
  await database.db.pushSubscription.deleteMany()
  await service.close()
})

test('a browser cannot have the cloud call an address that is not public, by number or by name', async () => {
  const { service, notifier, subscribe } = await pushTo([])
  const endpoint = await subscribe()
  await assert.rejects(notifier.send(outgoing(), receiver, forever()), RejectedError)
  await database.db.pushSubscription.updateMany({
    where: { endpoint },
    data: { endpoint: endpoint.replace('127.0.0.1', 'localhost') },
  })
  await assert.rejects(notifier.send(outgoing(), receiver, forever()), RejectedError)
  assert.equal(service.received.length, 0)
  await database.db.pushSubscription.deleteMany()
  await service.close()
})
