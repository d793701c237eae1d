import { createHash } from 'node:crypto'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PushMessage } from '@layerwatch/shared/push.ts'
import webPush from 'web-push'
import type { Db } from '../db/client.ts'
import {
  deleteGonePushSubscription,
  findPushSubscriptions,
  type PushSubscriptionRow,
} from '../db/push-subscriptions.ts'
import { makeAddressCheck } from './addresses.ts'
import { isAlarm, type Notifier, type Outgoing } from './notifier.ts'
import { post } from './post.ts'

const timeoutMs = 10_000
const alarmKeptSeconds = 24 * 3600
const newsKeptSeconds = 3600

/** What Web Push needs to say who is sending (RFC 8292). */
export interface Vapid {
  publicKey: string
  privateKey: string
  /** `mailto:` or `https:` of whoever runs this cloud. */
  subject: string
}

type Sent = 'sent' | 'gone' | 'refused' | 'later'

/**
 * Web Push to one browser of a person, or to all of them where none is named; a browser that is gone is
 * forgotten. A browser may name any address: only public ones are called, and those of `privateServices`.
 */
export function makeWebPushNotifier(db: Db, vapid: Vapid, privateServices: readonly string[]): Notifier {
  const mayCall = makeAddressCheck(privateServices)
  return {
    send: async (outgoing, receiver, signal) => {
      const all = await findPushSubscriptions(db, receiver.personId)
      const subscriptions = receiver.target ? all.filter(({ id }) => id === receiver.target) : all
      const results = await Promise.all(
        subscriptions.map((subscription) =>
          sendToOne({ db, vapid, mayCall, outgoing, signal }, subscription),
        ),
      )
      const sent = results.filter((result) => result === 'sent').length
      if (sent > 0 && receiver.target) return 'taken by the push service'
      if (sent > 0) return `taken for ${sent} of ${results.length} browsers`
      if (results.includes('later')) throw new UnavailableError('no push service took it')
      throw new RejectedError(results.length === 0 ? 'no browser to tell' : 'no browser is reached any more')
    },
  }
}

interface Sending {
  db: Db
  vapid: Vapid
  mayCall: (address: string) => boolean
  outgoing: Outgoing
  signal: AbortSignal
}

async function sendToOne(
  { db, vapid, mayCall, outgoing, signal }: Sending,
  subscription: PushSubscriptionRow,
): Promise<Sent> {
  const request = composePush(outgoing, subscription, vapid)
  if (!request) return 'refused'
  const { endpoint, headers, body } = request
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const { status } = await post(endpoint, { headers, body, signal: limited, mayCall })
    if (status >= 200 && status < 300) return 'sent'
    // The push service's words for a browser that unsubscribed or was reset (RFC 8030, 7.3).
    if (status === 404 || status === 410) {
      await deleteGonePushSubscription(db, subscription.id)
      return 'gone'
    }
    return status === 429 || status >= 500 ? 'later' : 'refused'
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof RejectedError ? 'refused' : 'later'
  }
}

/** The encrypted request; undefined where the browser's keys are of no use. */
function composePush({ message, at, tag }: Outgoing, subscription: PushSubscriptionRow, vapid: Vapid) {
  const { endpoint, p256dh, auth } = subscription
  const payload: PushMessage = { ...message, tag, at: at.toISOString() }
  try {
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint, keys: { p256dh, auth } },
      JSON.stringify(payload),
      {
        vapidDetails: vapid,
        TTL: isAlarm(message) ? alarmKeptSeconds : newsKeptSeconds,
        urgency: isAlarm(message) ? 'high' : 'normal',
        // Replaces what still waits under the same name: at most 32 letters of base64url.
        topic: createHash('sha256').update(tag).digest('base64url').slice(0, 32),
        contentEncoding: 'aes128gcm',
      },
    )
    const texts = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
    return body ? { endpoint, headers: Object.fromEntries(texts), body: new Uint8Array(body) } : undefined
  } catch {
    return undefined
  }
}
