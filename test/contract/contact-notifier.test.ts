import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { ContactKind } from '@layerwatch/shared/notify.ts'
import { deleteContact, putContact } from '../../cloud/db/contacts.ts'
import { makeVault } from '../../cloud/keys/vault.ts'
import { makeAddressCheck } from '../../cloud/notify/addresses.ts'
import { sealContact } from '../../cloud/notify/contact-settings.ts'
import { makeDiscordNotifier } from '../../cloud/notify/discord.ts'
import type { Notifier, Receiver } from '../../cloud/notify/notifier.ts'
import { makeNtfyNotifier } from '../../cloud/notify/ntfy.ts'
import { makeTelegramApi } from '../../cloud/notify/telegram/api.ts'
import { makeTelegramNotifier } from '../../cloud/notify/telegram/notifier.ts'
import { makeWebhookNotifier, makeWebhookSecret } from '../../cloud/notify/webhook.ts'
import { startDiscord } from '../fakes/discord.ts'
import { startNtfy } from '../fakes/ntfy.ts'
import { startTelegram } from '../fakes/telegram.ts'
import { startWebhookReceiver } from '../fakes/webhook-receiver.ts'
import { startTestDatabase, type TestDatabase } from '../setup/database.ts'
import { makeTenant } from '../setup/tenants.ts'
import { describeNotifier, forever, outgoing, picture } from './notifier-suite.ts'

/* The channels a person connects: ntfy, Discord, webhook. */
let database: TestDatabase
let receiver: Receiver

before(async () => {
  database = await startTestDatabase()
  const { personId, name } = await makeTenant(database.db, 'Anna')
  receiver = { personId, name, email: 'anna@example.org' }
})
after(() => database.close())

const vault = makeVault(randomBytes(32))
const baseUrl = 'https://printers.example.org'
const onLoopback = makeAddressCheck(['127.0.0.0/8'])
const onlyPublic = makeAddressCheck([])

async function connect(kind: ContactKind, settings: object): Promise<void> {
  const open = { kind, ...settings }
  const stored = kind === 'telegram' ? open : sealContact(vault, receiver.personId, open)
  const contact = { id: randomUUID(), kind, label: kind, settings: stored, at: new Date() }
  await putContact(database.db, receiver.personId, contact)
}

async function ntfyTo(options: { token?: string; asked?: string; mayCall?: typeof onLoopback } = {}) {
  const { token, asked, mayCall = onLoopback } = options
  const server = await startNtfy(asked)
  await connect('ntfy', { server: server.url, topic: 'printers-x7', ...(token && { token }) })
  return { server, notifier: makeNtfyNotifier({ db: database.db, vault, baseUrl, mayCall }) }
}

async function discordTo() {
  const server = await startDiscord()
  const { id, token } = server.webhook
  await connect('discord', { url: `https://discord.com/api/webhooks/${id}/${token}` })
  const { api } = server
  return {
    server,
    notifier: makeDiscordNotifier({ db: database.db, vault, baseUrl, api, mayCall: onLoopback }),
  }
}

async function telegramTo() {
  const server = await startTelegram()
  await connect('telegram', { chatId: 4711 })
  const { apiUrl, botToken } = server
  const api = makeTelegramApi({ apiUrl, botToken })
  const sent = {
    get received() {
      return server.calls
    },
  }
  return {
    server: Object.assign(server, sent),
    notifier: makeTelegramNotifier({ db: database.db, api, baseUrl }),
  }
}

async function webhookTo(options: { mayCall?: typeof onLoopback } = {}) {
  const { mayCall = onLoopback } = options
  const secret = makeWebhookSecret()
  const server = await startWebhookReceiver(secret)
  await connect('webhook', { url: server.url, secret })
  const now = () => new Date()
  return { server, secret, notifier: makeWebhookNotifier({ db: database.db, vault, baseUrl, now, mayCall }) }
}

const starts = { ntfy: ntfyTo, telegram: telegramTo, discord: discordTo, webhook: webhookTo } as const

for (const kind of ['ntfy', 'telegram', 'discord', 'webhook'] as const) {
  describeNotifier(kind, async () => {
    const { server, notifier } = await starts[kind]()
    return {
      notifier,
      service: server,
      answers: { takes: 200, busy: 503, refuses: 403 },
      receiver: () => receiver,
      goAway: () => server.goAway(),
      close: async () => {},
    }
  })

  test(`${kind}: too many messages are a reason to wait, a redirect is refused and not followed`, async () => {
    const { server, notifier } = await starts[kind]()
    server.answer = 429
    await assert.rejects(send(notifier), UnavailableError)
    // Telegram's words are JSON whatever the status; its redirects are refusals like any other.
    for (const status of [301, 302, 307, 308]) {
      server.answer = status
      await assert.rejects(send(notifier), RejectedError)
    }
    assert.equal(server.received.length, 0)
    await server.goAway()
  })

  test(`${kind}: what is no longer connected fails in words, for good`, async () => {
    const { server, notifier } = await starts[kind]()
    await deleteContact(database.db, receiver.personId, kind)
    await assert.rejects(send(notifier), (error) => {
      return error instanceof RejectedError && /connected/.test(error.message)
    })
    await server.goAway()
  })
}

const send = (notifier: Notifier, changes = {}) => notifier.send(outgoing(changes), receiver, forever())

test('ntfy shows title, words in any script, picture and link, rings for an alarm, and replaces its own', async () => {
  const { server, notifier } = await ntfyTo({ token: 'tk_secret', asked: 'tk_secret' })
  const title = 'Paused by Layerwatch — Küche'
  const message = { kind: 'paused' as const, title, body: 'プリンター: spaghetti.', path: '/incidents/i1' }
  await send(notifier, { message })
  const { picture: _, ...unpictured } = outgoing()
  await notifier.send({ ...unpictured, message: { ...message, kind: 'restored' } }, receiver, forever())
  await server.goAway()
  const [first, second] = server.received
  assert.equal(first?.title, title)
  assert.equal(first?.message, message.body)
  assert.equal(first?.topic, 'printers-x7')
  assert.equal(first?.click, `${baseUrl}/incidents/i1`)
  assert.deepEqual([first?.priority, second?.priority], [5, 3])
  assert.deepEqual(first?.attachment, { name: 'print.jpg', type: 'image/jpeg', bytes: picture })
  assert.equal(second?.message, message.body)
  assert.equal(first?.sequenceId, second?.sequenceId)
})

test('ntfy shows buttons that post a token, but on no topic that strangers may guess', async () => {
  const acts = [
    { act: 'pause' as const, token: 'pause.token' },
    { act: 'false-alarm' as const, token: 'false-alarm.token' },
  ]
  const { server, notifier } = await ntfyTo()
  await send(notifier, { acts })
  await connect('ntfy', { server: server.url, topic: 'layerwatch-0123456789abcdef' })
  await send(notifier, { acts })
  await send(notifier)
  await server.goAway()
  const action = (label: string, token: string) => ({
    action: 'http',
    label,
    url: `${baseUrl}/api/acts`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    clear: true,
  })
  assert.deepEqual(
    server.received.map(({ actions }) => actions),
    [[], [action('Pause', 'pause.token'), action('False alarm', 'false-alarm.token')], []],
  )
})

test('an ntfy server that takes no files gets the message without its picture', async () => {
  const { server, notifier } = await ntfyTo()
  server.takesFiles = false
  await send(notifier)
  await server.goAway()
  assert.equal(server.received.length, 1)
  assert.equal(server.received[0]?.attachment, undefined)
  assert.match(server.received[0]?.message ?? '', /spaghetti since layer 38/)
})

test('ntfy says in words that it wants a token', async () => {
  const { server, notifier } = await ntfyTo({ asked: 'tk_secret', token: 'tk_wrong' })
  await assert.rejects(send(notifier), /asks for a valid access token/)
  await server.goAway()
})

test('Telegram shows words, picture and buttons as plain text, and rings for what matters', async () => {
  const { server, notifier } = await telegramTo()
  const acts = [
    { act: 'pause' as const, token: 'pause.secrettoken' },
    { act: 'false-alarm' as const, token: 'x' },
  ]
  const sent = outgoing({ acts })
  await notifier.send(sent, receiver, forever())
  const { picture: _, ...unpictured } = outgoing({ message: { ...sent.message, kind: 'restored' } })
  await notifier.send(unpictured, receiver, forever())
  await server.goAway()
  const [first, second] = server.calls
  assert.equal(first?.method, 'sendPhoto')
  assert.deepEqual(first?.photo, picture)
  assert.deepEqual(first?.fields.reply_markup, {
    inline_keyboard: [
      [
        { text: 'Pause', callback_data: `pause.${sent.id}` },
        { text: 'False alarm', callback_data: `false-alarm.${sent.id}` },
      ],
    ],
  })
  const { title, body } = sent.message
  assert.equal(first?.fields.caption, `${title}\n${body}\n${baseUrl}/incidents/i1`)
  assert.equal(first?.fields.disable_notification, 'false')
  assert.deepEqual([second?.method, second?.fields.chat_id], ['sendMessage', 4711])
  assert.equal(second?.fields.disable_notification, true)
  assert.ok(!JSON.stringify(server.calls).includes('secrettoken'))
})

test('Discord shows words, picture and link, and calls nobody', async () => {
  const { server, notifier } = await discordTo()
  const body = '[free filament](https://evil.example) @everyone *x*'
  const message = { kind: 'paused' as const, title: 'Paused', body, path: '/incidents/i1' }
  await send(notifier, { message })
  await server.goAway()
  const [first] = server.received
  const embed = first?.message.embeds[0]
  assert.equal(embed?.url, `${baseUrl}/incidents/i1`)
  assert.deepEqual(embed?.image, { url: 'attachment://print.jpg' })
  assert.deepEqual(first?.files, [{ name: 'print.jpg', type: 'image/jpeg', bytes: picture }])
  assert.deepEqual(first?.message.allowed_mentions, { parse: [] })
  assert.match(embed?.description ?? '', /^\\\[free filament\\\]\\\(https:\u200B\/\/evil/)
})

test('Discord and webhooks, which others read, carry nothing that acts', async () => {
  const acts = [{ act: 'pause' as const, token: 'pause.secrettoken' }]
  const [discord, webhook] = [await discordTo(), await webhookTo()]
  await send(discord.notifier, { acts })
  await send(webhook.notifier, { acts })
  for (const { received } of [discord.server, webhook.server]) {
    assert.equal(received.length, 1)
    assert.ok(!JSON.stringify(received).includes('secrettoken'))
  }
  await Promise.all([discord.server.goAway(), webhook.server.goAway()])
})

test('a webhook is signed, keeps its id over every try, and its receiver refuses any other secret', async () => {
  const { server, notifier } = await webhookTo()
  const sent = outgoing()
  await notifier.send(sent, receiver, forever())
  await notifier.send(sent, receiver, forever())
  assert.deepEqual(
    server.received.map(({ id, path }) => [id, path]),
    [
      [sent.id, '/hook'],
      [sent.id, '/hook'],
    ],
  )
  assert.deepEqual(server.received[0]?.body, {
    type: 'notification.paused',
    timestamp: sent.at.toISOString(),
    data: {
      kind: 'paused',
      title: sent.message.title,
      body: sent.message.body,
      url: `${baseUrl}/incidents/i1`,
      tag: 'i1',
    },
  })
  await connect('webhook', { url: server.url, secret: makeWebhookSecret() })
  await assert.rejects(send(notifier), /refused it \(401\)/)
  await server.goAway()
})

test('an answer without an end costs a webhook nothing', async () => {
  const { server, notifier } = await webhookTo()
  server.answer = 'endless'
  const before = performance.now()
  await send(notifier)
  assert.ok(performance.now() - before < 2_000)
  await server.goAway()
})

test('a person cannot have the cloud call an address that is not public, by number, name or other spelling', async () => {
  for (const start of [ntfyTo, webhookTo] as const) {
    const { server, notifier } = await start({ mayCall: onlyPublic })
    const { port } = new URL(server.url)
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
      const url = `http://${host}:${port}`
      await connect('ntfy', { server: url, topic: 'printers' })
      await connect('webhook', { url, secret: makeWebhookSecret() })
      await assert.rejects(send(notifier), (error) => {
        return error instanceof RejectedError && /not on the public internet/.test(error.message)
      })
    }
    assert.equal(server.received.length, 0)
    await server.goAway()
  }
})
