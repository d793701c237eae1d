import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assess, newAssessment, resumeAssessment, type Turn } from '../../../device/assess/assess.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const thresholds = { warn: 0.7, pause: 0.985 }

interface Look {
  score: number
  area?: number
}

/** Assesses looks 5 s apart, four to a layer; what turned, and at which look. */
function watch(looks: readonly Look[], everySeconds = 5, start = newAssessment) {
  let state = start
  const turns: { turn: Turn; index: number }[] = []
  looks.forEach(({ score, area }, index) => {
    const atSeconds = index * everySeconds
    const sight = seeFrame(judgementOf(score, area), atSeconds)
    const [next, outcome] = assess(
      state,
      { layer: Math.floor(atSeconds / 20) + 1, atSeconds, sight },
      thresholds,
    )
    state = next
    if (outcome.turn) turns.push({ turn: outcome.turn, index })
  })
  return { state, turns, pausedAt: turns.find(({ turn }) => turn === 'confirmed')?.index }
}

const repeat = (score: number, times: number): Look[] => Array.from({ length: times }, () => ({ score }))

/** A repeatable source of numbers in 0..1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

test('a clear failure pauses within a minute of its beginning', () => {
  const { pausedAt } = watch([...repeat(0.05, 100), ...repeat(0.98, 20)])
  assert.ok(pausedAt && (pausedAt - 100) * 5 <= 60, `at look ${pausedAt}`)
})

test('a print that fails from its first layer on is paused there: there are no blind first minutes', () => {
  const { pausedAt } = watch(repeat(0.98, 20))
  assert.ok(pausedAt !== undefined && pausedAt * 5 <= 60, `at look ${pausedAt}`)
})

test('one frame alone never pauses, whatever it says and however long the one before it is past', () => {
  for (const gap of [1, 5, 60, 3600]) {
    const looks = Array.from({ length: 400 }, (_, i) => ({ score: i % 20 === 19 ? 1 : 0.05 }))
    assert.deepEqual(watch(looks, gap).turns, [], `looks ${gap} s apart`)
  }
})

test('weak signs need several layers', () => {
  const { pausedAt } = watch([...repeat(0.05, 40), ...repeat(0.85, 200)])
  assert.ok(pausedAt !== undefined)
  assert.ok((pausedAt - 40) * 5 > 40, `paused after ${(pausedAt - 40) * 5} s`)
})

test('what is usual for a camera from the start does not pause', () => {
  assert.equal(watch(repeat(0.7, 2000)).pausedAt, undefined)
})

test('three hundred random good prints are never paused', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomFrom(seed)
    const usual = 0.02 + random() * 0.3
    const looks = Array.from({ length: 300 }, () => ({
      score: Math.min(0.999, Math.max(0.001, usual + (random() ** 4 - 0.2) * 0.6)),
    }))
    assert.equal(watch(looks).pausedAt, undefined, `seed ${seed}`)
  }
})

test('frames that come more often decide no sooner than their time allows', () => {
  const slow = watch([...repeat(0.05, 60), ...repeat(0.98, 60)], 5).pausedAt
  const fast = watch([...repeat(0.05, 600), ...repeat(0.98, 600)], 0.5).pausedAt
  assert.ok(slow && fast)
  const difference = Math.abs((fast - 600) * 0.5 - (slow - 60) * 5)
  assert.ok(difference <= 10, `${difference} s apart`)
})

test('a worse sight never lowers the evidence', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomFrom(seed)
    const past = Array.from({ length: 30 }, () => ({ score: random() }))
    const score = random()
    const mild = watch([...past, { score }]).state.suspicion.logOdds
    const grave = watch([...past, { score: score + (1 - score) * random() }]).state.suspicion.logOdds
    assert.ok(grave >= mild - 1e-9, `seed ${seed}`)
  }
})

test('an hour of good sights does not delay the next alarm', () => {
  const young = watch([...repeat(0.02, 10), ...repeat(0.98, 20)]).pausedAt
  const old = watch([...repeat(0.02, 2000), ...repeat(0.98, 20)]).pausedAt
  assert.ok(young && old)
  assert.equal(old - 2000, young - 10)
})

test('a suspicion that passes is cleared', () => {
  const { turns } = watch([...repeat(0.05, 20), ...repeat(0.97, 5), ...repeat(0.05, 30)])
  assert.deepEqual(
    turns.map(({ turn }) => turn),
    ['suspected', 'cleared'],
  )
})

test('after a resume the same sight does not pause, and a failure that grows does', () => {
  const seen = (area: number, times: number) => Array.from({ length: times }, () => ({ score: 0.995, area }))
  const paused = watch([...repeat(0.05, 20), ...seen(0.05, 12)])
  assert.ok(paused.pausedAt !== undefined)
  const resumed = resumeAssessment(paused.state, undefined)
  assert.deepEqual(watch(seen(0.05, 300), 5, resumed).turns, [])
  const grown = watch([...seen(0.05, 50), ...seen(0.3, 20)], 5, resumed)
  assert.ok(grown.pausedAt !== undefined && grown.pausedAt >= 50)
})

test('after a resume and a cleaned bed a new failure pauses as before', () => {
  const paused = watch([...repeat(0.05, 20), ...repeat(0.995, 12)])
  const resumed = resumeAssessment(paused.state, undefined)
  const { pausedAt } = watch([...repeat(0.05, 720), ...repeat(0.995, 40)], 5, resumed)
  assert.ok(pausedAt !== undefined && (pausedAt - 720) * 5 <= 60, `at look ${pausedAt}`)
})

test('the state stays small, however long the print', () => {
  const size = (looks: number) => JSON.stringify(watch(repeat(0.3, looks)).state).length
  assert.ok(size(20_000) <= size(10) + 200)
})
