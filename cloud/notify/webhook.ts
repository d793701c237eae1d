import { createHmac, randomBytes } from 'node:crypto'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { WebhookAddress } from '@layerwatch/shared/notify.ts'
import { z } from 'zod'
import type { Db } from '../db/client.ts'
import type { Vault } from '../keys/vault.ts'
import { readContact } from './contact-settings.ts'
import type { Notifier, Outgoing } from './notifier.ts'
import { checkAnswer, postTo } from './post.ts'

/** What a webhook's row holds. */
export const WebhookSettings = WebhookAddress.extend({ secret: z.string().startsWith('whsec_') })

/** What webhooks work with. */
export interface WebhookOptions {
  db: Db
  vault: Vault
  /** Where people open the page. */
  baseUrl: string
  now: () => Date
  mayCall: (address: string) => boolean
}

/** A fresh signing secret, as Standard Webhooks writes them. */
export function makeWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/**
 * Posts JSON, signed with the person's secret as Standard Webhooks 1.0 has it, so that its libraries check it.
 * The id stays the same for every try. https://github.com/standard-webhooks/standard-webhooks
 */
export function makeWebhookNotifier({ db, vault, baseUrl, now, mayCall }: WebhookOptions): Notifier {
  return {
    send: async (outgoing, { personId }, signal) => {
      const settings = WebhookSettings.safeParse(await readContact({ db, vault }, personId, 'webhook'))
      if (!settings.success) throw new RejectedError('no webhook is connected')
      const { url, secret } = settings.data
      const service = new URL(url).host
      const body = composeWebhook(outgoing, baseUrl)
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Layerwatch',
        ...signWebhook(body, { id: outgoing.id, at: now(), secret }),
      }
      const answer = await postTo(service, url, { headers, body, signal, mayCall })
      checkAnswer(service, answer)
      return `taken by ${service} (${answer.status})`
    },
  }
}

/** What is posted. */
function composeWebhook({ message, at, tag }: Outgoing, baseUrl: string): string {
  const { kind, title, body, path } = message
  return JSON.stringify({
    type: `notification.${kind}`,
    timestamp: at.toISOString(),
    data: { kind, title, body, url: `${baseUrl}${path}`, tag },
  })
}

/** The three headers of Standard Webhooks; the time is when it is sent, in seconds. */
export function signWebhook(
  body: string,
  { id, at, secret }: { id: string; at: Date; secret: string },
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
