import { RejectedError } from '@layerwatch/shared/errors.ts'
import { DiscordAddress } from '@layerwatch/shared/notify.ts'
import type { Db } from '../db/client.ts'
import type { Vault } from '../keys/vault.ts'
import { readContact } from './contact-settings.ts'
import { isAlarm, type Notifier, type Outgoing } from './notifier.ts'
import { checkAnswer, postTo } from './post.ts'

/** What Discord works with. */
export interface DiscordOptions {
  db: Db
  vault: Vault
  /** Where people open the page. */
  baseUrl: string
  /** `https://discord.com/api`; another one only where a test has its own. */
  api: string
  mayCall: (address: string) => boolean
}

/**
 * Discord: one message through a channel's webhook, with picture and link. It has no buttons: everybody in the
 * channel sees it. https://discord.com/developers/docs/resources/webhook#execute-webhook
 */
export function makeDiscordNotifier({ db, vault, baseUrl, api, mayCall }: DiscordOptions): Notifier {
  return {
    send: async (outgoing, { personId }, signal) => {
      const settings = DiscordAddress.safeParse(await readContact({ db, vault }, personId, 'discord'))
      if (!settings.success) throw new RejectedError('Discord is not connected')
      const path = settings.data.url.slice(settings.data.url.indexOf('/webhooks/'))
      const { headers, body } = await composeDiscord(outgoing, baseUrl)
      // With `wait`, it answers only once the message is there.
      const answer = await postTo('Discord', `${api}${path}?wait=true`, { headers, body, signal, mayCall })
      checkAnswer('Discord', answer, {
        401: 'Discord does not know this webhook',
        404: 'Discord has no such webhook any more',
      })
      return 'taken by Discord'
    },
  }
}

/** The page's colours of failure and of fine, as Discord counts them. */
const alarmColour = 0xc23417
const newsColour = 0x507c6b

/** A multipart form: the message as JSON and the picture as a file it refers to. */
export async function composeDiscord(
  { message, at, picture }: Outgoing,
  baseUrl: string,
): Promise<{ headers: Record<string, string>; body: Uint8Array }> {
  const embed = {
    title: escapeMarkdown(message.title).slice(0, 256),
    description: escapeMarkdown(message.body),
    url: `${baseUrl}${message.path}`,
    color: isAlarm(message) ? alarmColour : newsColour,
    timestamp: at.toISOString(),
    ...(picture && { image: { url: 'attachment://print.jpg' } }),
  }
  const payload = { username: 'Layerwatch', embeds: [embed], allowed_mentions: { parse: [] } }
  const form = new FormData()
  form.set('payload_json', JSON.stringify(payload))
  if (picture) form.set('files[0]', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'print.jpg')
  const encoded = new Response(form)
  return {
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: new Uint8Array(await encoded.arrayBuffer()),
  }
}

/** A job's name is no markup, and no link. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()<@-]/g, (letter) => `\\${letter}`).replaceAll('://', ':\u200B//')
}
