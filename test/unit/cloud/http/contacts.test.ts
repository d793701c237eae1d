import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { NotificationTestView } from '@layerwatch/shared/api.ts'
import { ContactMade, ContactsView } from '@layerwatch/shared/notify.ts'
import pino from 'pino'
import { startTestCloud, type TestCloud } from '../../../setup/test-cloud.ts'

let cloud: TestCloud
let anna = ''
let ben = ''
let logged = ''

before(async () => {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk)
      done()
    },
  })
  cloud = await startTestCloud({ log: pino({ level: 'debug' }, stream) })
  anna = await cloud.signIn('anna@example.org')
  ben = await cloud.signIn('ben@example.org')
})
after(() => cloud.close())

type Method = 'GET' | 'POST' | 'DELETE'
async function ask(cookie: string, method: Method, url: string, body?: object) {
  const payload = body ? { payload: body } : {}
  const answer = await cloud.app.inject({ method, url, headers: { cookie }, ...payload })
  return { status: answer.statusCode, text: answer.body, json: (): unknown => answer.json() }
}

const secrets = {
  topic: 'layerwatch-verysecrettopic',
  token: 'tk_verysecrettoken',
  discord: 'verysecretdiscordtoken_0123456789',
  path: 'verysecretpath',
}
const requests = [
  { kind: 'ntfy', server: 'http://127.0.0.1:9', topic: secrets.topic, token: secrets.token },
  { kind: 'discord', url: `https://discord.com/api/webhooks/123456789012345678/${secrets.discord}` },
  { kind: 'webhook', url: `http://127.0.0.1:9/${secrets.path}?key=${secrets.path}` },
]

test('what is secret in a channel goes in and never comes out again: no answer holds it, and no log', async () => {
  const made = []
  for (const request of requests) made.push(await ask(anna, 'POST', '/api/contacts', request))
  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201, 201],
  )
  const signing = ContactMade.parse(made[2]?.json()).secret ?? ''
  assert.match(signing, /^whsec_[A-Za-z0-9+/]{43}=$/)
  const list = await ask(anna, 'GET', '/api/contacts')
  const labels = ContactsView.parse(list.json()).contacts.map(({ label }) => label)
  assert.deepEqual(labels, ['127.0.0.1:9, topic lay…', 'webhook …345678', '127.0.0.1:9'])
  const tests = await ask(anna, 'POST', '/api/notifications/test', { channel: 'webhook' })
  const [outcome] = NotificationTestView.parse(tests.json()).channels
  assert.equal(outcome?.result, 'failed')
  assert.match(outcome?.detail ?? '', /not on the public internet/)
  await ask(anna, 'POST', '/api/notifications/test', { channel: 'ntfy' })
  const said = [...made, list, tests].map(({ text }) => text).join() + logged
  for (const secret of Object.values(secrets)) assert.ok(!said.includes(secret), secret)
  assert.equal(said.split(signing).length, 2, 'the signing secret is shown once')
  assert.match(logged, /test notification not sent/)
  const stored = JSON.stringify(await cloud.db.contact.findMany())
  for (const secret of [...Object.values(secrets), signing]) assert.ok(!stored.includes(secret), secret)
})

test('a person sees, tests and ends only what is theirs', async () => {
  assert.deepEqual((await ask(ben, 'GET', '/api/contacts')).json(), { contacts: [], last: {} })
  assert.equal((await ask(ben, 'DELETE', '/api/contacts', { kind: 'ntfy' })).status, 404)
  const tests = await ask(ben, 'POST', '/api/notifications/test', { channel: 'ntfy' })
  assert.match(NotificationTestView.parse(tests.json()).channels[0]?.detail ?? '', /not connected/)
  assert.equal((await ask(anna, 'DELETE', '/api/contacts', { kind: 'discord' })).status, 204)
  assert.equal((await ask(anna, 'DELETE', '/api/contacts', { kind: 'discord' })).status, 404)
})

test('connecting again replaces, and how the newest message went is told', async () => {
  const at = new Date()
  const topic = 'another-topic'
  await ask(anna, 'POST', '/api/contacts', { kind: 'ntfy', topic })
  const anonymous = await cloud.db.user.findUniqueOrThrow({ where: { email: 'anna@example.org' } })
  const row = (status: string, outcome: string, sentAt: Date) => ({
    id: randomUUID(),
    personId: anonymous.id,
    organisationId: 'o',
    channel: 'ntfy',
    kind: 'paused',
    eventId: randomUUID(),
    title: '',
    body: '',
    path: '/',
    tries: 1,
    status,
    outcome,
    createdAt: sentAt,
  })
  await cloud.db.notification.createMany({
    data: [
      row('sent', 'taken by ntfy.sh', new Date(at.getTime() - 1000)),
      row('failed', 'ntfy.sh asks for a valid access token', at),
    ],
  })
  const { contacts } = ContactsView.parse((await ask(anna, 'GET', '/api/contacts')).json())
  const ntfy = contacts.find(({ kind }) => kind === 'ntfy')
  assert.equal(ntfy?.label, 'ntfy.sh, topic ano…')
  assert.deepEqual(ntfy?.last, {
    at: at.toISOString(),
    status: 'failed',
    detail: 'ntfy.sh asks for a valid access token',
  })
})

test('what is no address is refused in words', async () => {
  const wrong: [object, RegExp][] = [
    [{ kind: 'ntfy', topic: 'a b' }, /A topic is/],
    [{ kind: 'ntfy', topic: 'a', server: 'ftp://x' }, /The server is an address/],
    [
      { kind: 'discord', url: 'https://evil.example/api/webhooks/12345678/abcdefghijklmnopqrstuvwxyz' },
      /Discord webhook begins/,
    ],
    [
      { kind: 'discord', url: 'https://discord.com/api/webhooks/12345678/../../users/@me/abcdefghijk' },
      /Discord webhook begins/,
    ],
    [{ kind: 'webhook', url: 'file:///etc/passwd' }, /A webhook is an address/],
    [{ kind: 'carrier-pigeon' }, /./],
  ]
  for (const [body, words] of wrong) {
    const answer = await ask(anna, 'POST', '/api/contacts', body)
    assert.equal(answer.status, 400)
    assert.match(answer.text, words)
  }
})
