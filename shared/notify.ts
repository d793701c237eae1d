import { z } from 'zod'
import { Instant } from './vocabulary.ts'

/** The ways a person can be told. `push` is Web Push, one browser at a time. */
export const Channel = z.enum(['email', 'push', 'ntfy', 'telegram', 'discord', 'webhook'])
export type Channel = z.infer<typeof Channel>

/** Channels that a person connects by saying where they lead. */
export const ContactKind = Channel.extract(['ntfy', 'telegram', 'discord', 'webhook'])
export type ContactKind = z.infer<typeof ContactKind>

/** An ntfy server and a topic on it. https://docs.ntfy.sh/publish */
export const NtfyAddress = z.object({
  kind: z.literal('ntfy'),
  server: z
    .url({ protocol: /^https?$/, error: 'The server is an address such as https://ntfy.sh.' })
    .max(500)
    .default('https://ntfy.sh'),
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'A topic is up to 64 letters, digits, - and _.'),
  /** Access token, where the server asks for one. */
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'That is no access token.')
    .optional(),
})
export type NtfyAddress = z.infer<typeof NtfyAddress>

/** A Discord channel's webhook, as Discord shows it. https://discord.com/developers/docs/resources/webhook */
export const DiscordAddress = z.object({
  kind: z.literal('discord'),
  url: z
    .string()
    .regex(
      /^https:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d{5,25}\/[-_A-Za-z0-9]{20,150}$/,
      'A Discord webhook begins with https://discord.com/api/webhooks/.',
    ),
})
export type DiscordAddress = z.infer<typeof DiscordAddress>

/** An address that is posted to. */
export const WebhookAddress = z.object({
  kind: z.literal('webhook'),
  url: z
    .url({ protocol: /^https?$/, error: 'A webhook is an address such as https://example.org/hook.' })
    .max(2000),
})
export type WebhookAddress = z.infer<typeof WebhookAddress>

/** `POST /api/contacts`: replaces the one of its kind. Telegram is connected by a code instead. What is sent here is never answered with again. */
export const ContactRequest = z.discriminatedUnion('kind', [NtfyAddress, DiscordAddress, WebhookAddress])
export type ContactRequest = z.infer<typeof ContactRequest>

/** How the newest notification on a channel went. */
export const LastNotice = z.object({
  at: Instant,
  status: z.enum(['sent', 'failed', 'pending']),
  detail: z.string().optional(),
})
export type LastNotice = z.infer<typeof LastNotice>

/** A connected channel, without its secrets. */
export const ContactView = z.object({
  kind: ContactKind,
  /** Where it leads, as far as may be shown. */
  label: z.string(),
  connectedAt: Instant,
  last: LastNotice.optional(),
})
export type ContactView = z.infer<typeof ContactView>

/** `GET /api/contacts`. */
export const ContactsView = z.object({
  contacts: z.array(ContactView),
  /** The operator's Telegram bot, where there is one: its name, once Telegram told it. */
  telegram: z.object({ bot: z.string().optional() }).optional(),
  /** Of the channels that need no connecting. */
  last: z.object({ email: LastNotice.optional(), push: LastNotice.optional() }),
})
export type ContactsView = z.infer<typeof ContactsView>

/** Answer to `POST /api/contacts`. */
export const ContactMade = z.object({
  contact: ContactView,
  /** What a webhook's receiver checks signatures with; shown this once. */
  secret: z.string().optional(),
})
export type ContactMade = z.infer<typeof ContactMade>

/** Answer to `POST /api/contacts/telegram`: a code that connects the chat it is sent from. */
export const TelegramCode = z.object({
  /** Eight letters and digits in two groups; good once. */
  code: z.string(),
  /** The bot's name, without @. */
  bot: z.string(),
  /** Opens a chat with the bot that sends the code. */
  link: z.url(),
  expiresAt: Instant,
})
export type TelegramCode = z.infer<typeof TelegramCode>

/** `POST /api/notifications/test`: one channel, or all that are set up. */
export const NotificationTestRequest = z.object({ channel: Channel.optional() })

/** What a notification lets its reader do without signing in; nothing resumes. */
export const ActKind = z.enum(['pause', 'false-alarm'])
export type ActKind = z.infer<typeof ActKind>

/** `POST /api/acts/look` and `POST /api/acts`, both without a session: the token is what is proved. */
export const ActRequest = z.object({ token: z.string().max(200) })

/** Answer to `POST /api/acts/look`: what the token is for. */
export const ActView = z.object({
  act: ActKind,
  printerName: z.string(),
  job: z.string(),
  /** What the notification said. */
  said: z.string(),
  expiresAt: Instant,
})
export type ActView = z.infer<typeof ActView>

/** Answer to `POST /api/acts`. A pause was sent: whether it paused, the app tells. */
export const ActDone = z.object({ done: ActKind })
export type ActDone = z.infer<typeof ActDone>
