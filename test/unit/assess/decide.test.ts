import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Assessment,
  assess,
  newAssessment,
  prepareAssessment,
  resumeAssessment,
  startAssessment,
  type Turn,
} from '../../../device/assess/assess.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import { PolicyConfig } from '../../../device/config.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const policy = PolicyConfig.parse({})

interface Look {
  score: number
  area?: number
}

interface Watching {
  everySeconds?: number
  start?: Assessment
  policy?: PolicyConfig
  fromSeconds?: number
}

/** Assesses looks, 20 s to a layer; what turned, and at which look. */
function watch(looks: readonly Look[], watching: Watching = {}) {
  const { everySeconds = 5, start = newAssessment, fromSeconds = 0 } = watching
  let state = start
  let evidence = 0
  const turns: { turn: Turn; index: number }[] = []
  looks.forEach(({ score, area }, index) => {
    const atSeconds = fromSeconds + index * everySeconds
    const sight = seeFrame(judgementOf(score, area), atSeconds)
    const layer = Math.floor(atSeconds / 20) + 1
    const [next, outcome] = assess(state, { layer, atSeconds, sight }, watching.policy ?? policy)
    state = next
    evidence = outcome.decision?.evidence ?? evidence
    if (outcome.turn) turns.push({ turn: outcome.turn, index })
  })
  return { state, turns, evidence, pausedAt: turns.find(({ turn }) => turn === 'confirmed')?.index }
}

const repeat = (score: number, times: number, area?: number): Look[] =>
  Array.from({ length: times }, () => (area === undefined ? { score } : { score, area }))

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

describe('a failing print', () => {
  test('is paused within a minute of a clear failure', () => {
    const { pausedAt } = watch([...repeat(0.05, 100), ...repeat(0.98, 20)])
    assert.ok(pausedAt && (pausedAt - 100) * 5 <= 60, `at look ${pausedAt}`)
  })

  test('is paused as fast in its first minute as later', () => {
    const early = watch([...repeat(0.05, 6), ...repeat(0.98, 20)]).pausedAt
    const late = watch([...repeat(0.05, 700), ...repeat(0.98, 20)]).pausedAt
    assert.ok(early && late, 'of which little was seen, ten seconds later at the most')
    assert.ok(early - 6 <= late - 700 + 2, `${early - 6} looks against ${late - 700}`)
  })

  test('that never looked good is paused too, but takes longer to be sure of', () => {
    const { pausedAt } = watch(repeat(0.993, 60))
    assert.ok(pausedAt !== undefined && pausedAt * 5 <= 120, `at look ${pausedAt}`)
  })

  test('is found at any frame rate above one a minute', () => {
    for (const everySeconds of [0.5, 1, 2, 5, 10, 20, 30, 45, 60]) {
      const good = Math.ceil(300 / everySeconds)
      const bad = Math.ceil(360 / everySeconds)
      const { pausedAt } = watch([...repeat(0.05, good), ...repeat(0.99, bad)], { everySeconds })
      assert.ok(pausedAt && pausedAt >= good, `a look each ${everySeconds} s: ${pausedAt}`)
      const delay = (pausedAt - good) * everySeconds
      assert.ok(delay <= Math.max(60, 3 * everySeconds), `a look each ${everySeconds} s took ${delay} s`)
    }
  })

  test('is found as soon after ten good hours as after ten minutes', () => {
    const everySeconds = 10
    const young = watch([...repeat(0.02, 60), ...repeat(0.98, 20)], { everySeconds }).pausedAt
    const old = watch([...repeat(0.02, 3600), ...repeat(0.98, 20)], { everySeconds }).pausedAt
    assert.ok(young && old)
    assert.ok(old - 3600 <= young - 60, `${old - 3600} looks against ${young - 60}`)
  })

  test('that is barely worse than usual takes several layers', () => {
    const { pausedAt } = watch([...repeat(0.03, 100), ...repeat(0.65, 400)])
    assert.ok(pausedAt !== undefined)
    assert.ok((pausedAt - 100) * 5 > 40, `paused after ${(pausedAt - 100) * 5} s`)
  })

  test('is told before it is paused, with where, since when and how rare it is', () => {
    const { turns, state } = watch([...repeat(0.05, 100), ...repeat(0.9, 12)])
    assert.equal(turns[0]?.turn, 'suspected')
    const reasons = state.gravest?.reasons.join(' ') ?? ''
    assert.match(reasons, /Something new at the left of the picture's upper part looks like spaghetti/)
    assert.match(reasons, /layer 2[67]/)
    assert.match(reasons, /A good print shows this once in/)
  })
})

describe('a good print', () => {
  test('is not paused for one frame alone, whatever it says and however long the one before is past', () => {
    for (const everySeconds of [0.5, 1, 5, 60, 300]) {
      const looks = Array.from({ length: 400 }, (_, i) => ({ score: i % 20 === 19 ? 1 : 0.05 }))
      assert.deepEqual(watch(looks, { everySeconds }).turns, [], `looks ${everySeconds} s apart`)
    }
  })

  test('is not paused for what is usual before its camera from the start', () => {
    assert.equal(watch(repeat(0.8, 2000)).pausedAt, undefined)
  })

  test('is not paused for a level that creeps up over hours', () => {
    const looks = Array.from({ length: 3000 }, (_, i) => ({ score: 0.03 + (0.5 * i) / 3000 }))
    assert.equal(watch(looks).pausedAt, undefined)
  })

  test('is never paused in a hundred random courses', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const usual = 0.02 + random() * 0.3
      const looks = Array.from({ length: 300 }, () => ({
        score: Math.min(0.999, Math.max(0.001, usual + (random() ** 4 - 0.2) * 0.6)),
      }))
      assert.equal(watch(looks).pausedAt, undefined, `seed ${seed}`)
    }
  })

  test('is not paused however its frames are late, missing, doubled or out of order', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      let state = newAssessment
      const frames = Array.from({ length: 200 }, (_, i) => ({
        atSeconds: i * 5,
        // One frame in forty is taken for a failure.
        score: i % 40 === 39 ? 0.99 : 0.03 + random() * 0.2,
      }))
        .filter(() => random() > 0.3)
        .flatMap((frame) => (random() < 0.1 ? [frame, frame] : [frame]))
        .map((frame) => ({ frame, order: frame.atSeconds + 30 * random() }))
        .sort((a, b) => a.order - b.order)
      for (const { frame } of frames) {
        const { atSeconds, score } = frame
        const placed = { layer: 1, atSeconds, sight: seeFrame(judgementOf(score), atSeconds) }
        const [next, outcome] = assess(state, placed, policy)
        state = next
        assert.notEqual(outcome.decision?.verdict, 'fail', `seed ${seed}`)
      }
    }
  })

  test('whose next object begins elsewhere at the usual heat is not suspected', () => {
    let state = newAssessment
    for (let i = 0; i < 400; i++) {
      const cells = new Float32Array(100).fill(0.01)
      const first = i < 200 ? 0 : 60
      cells.fill(0.08, first, first + 6)
      const judgement = {
        ...judgementOf(0.08),
        maps: [{ label: 'failure' as const, width: 10, height: 10, cells }],
      }
      const layer = (i % 200) / 4 + 1
      const [next, outcome] = assess(
        state,
        { layer, atSeconds: i * 5, sight: seeFrame(judgement, i * 5) },
        policy,
      )
      state = next
      assert.equal(outcome.turn, undefined)
    }
  })
})

describe('evidence', () => {
  test('is never lower for a worse sight', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const past = Array.from({ length: 30 }, () => ({ score: 0.02 + 0.3 * random() }))
      const score = random()
      const worse = score + (1 - score) * random()
      const evidence = (last: number) => watch([...past, { score: last }, { score: last }]).evidence
      assert.ok(evidence(worse) >= evidence(score) - 1e-9, `seed ${seed}`)
    }
  })

  test('comes no sooner with more frames than their time allows', () => {
    const slow = watch([...repeat(0.05, 60), ...repeat(0.95, 60)], { everySeconds: 5 }).pausedAt
    const fast = watch([...repeat(0.05, 600), ...repeat(0.95, 600)], { everySeconds: 0.5 }).pausedAt
    assert.ok(slow && fast)
    const difference = Math.abs((fast - 600) * 0.5 - (slow - 60) * 5)
    assert.ok(difference <= 15, `${difference} s apart`)
  })

  test('of a higher sensitivity acts no later, and of a lower one no sooner', () => {
    const looks = [...repeat(0.05, 100), ...repeat(0.9, 60)]
    const pausedAt = (sensitivity: 'low' | 'normal' | 'high') =>
      watch(looks, { policy: PolicyConfig.parse({ sensitivity }) }).pausedAt ?? Infinity
    assert.ok(pausedAt('high') <= pausedAt('normal'))
    assert.ok(pausedAt('normal') <= pausedAt('low'))
  })

  test('that passes is cleared', () => {
    const { turns } = watch([...repeat(0.05, 20), ...repeat(0.85, 8), ...repeat(0.05, 60)])
    assert.deepEqual(
      turns.map(({ turn }) => turn),
      ['suspected', 'cleared'],
    )
  })

  test('leaves a state that stays small, however long the print', () => {
    const size = (looks: number) => JSON.stringify(watch(repeat(0.3, looks)).state).length
    assert.ok(size(3000) <= size(10) + 2000)
  })
})

describe('after a resume', () => {
  const paused = () => watch([...repeat(0.05, 20), ...repeat(0.995, 20, 0.05)])

  test('the same sight does not pause, and a failure that grows does', () => {
    const { pausedAt, state } = paused()
    assert.ok(pausedAt !== undefined)
    const resumed = { start: resumeAssessment(state, undefined), fromSeconds: 300 }
    assert.deepEqual(watch(repeat(0.995, 300, 0.05), resumed).turns, [])
    const grown = watch([...repeat(0.995, 50, 0.05), ...repeat(0.995, 30, 0.5)], resumed)
    assert.ok(grown.pausedAt !== undefined && grown.pausedAt >= 50)
  })

  test('of an agent that began while it was paused, what is shown does not pause', () => {
    const shown = seeFrame(judgementOf(0.995), 0)
    const start = resumeAssessment(newAssessment, shown)
    assert.deepEqual(watch(repeat(0.995, 300), { start }).turns, [])
  })

  test('and a cleaned bed a new failure pauses', () => {
    const start = resumeAssessment(paused().state, undefined)
    const { pausedAt } = watch([...repeat(0.05, 720), ...repeat(0.995, 40)], { start, fromSeconds: 300 })
    assert.ok(pausedAt !== undefined && (pausedAt - 720) * 5 <= 120, `at look ${pausedAt}`)
  })
})

describe('before a print', () => {
  test('what the printer looks like while it heats is learned, so that a failing first layer is a change', () => {
    let start = newAssessment
    for (let i = 0; i < 10; i++)
      start = prepareAssessment(start, { sight: seeFrame(judgementOf(0.05), i * 5) })
    const { pausedAt } = watch(repeat(0.98, 20), { start, fromSeconds: 50 })
    assert.ok(pausedAt !== undefined && pausedAt * 5 <= 75, `at look ${pausedAt}`)
  })

  test('a model whose rarities were never measured needs clearer failures, and finds those', () => {
    const start = startAssessment({ modelSha256: 'f'.repeat(64) })
    const looks = [...repeat(0.05, 100), ...repeat(0.99, 60)]
    const careful = watch(looks, { start }).pausedAt
    const measured = watch(looks).pausedAt
    assert.ok(careful && measured && careful >= measured)
  })
})

describe('the policy', () => {
  const action = (text: Parameters<typeof PolicyConfig.parse>[0]) => {
    let state = newAssessment
    let last: string | undefined
    for (let i = 0; i < 140; i++) {
      const sight = seeFrame(judgementOf(i < 100 ? 0.05 : 0.98), i * 5)
      const [next, { decision }] = assess(
        state,
        { layer: 1, atSeconds: i * 5, sight },
        PolicyConfig.parse(text),
      )
      state = next
      last = decision?.action
    }
    return { action: last, verdict: state.suspicion.verdict }
  }

  test('pauses unless it says otherwise, and a defect may have an action of its own', () => {
    assert.deepEqual(action({}), { action: 'pause', verdict: 'fail' })
    assert.deepEqual(action({ action: 'notify' }), { action: 'notify', verdict: 'fail' })
    assert.deepEqual(action({ defects: { spaghetti: 'cancel' } }), { action: 'cancel', verdict: 'fail' })
    assert.deepEqual(action({ defects: { warping: 'off' } }), { action: 'pause', verdict: 'fail' })
  })

  test('does not see what is off', () => {
    assert.deepEqual(action({ defects: { spaghetti: 'off' } }), { action: 'off', verdict: 'ok' })
  })
})
