import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { json } from './http-peer.ts'
import { listenOnLoopback } from './loopback-server.ts'

/*
 * Telegram's Bot API with the people who write to the bot: https://core.telegram.org/bots/api (9.2). `getUpdates` is
 * held open until there is news, and an update comes again until a later offset says that it was read.
 */

export interface TelegramChat {
  id: number
  type: 'private' | 'group'
  username?: string
}

export interface FakeTelegram {
  apiUrl: string
  botToken: string
  /** Calls but `getUpdates` and `getMe`, with their fields as Telegram reads them. */
  calls: { method: string; fields: Record<string, unknown>; photo?: Buffer }[]
  /** Answers every call with this code from now on; `silent` never answers. */
  answer: number | 'silent'
  /** Somebody writes to the bot. */
  write(chat: TelegramChat, text: string): void
  /** Somebody presses a button of a message. */
  press(chat: TelegramChat, data: string, from?: number): void
  /** How often news were asked for, and the offset of the last time. */
  polls: { count: number; offset: number }
  goAway(): Promise<void>
}

const descriptions: Record<number, string> = {
  400: 'Bad Request: chat not found',
  401: 'Unauthorized',
  403: 'Forbidden: bot was blocked by the user',
  409: 'Conflict: terminated by other getUpdates request',
  429: 'Too Many Requests: retry after 3',
}

export async function startTelegram(): Promise<FakeTelegram> {
  const botToken = '123456789:AAveryverysecretbottoken0123456789'
  const state: Pick<FakeTelegram, 'calls' | 'answer' | 'polls'> = {
    calls: [],
    answer: 200,
    polls: { count: 0, offset: 0 },
  }
  let updates: { update_id: number }[] = []
  let nextId = 1000
  const waiting = new Set<() => void>()
  const tell = (update: object) => {
    updates.push({ update_id: nextId++, ...update })
    for (const wake of waiting) wake()
  }
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const reply = (answer: object, status = 200) => json(status, answer)(request, response)
    const refuse = (code: number) =>
      reply({ ok: false, error_code: code, description: descriptions[code] ?? 'Internal Server Error' }, code)
    const [, token, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? []
    if (token !== botToken) return refuse(401)
    if (state.answer === 'silent') return
    if (state.answer !== 200) return refuse(state.answer)
    const { fields, photo } = await readFields(String(request.headers['content-type']), body)
    if (method === 'getMe')
      return reply({ ok: true, result: { id: 1, is_bot: true, username: 'layerwatch_test_bot' } })
    if (method !== 'getUpdates') {
      if (JSON.stringify(fields.reply_markup ?? '').match(/"callback_data":"[^"]{65,}"/)) return refuse(400)
      if (String(fields.caption ?? '').length > 1024) return refuse(400)
      state.calls.push({ method, fields, ...(photo && { photo }) })
      return reply({ ok: true, result: {} })
    }
    const offset = Number(fields.offset)
    state.polls = { count: state.polls.count + 1, offset }
    updates = updates.filter((update) => update.update_id >= offset)
    if (updates.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Number(fields.timeout) * 1000)
        const wake = () => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
        response.on('close', wake)
      })
    }
    return reply({ ok: true, result: updates })
  })
  const { port, goAway } = await listenOnLoopback(server)
  const person = (chat: TelegramChat, id = chat.id) => ({
    id,
    is_bot: false,
    first_name: 'Anna',
    ...(chat.username && { username: chat.username }),
  })
  return Object.assign(state, {
    apiUrl: `http://127.0.0.1:${port}`,
    botToken,
    write: (chat: TelegramChat, text: string) =>
      tell({ message: { message_id: nextId, date: 0, from: person(chat), chat, text } }),
    press: (chat: TelegramChat, data: string, from = chat.id) =>
      tell({
        callback_query: {
          id: String(nextId),
          from: person(chat, from),
          message: { message_id: 77, date: 0, chat },
          chat_instance: '1',
          data,
        },
      }),
    goAway,
  })
}

/** A form spells the end of a line CR LF; Telegram drops every CR. */
async function readFields(type: string, body: Buffer) {
  if (type.includes('json')) {
    const fields: Record<string, unknown> = JSON.parse(body.toString() || '{}')
    return { fields, photo: undefined }
  }
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  const fields: Record<string, unknown> = {}
  let photo: Buffer | undefined
  for (const [name, value] of form) {
    if (typeof value !== 'string') photo = Buffer.from(await value.arrayBuffer())
    else fields[name] = name === 'reply_markup' ? JSON.parse(value) : value.replaceAll('\r', '')
  }
  return { fields, photo }
}
