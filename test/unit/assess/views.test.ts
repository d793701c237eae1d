import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { thresholdsOf } from '@layerwatch/shared/sensitivity.ts'
import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import { type Assessment, assess, newAssessment } from '../../../device/assess/assess.ts'
import { rarityOf } from '../../../device/assess/rarities.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import type { Standout } from '../../../device/assess/scene.ts'
import { joinViews, seeViews, type Views } from '../../../device/assess/views.ts'
import { PolicyConfig } from '../../../device/config.ts'
import { createRandom, type Random } from '../../../device/simulator/random.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const policy = PolicyConfig.parse({})
const grounds = { rarity: rarityOf().rarity, baselines: {} }
const everySeconds = 5

/** What one camera shows by the time: a score of its failing area, or undefined while it is blind. */
type Show = (atSeconds: number) => number | undefined

const good: Show = () => 0.05
const failsFrom =
  (seconds: number, score = 0.98): Show =>
  (at) =>
    at < seconds ? 0.05 : score

/** Watches with several cameras, the first that sees leading each round, as the agent does; what was said when. */
function watch(shows: Readonly<Record<string, Show>>, untilSeconds: number) {
  let state: Assessment = newAssessment
  const said: { atSeconds: number; verdict: Verdict; reasons: string[] }[] = []
  for (let atSeconds = 0; atSeconds <= untilSeconds; atSeconds += everySeconds) {
    const seen = Object.entries(shows).flatMap(([camera, show]) => {
      const score = show(atSeconds)
      return score === undefined ? [] : [{ camera, sight: seeFrame(judgementOf(score), atSeconds) }]
    })
    const [lead, ...others] = seen
    const layer = Math.floor(atSeconds / 60) + 1
    const [next, { decision }] = assess(state, { layer, atSeconds, ...lead, others }, policy)
    state = next
    if (decision) said.push({ atSeconds, verdict: decision.verdict, reasons: decision.reasons })
  }
  const first = (verdict: Verdict) => said.find((one) => one.verdict === verdict)
  return {
    said: said.map(({ atSeconds, verdict }) => `${atSeconds} ${verdict}`),
    warnedAt: first('warn')?.atSeconds ?? Infinity,
    pausedAt: first('fail')?.atSeconds ?? Infinity,
    reasons: first('warn')?.reasons.join(' ') ?? '',
  }
}

describe('several cameras on one print', () => {
  test('are told of as one: where both see the failure, it is paused as soon as by the better one alone', () => {
    const random = createRandom(11)
    for (let i = 0; i < 12; i++) {
      const [strong, weak] = [
        failsFrom(300, random.between(0.95, 0.99)),
        failsFrom(300, random.between(0.93, 0.99)),
      ]
      const alone = Math.min(watch({ a: strong }, 700).pausedAt, watch({ a: weak }, 700).pausedAt)
      const both = watch({ a: strong, b: weak }, 700).pausedAt
      assert.ok(both <= alone, `${both} s together, ${alone} s alone`)
    }
  })

  test('pause sooner together than either where both see only little', () => {
    const faint = failsFrom(300, 0.9)
    const alone = watch({ a: faint }, 1500).pausedAt
    const both = watch({ a: faint, b: faint }, 1500).pausedAt
    assert.ok(both < alone, `${both} s together, ${alone} s alone`)
  })

  test('of which one is fooled warn at once, say so, and pause nothing for nine minutes', () => {
    for (const quiet of [1, 2, 3]) {
      const others = Object.fromEntries(Array.from({ length: quiet }, (_, i) => [`other ${i}`, good]))
      const { warnedAt, pausedAt, reasons } = watch({ fooled: failsFrom(300, 0.999), ...others }, 860)
      assert.ok(warnedAt <= 420, `warned after ${warnedAt - 300} s of ${quiet} quiet ones`)
      assert.equal(pausedAt, Infinity)
      assert.match(reasons, /Only fooled shows it/)
    }
  })

  test('of which one is fooled for some minutes, again and again, pause nothing', () => {
    const fooled: Show = (at) => (at > 300 && at % 900 < 300 ? 0.999 : 0.05)
    assert.equal(watch({ fooled, other: good }, 4 * 3600).pausedAt, Infinity)
  })

  test('of which one was fooled from its first picture on pause nothing, however long it lasts', () => {
    assert.equal(watch({ fooled: () => 0.999, other: good }, 3600).pausedAt, Infinity)
    assert.ok(watch({ fooled: () => 0.999 }, 3600).pausedAt <= 300, 'alone it counts')
  })

  test('of which one has looked alarming all along pause nothing when the other is fooled', () => {
    const { warnedAt, pausedAt } = watch({ fooled: failsFrom(1200, 0.999), loud: () => 0.97 }, 1700)
    assert.ok(warnedAt <= 1320, `warned after ${warnedAt - 1200} s`)
    assert.equal(pausedAt, Infinity)
  })

  test('of which only one can see the failure pause within a quarter of an hour', () => {
    for (const score of [0.98, 0.999]) {
      const { warnedAt, pausedAt } = watch({ side: failsFrom(300, score), back: good }, 1500)
      assert.ok(warnedAt <= 420, `warned after ${warnedAt - 300} s`)
      assert.ok(pausedAt - 300 <= 900, `paused after ${pausedAt - 300} s`)
    }
  })

  test('are the same in whatever order they are named', () => {
    const random = createRandom(7)
    for (let i = 0; i < 10; i++) {
      const shows: [string, Show][] = ['a', 'b', 'c'].map((name) => [name, wandering(random)])
      const forth = watch(Object.fromEntries(shows), 1200).said
      assert.deepEqual(watch(Object.fromEntries(shows.toReversed()), 1200).said, forth)
    }
  })

  test('are the same with a camera more that is blind', () => {
    const random = createRandom(5)
    for (let i = 0; i < 10; i++) {
      const [a, b] = [wandering(random), wandering(random)]
      const two = watch({ a, b }, 1200).said
      assert.deepEqual(watch({ blind: () => undefined, a, b }, 1200).said, two)
      assert.deepEqual(watch({ a, b, blind: () => undefined }, 1200).said, two)
    }
  })

  test('count as one camera soon after the other went blind', () => {
    const goesBlind: Show = (at) => (at < 290 ? 0.05 : undefined)
    const alone = watch({ a: failsFrom(300) }, 900).pausedAt
    const { pausedAt } = watch({ a: failsFrom(300), b: goesBlind }, 900)
    assert.ok(pausedAt <= Math.max(alone, 340), `paused at ${pausedAt} s, alone at ${alone} s`)
  })
})

describe('evidence of several cameras', () => {
  /** Views that have seen a good minute, and now stand out by so much. */
  function viewsOf(nats: Readonly<Record<string, number>>, stoodSeconds = 0): Views {
    let views: Views = {}
    for (let at = 0; at <= 60; at += everySeconds) {
      const seen = Object.keys(nats).map((camera) => ({ camera, sight: seeFrame(judgementOf(0.05), at) }))
      views = seeViews(views, seen, grounds)
    }
    return Object.fromEntries(
      Object.entries(views).map(([camera, view]) => {
        const standout: Standout = { nats: nats[camera] ?? 0, rises: [], cells: [0], isFromStart: false }
        return [camera, { ...view, standout, riseNats: standout.nats, stoodSeconds }]
      }),
    )
  }
  const natsOf = (views: Views) => joinViews(views, 60)?.standout.nats ?? Number.NaN

  test('is never more than that of one camera alone while the others contradict it', () => {
    const random = createRandom(3)
    for (let i = 0; i < 150; i++) {
      const a = random.between(-5, 12)
      const nats = natsOf(viewsOf({ a, b: random.between(-20, 0.99) }, random.between(0, 5000)))
      if (a > 1) assert.ok(nats <= a, `${nats} of ${a}`)
    }
  })

  test('is never less than that of the better camera while another agrees, and grows with what that one shows', () => {
    const random = createRandom(4)
    for (let i = 0; i < 150; i++) {
      const [a, b, c] = [random.between(1, 9), random.between(1, 9), random.between(-20, 9)]
      assert.ok(natsOf(viewsOf({ a, b })) >= Math.max(a, b))
      assert.ok(natsOf(viewsOf({ a, b, c })) >= Math.max(a, b))
      assert.ok(natsOf(viewsOf({ a: 9, b: b + 0.5 })) >= natsOf(viewsOf({ a: 9, b })))
    }
  })

  test('of one lens against another never reaches a pause at once, and always a warning', () => {
    for (const sensitivity of ['low', 'normal', 'high'] as const) {
      const { pause } = thresholdsOf(sensitivity)
      assert.ok(natsOf(viewsOf({ a: 12, b: -8 })) < pause, sensitivity)
    }
    assert.ok(natsOf(viewsOf({ a: 9, b: -8 })) >= thresholdsOf('normal').warn)
  })

  test('of one lens never reaches a pause at once, though the other usually sees too much to vouch for anything', () => {
    const views = viewsOf({ a: 12, b: -8 })
    const { b } = views
    assert.ok(b)
    const loud = { ...views, b: { ...b, scene: { ...b.scene, level: 1 } } }
    assert.ok(natsOf(loud) < thresholdsOf('high').pause)
    assert.ok(natsOf(loud) > natsOf(views) - 1e-9, 'it is doubted no more than against one that vouches')
    assert.match(joinViews(loud, 60)?.note ?? '', /^Only a shows it\.$/)
  })

  test('of what a camera has shown from its first picture on agrees with nothing that newly rises', () => {
    const views = viewsOf({ a: 9, b: 8 })
    const { b } = views
    assert.ok(b?.standout)
    const old = { ...b, riseNats: -9, standout: { ...b.standout, isFromStart: true } }
    assert.ok(natsOf({ ...views, b: old }) < thresholdsOf('normal').pause)
    assert.ok(natsOf(views) > thresholdsOf('normal').pause)
  })

  test('of two that rise is not hidden by a third that has looked worse from its first picture on', () => {
    const views = viewsOf({ a: 7, b: 4, c: 8 })
    const { c } = views
    assert.ok(c?.standout)
    const old = { ...c, riseNats: -9, standout: { ...c.standout, isFromStart: true } }
    const joint = joinViews({ ...views, c: old }, 60)
    assert.equal(joint?.camera, 'a')
    assert.ok((joint?.standout.nats ?? 0) >= thresholdsOf('normal').pause)
  })
})

/** A camera whose score wanders, and fails now and then. */
function wandering(random: Random): Show {
  const from = random.between(0, 1500)
  const [low, high] = [random.between(0.02, 0.5), random.between(0.5, 0.99)]
  return (at) => (at < from ? low : high)
}
