import type { Channel } from '@layerwatch/shared/notify.ts'
import type { CloudConfig } from '../config.ts'
import type { Db } from '../db/client.ts'
import type { Keys } from '../keys.ts'
import { makeAddressCheck } from './addresses.ts'
import { makeDiscordNotifier } from './discord.ts'
import { makeEmailNotifier } from './email.ts'
import type { Notifier } from './notifier.ts'
import { makeNtfyNotifier } from './ntfy.ts'
import type { TelegramApi } from './telegram/api.ts'
import { makeTelegramNotifier } from './telegram/notifier.ts'
import { makeWebhookNotifier } from './webhook.ts'
import { makeWebPushNotifier } from './webpush.ts'

/** What the channels are made of. */
export interface NotifierOptions {
  config: Pick<CloudConfig, 'smtp' | 'privatePushServices' | 'privateServices'>
  /** Where people open the page, for links in messages. */
  baseUrl: string
  db: Db
  keys: Pick<Keys, 'vapid' | 'vault'>
  now: () => Date
  /** The operator's bot, where there is one. */
  telegram: TelegramApi | undefined
}

/** Every channel that is set up here: e-mail only with a mail server, Telegram only with a bot. */
export function openNotifiers(options: NotifierOptions): Partial<Record<Channel, Notifier>> {
  const { config, baseUrl, db, keys, now, telegram } = options
  const { vault } = keys
  const mayCall = makeAddressCheck(config.privateServices)
  const vapid = { ...keys.vapid, subject: subjectOf(config, baseUrl) }
  return {
    ...(config.smtp && { email: makeEmailNotifier(config.smtp, baseUrl) }),
    push: makeWebPushNotifier(db, vapid, config.privatePushServices),
    ntfy: makeNtfyNotifier({ db, vault, baseUrl, mayCall }),
    ...(telegram && { telegram: makeTelegramNotifier({ db, api: telegram, baseUrl }) }),
    discord: makeDiscordNotifier({
      db,
      vault,
      baseUrl,
      api: 'https://discord.com/api',
      mayCall: makeAddressCheck([]),
    }),
    webhook: makeWebhookNotifier({ db, vault, baseUrl, now, mayCall }),
  }
}

/** Whom a push service may write to (RFC 8292); some refuse what is neither a mail address nor https. */
function subjectOf(config: Pick<CloudConfig, 'smtp'>, baseUrl: string): string {
  const address = config.smtp?.from.match(/[^\s<>]+@[^\s<>]+/)?.[0]
  if (address) return `mailto:${address}`
  return baseUrl.startsWith('https:') ? baseUrl : 'mailto:layerwatch@example.org'
}
