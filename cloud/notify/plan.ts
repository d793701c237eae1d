import type { Channel } from '@layerwatch/shared/notify.ts'
import { channelsOf, type NotificationRules, type Topic } from '@layerwatch/shared/notify-rules.ts'
import { quietUntil } from './hours.ts'

/* Who is told what, and when. Pure: what is planned is written down in the transaction of its event. */

/** One way to reach one person, with what that person wants. */
export interface Candidate {
  personId: string
  channel: Channel
  /** One of the person's browsers, where the channel is push; else empty. */
  target: string
  rules: NotificationRules
  timeZone: string
  /** When this person was last told the same of the same printer, where that is not long ago. */
  lastToldAt?: Date | undefined
}

/** What is to be told. */
export interface Occasion {
  /** Absent for what nobody chooses, such as a self-test: it goes everywhere at once. */
  topic: Topic | undefined
  /** It is about something that people can act on: then who stands by waits for the others. */
  canBeAnswered: boolean
  at: Date
  /** Not sent before. */
  notBefore: Date
}

/** When one candidate is told. */
export interface Plan<T extends Candidate = Candidate> {
  candidate: T
  dueAt: Date
  /** Quiet hours keep it back until `dueAt`, when it is told in a summary. */
  isHeld: boolean
  /** Minutes for which nobody must have acted by then. */
  unansweredMinutes?: number | undefined
}

/**
 * Plans who is told of something. Candidates come in the order of their say over the printer; one who wants
 * nothing of it is left out.
 */
export function planNotices<T extends Candidate>(occasion: Occasion, candidates: readonly T[]): Plan<T>[] {
  const { topic, canBeAnswered, at } = occasion
  if (!topic) return candidates.map((candidate) => ({ candidate, dueAt: occasion.notBefore, isHeld: false }))
  const wanting = candidates.filter(
    ({ rules, channel, lastToldAt }) =>
      channelsOf(rules, topic).includes(channel) && !isTooSoon({ rules, topic, lastToldAt, at }),
  )
  const standing = wanting.filter(({ rules }) => canBeAnswered && rules.standbyMinutes !== null)
  const atOnce = wanting
    .filter((one) => !standing.includes(one))
    .map((one) => planAt(one, topic, occasion.notBefore))
  // Somebody must hear it: where nobody does at once, the first who stands by does not wait.
  const isHeard = atOnce.some(({ isHeld }) => !isHeld)
  const first = isHeard ? undefined : firstInLine(standing, topic, occasion.notBefore)
  const later = standing.map((one) => {
    const minutes = one.personId === first ? undefined : (one.rules.standbyMinutes ?? undefined)
    const notBefore = new Date(Math.max(occasion.notBefore.getTime(), at.getTime() + (minutes ?? 0) * 60_000))
    return { ...planAt(one, topic, notBefore), ...(minutes !== undefined && { unansweredMinutes: minutes }) }
  })
  return [...atOnce, ...later]
}

/** When one way to one person is open for a topic: at `notBefore`, or at the end of the quiet hours it lies in. */
export function planAt<T extends Candidate>(candidate: T, topic: Topic, notBefore: Date): Plan<T> {
  const { rules, timeZone } = candidate
  const isUrgent = rules.urgent.includes(topic)
  const quietEnd = rules.quiet && !isUrgent ? quietUntil(notBefore, rules.quiet, timeZone) : undefined
  return { candidate, dueAt: quietEnd ?? notBefore, isHeld: quietEnd !== undefined }
}

function isTooSoon({
  rules,
  topic,
  lastToldAt,
  at,
}: Pick<Candidate, 'rules' | 'lastToldAt'> & { topic: Topic; at: Date }): boolean {
  if (!lastToldAt || rules.urgent.includes(topic)) return false
  return at.getTime() - lastToldAt.getTime() < rules.cooldownMinutes * 60_000
}

/** Of those who stand by, who waits least: one who can be told now, if there is one. */
function firstInLine(standing: readonly Candidate[], topic: Topic, at: Date): string | undefined {
  const awake = standing.filter((one) => !planAt(one, topic, at).isHeld)
  const line = awake.length > 0 ? awake : standing
  const minutes = ({ rules }: Candidate) => rules.standbyMinutes ?? 0
  return line.toSorted((a, b) => minutes(a) - minutes(b))[0]?.personId
}
