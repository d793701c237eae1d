/*
 * A contact that is read again and again: of a smoke alarm, of a filament switch. Told are only its turns that last,
 * and what shows that it can't be believed: one that is closed from the beginning may be a wire that is wrong, one
 * that flutters a loose plug.
 */

/** Why a contact can't be believed. */
export type ContactFault = 'stuck' | 'unsteady' | 'unreadable'

export type ContactNews =
  | { kind: 'tripped' }
  | { kind: 'cleared'; afterMs: number }
  | { kind: 'failed'; fault: ContactFault }
  | { kind: 'restored'; fault: ContactFault; afterMs: number }

export interface Contact {
  /** As it was read last; undefined where it could not be read. */
  readonly isClosed: boolean | undefined
  /** Since when it reads like this. */
  readonly sinceMs: number
  /** Moments of its turns within the last `flutterWithinMs`. */
  readonly turnsMs: readonly number[]
  /** What was told last; `new` before it ever rested. */
  readonly told: 'new' | 'clear' | 'tripped' | ContactFault
  readonly toldAtMs: number
}

/** So many turns within so long are no contact's that rests: a switch that bounces does so for some milliseconds. */
const flutterTurns = 20
const flutterWithinMs = 10_000
/** An alarm that pulses is one alarm, and a loose plug that rests a moment is loose all the same. */
const restoredAfterMs = 10_000
/** One reading that fails is no news. */
const unreadableAfterMs = 5_000

/** What a contact reads like at first. */
export function beginContact(isClosed: boolean | undefined, nowMs: number): Contact {
  return { isClosed, sinceMs: nowMs, turnsMs: [], told: 'new', toldAtMs: nowMs }
}

interface Reading {
  isClosed: boolean | undefined
  nowMs: number
  /** Milliseconds a contact must stay closed to count. */
  debounceMs: number
}

/** Takes one reading into account: the next state, and what is to be told, in order. */
export function readContact(contact: Contact, reading: Reading): [Contact, ContactNews[]] {
  const next = turn(contact, reading)
  const told = judge(next, reading)
  if (told === next.told) return [next, []]
  const afterMs = reading.nowMs - contact.toldAtMs
  return [{ ...next, told, toldAtMs: reading.nowMs }, newsOf(next.told, told, afterMs)]
}

function turn(contact: Contact, { isClosed, nowMs }: Reading): Contact {
  const turnsMs = contact.turnsMs.filter((atMs) => nowMs - atMs <= flutterWithinMs)
  if (isClosed === contact.isClosed) return { ...contact, turnsMs }
  return { ...contact, isClosed, sinceMs: nowMs, turnsMs: [...turnsMs, nowMs] }
}

function judge(contact: Contact, { nowMs, debounceMs }: Reading): Contact['told'] {
  const { isClosed, sinceMs, turnsMs, told } = contact
  const restedMs = nowMs - sinceMs
  if (isClosed === undefined) return restedMs >= unreadableAfterMs ? 'unreadable' : told
  // An alarm that was told stands, however its contact flutters then.
  if (told === 'tripped') return !isClosed && restedMs >= restoredAfterMs ? 'clear' : told
  if (told === 'unsteady' && restedMs < restoredAfterMs) return told
  if (turnsMs.length >= flutterTurns) return 'unsteady'
  if (restedMs < debounceMs) return told
  if (!isClosed) return 'clear'
  return told === 'new' || told === 'stuck' ? 'stuck' : 'tripped'
}

function newsOf(from: Contact['told'], to: Contact['told'], afterMs: number): ContactNews[] {
  const isMended = from === 'stuck' || from === 'unsteady' || from === 'unreadable'
  const news: ContactNews[] = isMended ? [{ kind: 'restored', fault: from, afterMs }] : []
  if (to === 'tripped') news.push({ kind: 'tripped' })
  else if (to === 'clear' && from === 'tripped') news.push({ kind: 'cleared', afterMs })
  else if (to !== 'clear' && to !== 'new') news.push({ kind: 'failed', fault: to })
  return news
}
