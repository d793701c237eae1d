/** Numbers, times and durations as the page writes them: English, 24 hours, in the person's own time zone. */

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const clockSeconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' })
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const grouped = new Intl.NumberFormat('en-GB')
const dayMs = 86_400_000

/** The zone of this browser, by its IANA name. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** 14:02 */
export function time(at: string | number): string {
  return clock.format(new Date(at))
}

/** 14:02:11 */
export function exactTime(at: string | number): string {
  return clockSeconds.format(new Date(at))
}

/** The time today; the day too where it was another: 14:02, or yesterday 14:02, or 3 Nov 14:02. */
export function moment(at: string | number, nowMs: number): string {
  const day = dayName(at, nowMs)
  return day === 'today' ? time(at) : `${day} ${time(at)}`
}

/** today 14:02, yesterday 14:02, Sunday 14:02, 3 Nov 14:02 */
export function dayAndTime(at: string | number, nowMs: number): string {
  return `${dayName(at, nowMs)} ${time(at)}`
}

function dayName(at: string | number, nowMs: number): string {
  const date = new Date(at)
  const now = new Date(nowMs)
  const days = Math.round((startOfDay(now) - startOfDay(date)) / dayMs)
  if (days === 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days > 1 && days < 7) return weekday.format(date)
  return date.getFullYear() === now.getFullYear() ? dayMonth.format(date) : dayMonthYear.format(date)
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** How old something is: 4 s, 12 min, 3 h, 2 days. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 100) return `${seconds} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** How long something takes: under 1 min, 48 min, 1 h 12. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 1) return 'under 1 min'
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`
}

/** A score or evidence: .77, and 1.00 for certainty. */
export function score(value: number): string {
  return value.toFixed(2).replace(/^0/, '')
}

/** 1,612 */
export function count(value: number): string {
  return grouped.format(value)
}
