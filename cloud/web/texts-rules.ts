import type { Channel } from '@layerwatch/shared/notify.ts'
import type { DigestPlan, NotificationRules, Topic } from '@layerwatch/shared/notify-rules.ts'

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
const dayOf = (weekday: number) => weekdays[weekday - 1] ?? weekdays[0]

/** The texts of how a person wants to be told. */
export const rulesTexts = {
  title: 'What is told, and when',
  saved: 'Saved',
  noChannel: 'Connect a channel above, then choose here what it tells.',
  what: {
    title: 'What is told where',
    usual: 'The usual',
    chosen: 'Your choice',
    why: 'The usual: failures, what nobody watches, and prints that end. A suspicion is no reason for a mail.',
    back: 'Back to the usual',
  },
  groups: { failures: 'When something is wrong', watching: 'When nobody watches', print: 'How a print goes' },
  topics: {
    suspected: 'A suspicion',
    failing: 'A failure, and its pause',
    'pause-failed': 'A failed pause, a heater to mind',
    smoke: 'Smoke',
    filament: 'Out of filament',
    sensor: 'A sensor that is quiet again, or not believed',
    lost: 'Not watching, watching again',
    view: 'One of several cameras sees nothing',
    offline: 'The device is not heard, heard again',
    finished: 'Finished or failed',
    started: 'Begun',
    'first-layer': 'First layer done, and how it looks',
    progress: 'So far along',
    paused: 'Paused by somebody or the printer itself',
    resumed: 'Resumed',
  } satisfies Record<Topic, string>,
  channels: {
    email: 'Mail',
    push: 'Push',
    ntfy: 'ntfy',
    telegram: 'Telegram',
    discord: 'Discord',
    webhook: 'Webhook',
  } satisfies Record<Channel, string>,
  progress: 'Tell at',
  percent: (step: number) => `${step} %`,
  quiet: {
    title: 'Quiet hours',
    off: 'Never',
    none: 'None',
    on: 'At these hours',
    ask: 'Nothing rings',
    hours: ({ from, to }: { from: string; to: string }) => `${from} to ${to}`,
    from: 'From',
    to: 'To',
    why: 'What they hold back comes in one message when they end.',
    urgent: 'Comes through all the same',
    same: 'They begin and end at different times.',
  },
  zone: {
    label: 'Your time zone',
    why: 'For quiet hours, for the look back and for the hours in messages.',
    unset: (zone: string) => `Not known yet; the server’s is ${zone}.`,
  },
  standby: {
    title: 'If nobody acts',
    now: 'At once',
    shown: (minutes: number | null) =>
      minutes === null ? 'You are told at once' : `You after ${minutes} min`,
    ask: 'Tell me of a failure',
    minutes: (minutes: number) => `${minutes} min`,
    why: 'With minutes you stand by for the others: you are told when nobody has acted for so long. Acted is who says what it was, sends a command or marks the print. Where nobody else would be told at once, whoever waits least is.',
  },
  cooldown: {
    title: 'Not too often',
    always: 'Always',
    shown: (minutes: number) => (minutes === 0 ? 'Every time' : `Once in ${minutes} min`),
    ask: 'The same of the same printer',
    why: 'What comes through quiet hours comes through here too, and “watching again” always follows what it ends.',
  },
  digest: {
    title: 'Look back',
    shown: (digest: NotificationRules['digest']) => (digest === null ? 'Off' : whenOf(digest)),
    ask: 'How often',
    every: { off: 'Off', day: 'Daily', week: 'Weekly' },
    weekday: 'Day',
    weekdays,
    at: 'Time',
    channels: 'Goes to',
    why: 'Prints that ended and failures that were found, by printer. Nothing happened, nothing sent.',
  },
} as const

function whenOf({ every, weekday, at }: DigestPlan): string {
  return every === 'day' ? `Daily, ${at}` : `${dayOf(weekday)}s, ${at}`
}
