import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitPerson } from '../../../../cloud/http/person-limit.ts'
import { ApiRefusal } from '../../../../cloud/http/problem.ts'

test('one person’s haste is refused for the rest of the minute, and is nobody else’s', () => {
  let nowMs = 1000
  const count = limitPerson({ perMinute: 3, nowMs: () => nowMs })
  for (let times = 0; times < 3; times++) count('anna')
  const isTooOften = (error: unknown) => error instanceof ApiRefusal && error.status === 429
  assert.throws(() => count('anna'), isTooOften)
  count('ben')
  nowMs += 59_999
  assert.throws(() => count('anna'), isTooOften)
  nowMs += 1
  count('anna')
})
