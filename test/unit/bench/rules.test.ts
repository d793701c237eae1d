import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Glimpse, Rule } from '../../bench/judge/rule.ts'
import { bambuLab, obico, oneFrame, piNozCam, printGuard, printNanny } from '../../bench/judge/rules.ts'

const middle = { x: 0.5, y: 0.5 }

/** The numbers a rule gives for scores that come so many seconds apart. */
function follow(rule: Rule, scores: readonly number[], intervalSeconds = 10, usualScore = 0): number[] {
  const gauge = rule.start(usualScore)
  return scores.map((score, at) => gauge({ atSeconds: (at + 1) * intervalSeconds, score, place: middle }))
}

/** Frame, from 1, at which a rule pauses at its documented threshold. */
function pausesAt(rule: Rule, scores: readonly number[], intervalSeconds = 10): number | undefined {
  const at = follow(rule, scores, intervalSeconds).findIndex((number) => number >= rule.documented)
  return at < 0 ? undefined : at + 1
}

const repeat = (score: number, count: number) => Array.from({ length: count }, () => score)

test('one frame pauses at the first that is more likely failing than not', () => {
  assert.equal(pausesAt(oneFrame, [0.1, 0.49, 0.5]), 3)
})

test('PrintGuard wants three frames in a row and begins anew after one below', () => {
  assert.equal(pausesAt(printGuard, [0.8, 0.8, 0.7, 0.8, 0.8, 0.75]), 6)
  assert.equal(pausesAt(printGuard, [0.9, 0.9]), undefined)
})

test('Obico decides nothing in the first thirty frames, however sure they are', () => {
  assert.equal(pausesAt(obico, repeat(1, 29)), undefined)
})

test('Obico pauses some minutes after a failure in a print that was good for long', () => {
  const at = pausesAt(obico, [...repeat(0, 400), ...repeat(1, 60)])
  // The fast mean passes 0.38 × 1.75 after seven frames: 1 − (11/13)^7 = 0.69.
  assert.equal(at, 407)
})

test('Obico never pauses for what its printer always shows', () => {
  const gauge = obico.start(0.8)
  let most = -Infinity
  for (let at = 1; at <= 2000; at++)
    most = Math.max(most, gauge({ atSeconds: at * 10, score: 0.8, place: middle }))
  assert.ok(most < 0.5, `reached ${most}`)
})

test('Obico takes a frame every ten seconds, however many come', () => {
  const [often, seldom] = [follow(obico, repeat(1, 400), 1), follow(obico, repeat(1, 40), 10)]
  // The first of the frames a second apart is the one that counts, so both see 40.
  assert.equal(Math.max(...often), Math.max(...seldom))
})

test('Obico asks more of a print whose short mean is high already', () => {
  const risen = follow(obico, [...repeat(0, 300), ...repeat(0.9, 60)])
  const last = risen.at(-1) ?? 0
  assert.ok(last < Math.max(...risen), 'the number falls again while the failure goes on')
})

test('Bambu Lab wants five of ten frames at one place', () => {
  assert.equal(pausesAt(bambuLab, [0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9]), 9)
  const gauge = bambuLab.start(0)
  const wandering = Array.from({ length: 40 }, (_, at): Glimpse => {
    return { atSeconds: at * 10, score: 0.9, place: { x: (at % 4) * 0.25, y: 0.5 } }
  })
  assert.ok(
    wandering.every((frame) => gauge(frame) < bambuLab.documented),
    'no place has five of ten',
  )
})

test('PiNozCam wants two frames within 300 seconds', () => {
  const apart = (frames: number) => [0.9, ...repeat(0, frames - 1), 0.9]
  assert.equal(pausesAt(piNozCam, apart(29)), 30)
  assert.equal(pausesAt(piNozCam, apart(30)), undefined)
})

test('PiNozCam remembers the higher of two frames when a still higher one comes', () => {
  assert.deepEqual(follow(piNozCam, [0.9, 0.5, 0.95]), [0, 0.5, 0.9])
})

test('Print Nanny pauses once the line through five minutes of health falls', () => {
  const at = pausesAt(printNanny, [...repeat(0.1, 60), ...repeat(0.95, 60)]) ?? Number.NaN
  assert.ok(at > 70 && at < 95, `paused at frame ${at}`)
  assert.equal(pausesAt(printNanny, repeat(0.5, 200)), undefined)
})

test('every rule names the page it follows and begins anew', () => {
  for (const rule of [oneFrame, printGuard, obico, bambuLab, piNozCam, printNanny]) {
    assert.notEqual(rule.page, '')
    assert.deepEqual(follow(rule, repeat(0.7, 50)), follow(rule, repeat(0.7, 50)), rule.name)
  }
})
