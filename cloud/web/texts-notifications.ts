import type { Channel, ContactKind, LastNotice } from '@layerwatch/shared/notify.ts'
import { duration, moment } from './format.ts'

/** The texts of the page of notifications. */
export const notificationTexts = {
  title: 'Notifications',
  why: 'A failing print is told at once, on every channel that is connected.',
  names: {
    email: 'E-mail',
    push: 'On this device',
    ntfy: 'ntfy',
    telegram: 'Telegram',
    discord: 'Discord',
    webhook: 'Webhook',
  } satisfies Record<Channel, string>,
  whats: {
    ntfy: 'Messages with a picture to the ntfy app, from ntfy.sh or a server of your own.',
    telegram: 'Messages with a picture and buttons from this server’s bot, in a private chat.',
    discord: 'Messages with a picture to a Discord channel. Everybody in the channel sees them.',
    webhook: 'Signed JSON to an address of yours, for Home Assistant, Node-RED and the like.',
  } satisfies Record<ContactKind, string>,
  connect: 'Connect',
  connecting: 'Connecting',
  never: 'Never mind',
  disconnect: 'Disconnect',
  disconnectSure: 'Disconnect it',
  change: 'Change',
  test: 'Send a test',
  testing: 'Sending',
  tested: 'Sent. Look whether it arrived.',
  testFailed: (detail: string) => `Not sent: ${detail}.`,
  testOff: 'Not sent: this server has no mail account.',
  last: ({ at, status, detail }: LastNotice, nowMs: number) => {
    if (status === 'sent') return `Last message ${moment(at, nowMs)}.`
    const why = detail ? `: ${detail}` : ''
    const what = status === 'failed' ? 'Last message not delivered' : 'Last message is tried again'
    return `${what}, ${moment(at, nowMs)}${why}.`
  },
  noneYet: 'No message yet.',
  ntfy: {
    server: 'Server',
    topic: 'Topic',
    topicHint: 'Whoever knows it can read along.',
    token: 'Access token',
    optional: 'only if the server asks',
    next: 'Subscribe to the same topic in the ntfy app.',
  },
  telegram: {
    none: 'This server has no Telegram bot. Its operator can give it one.',
    send: (bot: string) => `Send this code to @${bot}, or open the chat and press Start.`,
    open: 'Open Telegram',
    goodFor: (secondsLeft: number) => `Good for ${duration(secondsLeft)}.`,
    over: 'This code ran out.',
    again: 'Make a new one',
  },
  discord: {
    url: 'Webhook address',
    where: 'In Discord: channel settings, Integrations, Webhooks, New webhook, Copy webhook URL.',
  },
  webhook: {
    url: 'Address',
    hint: 'A POST for each message, signed as Standard Webhooks describe it. Redirects are not followed.',
    secret: 'Signing secret',
    secretOnce: 'Shown this once: keep it where your receiver checks signatures.',
  },
} as const

/** The texts of the page a notification's link leads to. Sent is not paused. */
export const actTexts = {
  pause: {
    title: 'Pause',
    what: 'The printer gets the pause once, for this print alone. Resuming is done in the app, with a fresh picture.',
    press: 'Pause now',
    done: 'Pause sent',
    after: 'Whether the printer paused, the app tells in a moment.',
  },
  'false-alarm': {
    title: 'False alarm on',
    what: 'Marks the alarm as a false one. The printer is not touched.',
    press: 'It was a false alarm',
    done: 'Marked as a false alarm',
    after: 'The printer was not touched: what is paused stays paused until somebody resumes it in the app.',
  },
  sending: 'Sending',
  over: 'Nothing was done',
  open: 'Open Layerwatch',
} as const
