import { createHash } from 'node:crypto'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { NtfyAddress } from '@layerwatch/shared/notify.ts'
import type { Db } from '../db/client.ts'
import type { Vault } from '../keys/vault.ts'
import { readContact } from './contact-settings.ts'
import type { Message } from './messages.ts'
import { actLabels, isAlarm, type Notifier, type Outgoing } from './notifier.ts'
import { checkAnswer, postTo } from './post.ts'

/** What ntfy works with. */
export interface NtfyOptions {
  db: Db
  vault: Vault
  /** Where people open the page. */
  baseUrl: string
  mayCall: (address: string) => boolean
}

/**
 * ntfy: one request to a topic on the person's server, with the picture as an attachment where there is one.
 * Messages of one tag replace each other (`X-Sequence-ID`, from ntfy 2.16 on). https://docs.ntfy.sh/publish
 */
export function makeNtfyNotifier({ db, vault, baseUrl, mayCall }: NtfyOptions): Notifier {
  return {
    send: async (outgoing, { personId }, signal) => {
      const settings = NtfyAddress.safeParse(await readContact({ db, vault }, personId, 'ntfy'))
      if (!settings.success) throw new RejectedError('ntfy is not connected')
      const address = settings.data
      const service = new URL(address.server).host
      const endpoint = `${address.server.replace(/\/+$/, '')}/${address.topic}`
      const send = (what: Outgoing) =>
        postTo(service, endpoint, {
          method: 'PUT',
          ...composeNtfy(what, { baseUrl, address }),
          signal,
          mayCall,
        })
      let answer = await send(outgoing)
      // A server may take no attachments, or no more of them today: a message matters more than its picture.
      const isPictureRefused = [400, 413, 429, 507].includes(answer.status)
      if (outgoing.picture && isPictureRefused) answer = await send(withoutPicture(outgoing))
      checkAnswer(service, answer, {
        401: `${service} asks for a valid access token`,
        403: `${service} does not let us write to this topic; it may need an access token`,
        404: `there is no ntfy server at ${service}`,
      })
      return `taken by ${service}`
    },
  }
}

function withoutPicture({ picture: _, ...rest }: Outgoing): Outgoing {
  return rest
}

const tags: Record<Message['kind'], string> = {
  suspected: 'eyes',
  confirmed: 'rotating_light',
  paused: 'pause_button',
  'pause-failed': 'rotating_light',
  finished: 'checkered_flag',
  lost: 'see_no_evil',
  restored: 'eyes',
  started: 'arrow_forward',
  'first-layer': 'one',
  progress: 'hourglass_flowing_sand',
  resumed: 'arrow_forward',
  summary: 'scroll',
  digest: 'bar_chart',
  test: 'wave',
}

/** Headers and body of one message. Header values are ASCII: the rest is written as RFC 2047 has it. */
export function composeNtfy(
  { message, tag, picture, acts = [] }: Outgoing,
  { baseUrl, address }: { baseUrl: string; address: NtfyAddress },
): { headers: Record<string, string>; body: Uint8Array | string } {
  const headers: Record<string, string> = {
    title: encodeHeader(message.title),
    priority: priorityOf(message),
    tags: tags[message.kind],
    click: `${baseUrl}${message.path}`,
    'x-sequence-id': createHash('sha256').update(tag).digest('hex').slice(0, 32),
    ...(address.token && { authorization: `Bearer ${address.token}` }),
    ...(acts.length > 0 && isPrivate(address) && { actions: composeActions(acts, baseUrl) }),
  }
  if (!picture)
    return { headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: message.body }
  const attached = {
    message: encodeHeader(message.body),
    filename: 'print.jpg',
    'content-type': 'image/jpeg',
  }
  return { headers: { ...headers, ...attached }, body: picture }
}

/** Letters of a topic that strangers do not guess; the page proposes longer ones. */
const unguessedLetters = 20

/**
 * Whoever reads a topic can press its buttons: none are sent to one that strangers may find. Of a token's own, what
 * it does is a pause or a false alarm, once, within 15 minutes.
 */
function isPrivate({ token, topic }: NtfyAddress): boolean {
  return token !== undefined || topic.length >= unguessedLetters
}

/** Buttons that post from the phone itself. https://docs.ntfy.sh/publish/#send-http-request */
function composeActions(acts: NonNullable<Outgoing['acts']>, baseUrl: string): string {
  const actions = acts.map(({ act, token }) => ({
    action: 'http',
    label: actLabels[act],
    url: `${baseUrl}/api/acts`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    clear: true,
  }))
  return JSON.stringify(actions)
}

/** 5 rings through, 4 vibrates long, 3 is usual. https://docs.ntfy.sh/publish/#message-priority */
function priorityOf(message: Message): string {
  if (isAlarm(message)) return '5'
  return message.kind === 'suspected' || message.kind === 'lost' ? '4' : '3'
}

function encodeHeader(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`
}
