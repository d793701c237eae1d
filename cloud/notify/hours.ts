import type { ClockTime, DigestPlan, QuietHours } from '@layerwatch/shared/notify-rules.ts'
import { Temporal } from 'temporal-polyfill'

/*
 * A person's hours on the world's clock. Zones and their changes are the runtime's (IANA). A time that a clock skips
 * in spring is there as it jumps, one that it shows twice in autumn is meant the first time: so a later time
 * of the day is never an earlier instant, and quiet hours do not run over those that follow.
 */

/** The zone of this machine, for whoever named none. */
export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/**
 * When the quiet hours end that an instant lies in; undefined where it lies in none. They begin with their first
 * minute and are over with their last: at `to` nothing is quiet any more.
 */
export function quietUntil(at: Date, { from, to }: QuietHours, timeZone: string): Date | undefined {
  const today = localDate(at, timeZone)
  // Quiet hours of the day before may last into this one.
  for (const day of [today.subtract({ days: 1 }), today]) {
    const begin = instantOf(day, from, timeZone)
    const end = instantOf(from < to ? day : day.add({ days: 1 }), to, timeZone)
    // Where the clock skips both the end and the next beginning, they go on.
    if (begin <= at && at < end) return quietUntil(end, { from, to }, timeZone) ?? end
  }
  return undefined
}

/** The first time after an instant at which a digest is due. */
export function nextDigest(
  after: Date,
  { every, weekday, at }: Pick<DigestPlan, 'every' | 'weekday' | 'at'>,
  timeZone: string,
): Date {
  let day = localDate(after, timeZone)
  while (instantOf(day, at, timeZone) <= after || (every === 'week' && day.dayOfWeek !== weekday)) {
    day = day.add({ days: 1 })
  }
  return instantOf(day, at, timeZone)
}

function localDate(at: Date, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
}

function instantOf(day: Temporal.PlainDate, time: ClockTime, timeZone: string): Date {
  const plainTime = Temporal.PlainTime.from(time)
  // Temporal puts a skipped time as long after the jump as it would have been.
  const shown = day.toZonedDateTime({ timeZone, plainTime })
  const isSkipped = !shown.toPlainTime().equals(plainTime)
  const jump = isSkipped ? shown.getTimeZoneTransition('previous') : undefined
  return new Date((jump ?? shown).epochMilliseconds)
}
