import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { ContactsView, TelegramCode } from '@layerwatch/shared/notify.ts'
import pino from 'pino'
import { isDatabaseAway, openDatabase } from '../../../cloud/db/client.ts'
import { answerUpdate } from '../../../cloud/notify/telegram/answers.ts'
import type { TelegramApi } from '../../../cloud/notify/telegram/api.ts'
import { TryLimit } from '../../../cloud/pairing/try-limit.ts'
import { type FakeTelegram, startTelegram, type TelegramChat } from '../../fakes/telegram.ts'
import { type FakeAgent, loginAgent, tellFailingPrint } from '../../setup/fake-agent.ts'
import { findFreePort } from '../../setup/ports.ts'
import { joinTenant, type Tenant } from '../../setup/tenants.ts'
import { startTestCloud, type TestCloud } from '../../setup/test-cloud.ts'
import { waitUntil } from '../../setup/wait.ts'

let telegram: FakeTelegram
let cloud: TestCloud
let cookie = ''
let anna: Tenant
let agent: FakeAgent
let logged = ''

before(async () => {
  telegram = await startTelegram()
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk)
      done()
    },
  })
  const log = pino({ level: 'debug' }, stream)
  const { botToken, apiUrl } = telegram
  cloud = await startTestCloud({ log, telegram: `{botToken: "${botToken}", apiUrl: "${apiUrl}"}` })
  cookie = await cloud.signIn('anna@example.org')
  anna = await joinTenant(cloud.db, 'anna@example.org')
  agent = await loginAgent(cloud, anna.deviceId)
  await waitUntil('the bot', () => cloud.flow.telegramBot?.() !== undefined)
})
after(async () => {
  await agent.close()
  await cloud.close()
  await telegram.goAway()
})

const chat: TelegramChat = { id: 4711, type: 'private', username: 'anna_prints' }

async function makeCode(): Promise<TelegramCode> {
  const answer = await cloud.app.inject({
    method: 'POST',
    url: '/api/contacts/telegram',
    headers: { cookie },
  })
  assert.equal(answer.statusCode, 201, answer.body)
  return TelegramCode.parse(answer.json())
}

async function contacts() {
  const answer = await cloud.app.inject({ method: 'GET', url: '/api/contacts', headers: { cookie } })
  return ContactsView.parse(answer.json())
}

/** What the bot answers to something written to it. */
async function write(from: TelegramChat, text: string): Promise<string> {
  const before = telegram.calls.length
  telegram.write(from, text)
  const call = await waitUntil('an answer', () => telegram.calls.slice(before).find(isMessage))
  assert.equal(call.fields.chat_id, from.id)
  return String(call.fields.text)
}
const isMessage = ({ method }: { method: string }) => method === 'sendMessage'

async function connect(): Promise<void> {
  const { link } = await makeCode()
  const start = new URL(link).searchParams.get('start')
  assert.match(await write(chat, `/start ${start}`), /^Connected/)
}

/** What a press shows. */
async function press(from: TelegramChat, data: string, by?: number): Promise<string> {
  const before = telegram.calls.length
  telegram.press(from, data, by)
  const call = await waitUntil('an answer', () =>
    telegram.calls.slice(before).find(({ method }) => method === 'answerCallbackQuery'),
  )
  return String(call.fields.text)
}

/** A print that fails, told in the chat: the notification and its buttons. */
async function failingPrint() {
  const { story, suspected } = await tellFailingPrint(agent, cloud.flow, anna.deviceId)
  const where = { eventId: suspected.id, channel: 'telegram' }
  const notice = await cloud.db.notification.findFirstOrThrow({ where })
  const message = await waitUntil('the message', () =>
    telegram.calls.find(({ fields }) => JSON.stringify(fields).includes(notice.id)),
  )
  await waitUntil('its record', async () => {
    return (await cloud.db.notification.findFirstOrThrow({ where })).status === 'sent'
  })
  return { story, notice, message }
}

const commandsOf = (printerId: string) => agent.commands.filter((one) => one.printerId === printerId)

test('a chat is connected by a code that is good once, and the page names it and the bot', async () => {
  const { code, bot, link } = await makeCode()
  assert.equal(bot, 'layerwatch_test_bot')
  assert.equal(link, `https://t.me/layerwatch_test_bot?start=${code.replace('-', '')}`)
  assert.match(await write(chat, 'hello'), /press Connect/)
  assert.match(await write(chat, code.toLowerCase()), /^Connected/)
  const view = await contacts()
  assert.deepEqual(view.telegram, { bot: 'layerwatch_test_bot' })
  assert.deepEqual(
    view.contacts.map(({ kind, label }) => [kind, label]),
    [['telegram', '@anna_prints']],
  )
  const stranger = { id: 5000, type: 'private' } as const
  assert.match(await write(stranger, code), /wrong or ran out/)
  assert.match(await write(chat, '/stop'), /^Stopped/)
  assert.deepEqual((await contacts()).contacts, [])
})

test('a code that ran out, or was replaced by a newer one, connects nothing', async () => {
  const first = await makeCode()
  const second = await makeCode()
  assert.match(await write({ id: 5001, type: 'private' }, first.code), /wrong or ran out/)
  await cloud.db.contactCode.updateMany({ data: { expiresAt: new Date(Date.now() - 1000) } })
  assert.match(await write({ id: 5001, type: 'private' }, second.code), /wrong or ran out/)
  assert.deepEqual((await contacts()).contacts, [])
})

test('after five wrong codes a chat waits, and a group is told that it cannot be connected', async () => {
  const guesser = { id: 6000, type: 'private' } as const
  for (let guess = 0; guess < 5; guess++) {
    assert.match(await write(guesser, `AAAAAAA${guess}`), /wrong or ran out/)
  }
  const { code } = await makeCode()
  assert.match(await write(guesser, code), /Too many/)
  assert.match(await write({ id: -100, type: 'group' }, `/start ${code}`), /private chat/)
  assert.deepEqual((await contacts()).contacts, [])
})

test('Pause in the chat pauses that print, once; False alarm marks it', async () => {
  await connect()
  const { story, notice, message } = await failingPrint()
  assert.match(JSON.stringify(message.fields.reply_markup), /"Pause".*"False alarm"/)
  assert.match(await press(chat, `pause.${notice.id}`), /^Pause sent/)
  await press(chat, `pause.${notice.id}`)
  await waitUntil('the command', () => commandsOf(story.printerId).length > 0)
  assert.deepEqual(
    commandsOf(story.printerId).map(({ action, printId, issuer }) => [action, printId, issuer.name]),
    [['pause', story.printId, 'Anna']],
  )
  assert.ok(telegram.calls.some(({ method }) => method === 'editMessageReplyMarkup'))
  assert.match(await press(chat, `false-alarm.${notice.id}`), /^Marked as a false alarm/)
  const incident = await cloud.db.incident.findUniqueOrThrow({ where: { id: notice.incidentId ?? '' } })
  assert.equal(incident.outcome, 'false-alarm')
})

test('a press from another chat, of another person, too late or for anything else does nothing', async () => {
  await connect()
  const { story, notice } = await failingPrint()
  const pause = `pause.${notice.id}`
  const nothing = /nothing to do/
  assert.match(await press({ id: 7000, type: 'private' }, pause), nothing)
  assert.match(await press(chat, pause, 7000), nothing)
  for (const data of [
    `resume.${notice.id}`,
    `cancel.${notice.id}`,
    'pause.',
    'x',
    `pause.${crypto.randomUUID()}`,
  ]) {
    assert.match(await press(chat, data), nothing)
  }
  const sentAt = new Date(Date.now() - 15 * 60_000 - 1000)
  await cloud.db.notification.update({ where: { id: notice.id }, data: { sentAt } })
  assert.match(await press(chat, pause), /15 minutes and is over/)
  assert.equal(await cloud.db.command.count({ where: { printerId: story.printerId } }), 0)
})

test('whoever presses or writes while the database is away is told to try again, and the buttons stay', async () => {
  await connect()
  const { story, notice } = await failingPrint()
  const nobody = openDatabase(`postgres://nobody@127.0.0.1:${await findFreePort()}/nothing`)
  const said: { method: string; text: unknown }[] = []
  const api: TelegramApi = async ({ method, fields }) => {
    said.push({ method, text: fields?.text })
  }
  const tries = new TryLimit({ perAddress: 5, together: 100 })
  const desk = { db: nobody.db, api, acts: { ...cloud.flow.acts, db: nobody.db }, tries }
  const from = { id: chat.id, first_name: 'Anna' }
  const message = { message_id: 77, chat, from }
  const { signal } = new AbortController()
  const pressed = { id: '1', from, message, data: `pause.${notice.id}` }
  await assert.rejects(answerUpdate(desk, { update_id: 1, callback_query: pressed }, signal), isDatabaseAway)
  for (const text of ['/stop', '/start AAAAAAA1']) {
    await assert.rejects(answerUpdate(desk, { update_id: 2, message: { ...message, text } }, signal))
  }
  assert.deepEqual(
    said.map(({ method }) => method),
    ['answerCallbackQuery', 'sendMessage', 'sendMessage'],
  )
  for (const { text } of said) assert.match(String(text), /could not be done just now/)
  // Pressed again, with the database back, it is done.
  assert.match(await press(chat, `pause.${notice.id}`), /^Pause sent/)
  await waitUntil('the command', () => commandsOf(story.printerId).length === 1)
  await nobody.close()
})

test('news are read on after Telegram was away, each once, and the log says it twice and never the token', async () => {
  const { offset } = telegram.polls
  telegram.answer = 500
  // Ends the poll that is open.
  telegram.write(chat, 'hello')
  await waitUntil('the log', () => logged.includes('Telegram cannot be asked for news'))
  telegram.answer = 200
  assert.match(await write(chat, 'hello again'), /press Connect/)
  await waitUntil('the way back', () => logged.includes('Telegram answers again'))
  assert.ok(telegram.polls.offset > offset)
  assert.equal(logged.split('Telegram cannot be asked for news').length, 2)
  const secret = telegram.botToken.split(':')[1] ?? ''
  assert.ok(!logged.includes(secret))
})
