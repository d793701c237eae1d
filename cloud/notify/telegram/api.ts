import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { TelegramConfig } from '../../config.ts'
import { type Post, post } from '../post.ts'

/** Longest answer that is read: a hundred updates are far less. */
const maxAnswerBytes = 1024 * 1024
const timeoutMs = 10_000

/** https://core.telegram.org/bots/api#making-requests */
const Reply = z.union([
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), error_code: z.number(), description: z.string() }),
])

/** One call of the Bot API. */
export interface TelegramCall {
  method: string
  /** Fields of the call; what is no text is sent as JSON. */
  fields?: Record<string, unknown>
  photo?: Buffer
  signal: AbortSignal
  /** How long it may take; a long poll takes longer than the rest. */
  withinMs?: number
}

/**
 * Calls a method of the Bot API and gives its result.
 * @throws UnavailableError where a later try may succeed, RejectedError where Telegram refused it.
 */
export type TelegramApi = (call: TelegramCall) => Promise<unknown>

/** The Bot API with the operator's bot. The token is part of each address, so no address is ever told. */
export function makeTelegramApi({ botToken, apiUrl }: TelegramConfig): TelegramApi {
  return async ({ method, fields = {}, photo, signal, withinMs = timeoutMs }) => {
    const limit = AbortSignal.timeout(withinMs)
    const answer = await post(`${apiUrl.replace(/\/+$/, '')}/bot${botToken}/${method}`, {
      ...(await encode(fields, photo)),
      signal: AbortSignal.any([signal, limit]),
      // The operator names this server, nobody else.
      mayCall: () => true,
      readBytes: maxAnswerBytes,
    }).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw new UnavailableError('Telegram can’t be reached', { cause })
    })
    return readReply(answer)
  }
}

async function encode(
  fields: Record<string, unknown>,
  photo: Buffer | undefined,
): Promise<Pick<Post, 'headers' | 'body'>> {
  if (!photo) return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) }
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  form.set('photo', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'print.jpg')
  const encoded = new Response(form)
  return {
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: new Uint8Array(await encoded.arrayBuffer()),
  }
}

function readReply({ status, text }: { status: number; text: string }): unknown {
  const reply = Reply.safeParse(parseJson(text))
  if (!reply.success) throw new UnavailableError(`Telegram’s answer could not be read (${status})`)
  if (reply.data.ok) return reply.data.result
  const { error_code: code, description } = reply.data
  if (code === 401 || code === 404) throw new UnavailableError('Telegram does not know this server’s bot')
  if (code === 429 || code >= 500) throw new UnavailableError(`Telegram is busy (${code})`)
  if (code === 409) throw new UnavailableError('another program reads this bot’s messages')
  if (code === 403) throw new RejectedError('the chat was ended or the bot is blocked; connect it anew')
  throw new RejectedError(`Telegram refused it: ${description.slice(0, 200)}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
