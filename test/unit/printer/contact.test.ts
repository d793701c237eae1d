import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginContact, readContact } from '../../../device/printer/contact.ts'

/**
 * Reads a contact every 50 ms through stretches of seconds, `1` closed, `0` open, `?` not to be read; gives what was
 * told and at which second.
 */
function read(...stretches: [string, number][]): string[] {
  const levels = stretches.flatMap(([pattern, seconds]) =>
    Array.from({ length: seconds * 20 }, (_, index) => pattern[index % pattern.length]),
  )
  const closed = (level: string | undefined) => (level === '?' ? undefined : level === '1')
  let contact = beginContact(closed(levels[0]), 0)
  return levels.flatMap((level, index) => {
    const nowMs = index * 50
    const [next, news] = readContact(contact, { isClosed: closed(level), nowMs, debounceMs: 500 })
    contact = next
    return news.map((one) => `${nowMs / 1000} ${'fault' in one ? `${one.kind} ${one.fault}` : one.kind}`)
  })
}

test('a contact that closes is told once, when it has lasted, and its end when that has', () => {
  assert.deepEqual(read(['0', 5], ['1', 20], ['0', 20]), ['5.5 tripped', '35 cleared'])
})

test('a spark, and a contact that bounces before it rests, are no alarm before it rests', () => {
  assert.deepEqual(read(['0', 2], ['1', 0.25], ['0', 2]), [])
  assert.deepEqual(read(['0', 2], ['10', 0.2], ['1', 2]), ['2.7 tripped'])
})

test('an alarm that pulses is one alarm', () => {
  assert.deepEqual(read(['0', 2], ['1', 1], ['0', 3], ['1', 1], ['0', 3], ['1', 1], ['0', 11]), [
    '2.5 tripped',
    '21 cleared',
  ])
})

test('a contact that is closed from the beginning is a fault until it was open once', () => {
  assert.deepEqual(read(['1', 60], ['0', 2], ['1', 2]), [
    '0.5 failed stuck',
    '60.5 restored stuck',
    '62.5 tripped',
  ])
})

test('a contact that flutters is a fault, told once, until it rests', () => {
  const [failed, ...others] = read(['0', 2], ['10', 60], ['0', 20])
  assert.match(failed ?? '', /^2\.9.* failed unsteady$|^3 failed unsteady$/)
  assert.equal(others.length, 1)
  assert.match(others[0] ?? '', /^7\d.* restored unsteady$/)
})

test('a contact that flutters and then stays closed is an alarm after all', () => {
  const told = read(['0', 2], ['10', 5], ['1', 20]).map((line) => line.replace(/^\S+ /, ''))
  assert.deepEqual(told, ['failed unsteady', 'restored unsteady', 'tripped'])
})

test('an alarm outlasts the flutter of its contact', () => {
  assert.deepEqual(
    read(['0', 2], ['1', 5], ['10', 30], ['1', 5]).map((line) => line.replace(/^\S+ /, '')),
    ['tripped'],
  )
})

test('a contact that can not be read for a while is said, and is believed again when it can', () => {
  assert.deepEqual(read(['0', 2], ['?', 2], ['0', 2], ['?', 10], ['0', 2], ['1', 2]), [
    '11 failed unreadable',
    '16.5 restored unreadable',
    '18.5 tripped',
  ])
})
