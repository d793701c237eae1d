import { z } from 'zod'
import { Channel } from './notify.ts'

/* How a person wants to be told: what on which channel, when not, who first, and a look back. */

/**
 * What can be told, a line of a person's table each. `failing`: a confirmed failure, and its pause in the same
 * message; `paused`: by whomever, with no confirmed failure; `view`: one of several cameras sees nothing; `lost` and
 * `offline` tell their end too; `sensor`: the end of a sensor's alarm, or one that cannot be believed.
 */
export const Topic = z.enum([
  'suspected',
  'failing',
  'pause-failed',
  'smoke',
  'filament',
  'sensor',
  'lost',
  'view',
  'offline',
  'finished',
  'started',
  'first-layer',
  'progress',
  'paused',
  'resumed',
])
export type Topic = z.infer<typeof Topic>

const all = Channel.options
const withoutMail = all.filter((channel) => channel !== 'email')

/** What is told where, of whoever chose nothing. */
export const defaultChannels: Readonly<Record<Topic, readonly Channel[]>> = {
  suspected: withoutMail,
  failing: all,
  'pause-failed': all,
  smoke: all,
  filament: all,
  sensor: withoutMail,
  lost: all,
  view: withoutMail,
  offline: all,
  finished: all,
  started: [],
  'first-layer': [],
  progress: [],
  paused: [],
  resumed: [],
}

/** Hour and minute of a day, such as 22:30. */
export const ClockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'A time is such as 22:30.')
export type ClockTime = z.infer<typeof ClockTime>

/** A zone by its IANA name, such as Europe/Berlin. https://www.iana.org/time-zones */
export const TimeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, 'A time zone is such as Europe/Berlin.')
  .refine(isTimeZone, 'This time zone is not known here.')
export type TimeZone = z.infer<typeof TimeZone>

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** From one time of the day to another, over midnight where the second is earlier. */
export const QuietHours = z
  .object({ from: ClockTime, to: ClockTime })
  .refine(({ from, to }) => from !== to, 'Quiet hours begin and end at different times.')
export type QuietHours = z.infer<typeof QuietHours>

/** When a person is sent a look back at what was printed. */
export const DigestPlan = z.object({
  every: z.enum(['day', 'week']),
  /** 1 Monday … 7 Sunday (ISO 8601), where it is every week. */
  weekday: z.number().int().min(1).max(7),
  at: ClockTime,
  channels: z.array(Channel).min(1, 'Choose where it is sent.').max(all.length),
})
export type DigestPlan = z.infer<typeof DigestPlan>

/** How a person wants to be told. */
export const NotificationRules = z.object({
  /** Channels of a topic, where they differ from `defaultChannels`. */
  channels: z.partialRecord(Topic, z.array(Channel).max(all.length)),
  /** What is told at once also in quiet hours, and however often. */
  urgent: z.array(Topic).max(Topic.options.length),
  quiet: QuietHours.nullable(),
  /** The same of the same printer is told once in so many minutes; 0: every time. */
  cooldownMinutes: z.number().int().min(0).max(1440),
  /** Of failures this person is told only where nobody acted for so many minutes; null: at once. */
  standbyMinutes: z.number().int().min(1).max(720).nullable(),
  /** Percent of a print at which `progress` is told. */
  progressSteps: z.array(z.number().int().min(5).max(95).multipleOf(5)).max(19),
  digest: DigestPlan.nullable(),
})
export type NotificationRules = z.infer<typeof NotificationRules>

/** The rules of whoever chose nothing. */
export const defaultRules: NotificationRules = {
  channels: {},
  urgent: ['failing', 'pause-failed', 'smoke'],
  quiet: null,
  cooldownMinutes: 0,
  standbyMinutes: null,
  progressSteps: [50],
  digest: null,
}

/** Channels on which a topic is told under these rules. */
export function channelsOf(rules: Pick<NotificationRules, 'channels'>, topic: Topic): readonly Channel[] {
  return rules.channels[topic] ?? defaultChannels[topic]
}

/** `GET /api/preferences`. */
export const PreferencesView = z.object({
  /** Absent until the person's browser said it: then hours are the cloud's. */
  timeZone: TimeZone.optional(),
  cloudTimeZone: z.string(),
  rules: NotificationRules,
})
export type PreferencesView = z.infer<typeof PreferencesView>

/** `PATCH /api/preferences`: what changes; the rest stays. */
export const PreferencesPatch = NotificationRules.partial().extend({ timeZone: TimeZone.optional() })
export type PreferencesPatch = z.infer<typeof PreferencesPatch>
