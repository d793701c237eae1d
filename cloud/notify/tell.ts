import { randomUUID } from 'node:crypto'
import { defaultRules } from '@layerwatch/shared/notify-rules.ts'
import { findViewers } from '../db/access.ts'
import type { Tx } from '../db/client.ts'
import {
  findRecipients,
  findWaiting,
  insertNotifications,
  type NoticeOrigin,
  type Recipient,
  rewordNotice,
} from '../db/notifications.ts'
import { findLastTold, findPreferences, type Preferences } from '../db/preferences.ts'
import { ownTimeZone } from './hours.ts'
import { type Message, sentences } from './messages.ts'
import { type Candidate, type Occasion, planAt, planNotices } from './plan.ts'

/* Writes down who is told of what, in the transaction of what happened. */

/** A message in the hours of a zone. */
export type MessageIn = (timeZone: string) => Message

/** Something to tell the people of a printer. */
export interface Notice extends NoticeOrigin {
  printerId: string
  messageIn: MessageIn
  /** Whether people can act on it, so that who stands by waits for the others. */
  canBeAnswered?: boolean
  canSendEmail: boolean
  /** Not sent before. */
  notBefore: Date
  at: Date
}

/** Queues a notice for all who may see its printer and want it, but for those left out; returns how many rows are new. */
export async function tell(
  tx: Tx,
  notice: Notice,
  isWanted: (recipient: Recipient) => boolean = () => true,
): Promise<number> {
  const { printerId, topic, canSendEmail, messageIn, at, notBefore, canBeAnswered = false } = notice
  const people = await findViewers(tx, printerId)
  const recipients = (await findRecipients(tx, { people, canSendEmail })).filter(isWanted)
  const candidates = await asCandidates(tx, { recipients, people, notice })
  const occasion: Occasion = { topic, canBeAnswered, at, notBefore }
  const notices = planNotices(occasion, candidates).map(({ candidate, dueAt, isHeld, unansweredMinutes }) => {
    const { personId, channel, target, timeZone } = candidate
    const message = unanswered(messageIn(timeZone), unansweredMinutes)
    const ifUnanswered = unansweredMinutes !== undefined
    return { personId, channel, target, message, dueAt, isHeld, ifUnanswered }
  })
  return insertNotifications(tx, notice, { notices, newId: randomUUID, at })
}

/** Queues the end of something for those who were told of its beginning; their quiet hours hold it back too. */
export async function tellEnd(tx: Tx, notice: Notice, recipients: readonly Recipient[]): Promise<number> {
  const { topic, messageIn, at, notBefore } = notice
  const people = [...new Set(recipients.map(({ personId }) => personId))]
  const preferences = await findPreferences(tx, people)
  const notices = recipients.map((recipient) => {
    const candidate = { ...recipient, ...wishesOf(preferences.get(recipient.personId)) }
    const { dueAt, isHeld } = topic
      ? planAt(candidate, topic, notBefore)
      : { dueAt: notBefore, isHeld: false }
    return { ...recipient, message: messageIn(candidate.timeZone), dueAt, isHeld, ifUnanswered: false }
  })
  return insertNotifications(tx, notice, { notices, newId: randomUUID, at })
}

/** Gives what still waits new words: what waited for them is due now. Returns how many. */
export async function reword(
  tx: Tx,
  which: Parameters<typeof findWaiting>[1],
  { messageIn, at }: { messageIn: MessageIn; at: Date },
): Promise<number> {
  const waiting = await findWaiting(tx, which)
  const preferences = await findPreferences(tx, [...new Set(waiting.map(({ personId }) => personId))])
  let reworded = 0
  for (const { id, personId, nextTryAt, isHeld, ifUnanswered } of waiting) {
    const { rules, timeZone } = wishesOf(preferences.get(personId))
    const message = unanswered(messageIn(timeZone), ifUnanswered ? (rules.standbyMinutes ?? 0) : undefined)
    const due = isHeld || ifUnanswered ? nextTryAt : at
    if (await rewordNotice(tx, id, { message, nextTryAt: due })) reworded += 1
  }
  return reworded
}

async function asCandidates(
  tx: Tx,
  {
    recipients,
    people,
    notice,
  }: { recipients: readonly Recipient[]; people: readonly string[]; notice: Notice },
): Promise<Candidate[]> {
  const preferences = await findPreferences(tx, people)
  const longestMinutes = Math.max(0, ...[...preferences.values()].map(({ rules }) => rules.cooldownMinutes))
  const { printerId, at, messageIn } = notice
  const { kind } = messageIn(ownTimeZone())
  const since = new Date(at.getTime() - longestMinutes * 60_000)
  const lastTold =
    longestMinutes > 0 ? await findLastTold(tx, { people, printerId, kind, since }) : new Map<string, Date>()
  return recipients.map((recipient) => ({
    ...recipient,
    ...wishesOf(preferences.get(recipient.personId)),
    lastToldAt: lastTold.get(recipient.personId),
  }))
}

function wishesOf(preferences: Preferences | undefined): Pick<Candidate, 'rules' | 'timeZone'> {
  const { rules = defaultRules, timeZone = ownTimeZone() } = preferences ?? {}
  return { rules, timeZone }
}

/** Whoever stands by is told why it comes to them. */
function unanswered(message: Message, minutes: number | undefined): Message {
  if (minutes === undefined) return message
  return { ...message, body: `${sentences(`Nobody has acted for ${minutes} min`)} ${message.body}` }
}
