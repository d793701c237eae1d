import { parseArgs } from 'node:util'
import { thresholdsOf } from '@layerwatch/shared/sensitivity.ts'
import { type Assessment, assess, newAssessment, resumeAssessment } from '../../device/assess/assess.ts'
import { seeFrame } from '../../device/assess/report.ts'
import { agreeingNats } from '../../device/assess/views.ts'
import type { FrameJudgement } from '../../device/detector/detector.ts'
import { createRandom, mixSeed } from '../../device/simulator/random.ts'
import { median } from './figure.ts'
import type { Camera } from './judge/camera.ts'
import { openFailure, visibleFrom } from './judge/growth.ts'
import { defaultSensitivity } from './judge/layerwatch.ts'
import { type FailingPlan, type PrintPlan, planFailingPrints, planGoodPrints } from './judge/plans.ts'
import { userCacheDir } from './judge/score-cache.ts'
import { prepare } from './judge/setup.ts'
import { poissonUpper } from './judge/statistics.ts'
import { openStream, openView } from './judge/stream.ts'

/*
 * `deploy/node24 test/bench/views.ts -- [--hours N] [--failing N] [--seed N] [--frames DIR] [--cache DIR] [--json]`:
 * several cameras on one print, on the streams of `npm run judge:bench` (modelled, not field): false pauses of one,
 * two and four cameras on good prints; one fooled lens; failures that both or only one camera sees.
 */

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '400' },
    failing: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    frames: { type: 'string', default: '../shared/frames' },
    cache: { type: 'string', default: userCacheDir() },
    json: { type: 'boolean', default: false },
  },
})

const everySeconds = 5
const correlationSeconds = 60
const { policy } = defaultSensitivity
const { pause } = thresholdsOf(policy.sensitivity)

/** What one camera shows by the time. */
type Show = (atSeconds: number) => FrameJudgement

const closing = new AbortController()
const seed = Number(values.seed)
const setup = await prepare(
  {
    framesDir: values.frames,
    cacheDir: values.cache,
    isFresh: false,
    isQuick: false,
    hours: Number(values.hours),
    failing: Number(values.failing),
    rounds: 0,
    seed,
    say: () => {},
  },
  closing.signal,
)

/** A good print before a camera. */
function goodShow(camera: Camera, streamSeed: number): Show {
  const stream = openStream(camera, correlationSeconds, streamSeed)
  const view = openView(camera, setup.answers)
  return () => view(stream(everySeconds))
}

/** A print that fails as planned, before a camera. */
function failingShow(plan: FailingPlan, streamSeed: number): Show {
  const stream = openStream(plan.camera, correlationSeconds, streamSeed)
  const view = openView(plan.camera, setup.answers)
  const fail = openFailure(plan, setup.answers)
  return (atSeconds) => {
    const glance = stream(everySeconds)
    return atSeconds < plan.onsetSeconds ? view(glance) : fail(glance, atSeconds)
  }
}

interface Watched {
  pauses: number[]
  warnings: number[]
  /** Evidence of the second camera at the first pause. */
  secondNats?: number | undefined
}

/** Watches a print with cameras; after a pause its owner looks and lets it go on, or the watch ends there. */
function watch(
  shows: readonly Show[],
  { seconds, layerSeconds }: PrintPlan,
  { untilPaused = false }: { untilPaused?: boolean } = {},
): Watched {
  let state: Assessment = newAssessment
  const watched: Watched = { pauses: [], warnings: [] }
  let before = 'ok'
  for (let atSeconds = everySeconds; atSeconds <= seconds; atSeconds += everySeconds) {
    const seen = shows.map((show, index) => ({
      camera: `camera ${index + 1}`,
      sight: seeFrame(show(atSeconds), atSeconds),
    }))
    const [lead, ...others] = seen
    const layer = Math.floor(atSeconds / layerSeconds) + 1
    const [next, { decision }] = assess(state, { layer, atSeconds, ...lead, others }, policy)
    state = next
    const verdict = decision?.verdict ?? 'ok'
    if (verdict === 'warn' && before === 'ok') watched.warnings.push(atSeconds)
    before = verdict
    if (verdict !== 'fail') continue
    watched.pauses.push(atSeconds)
    watched.secondNats ??= state.views['camera 2']?.riseNats
    if (untilPaused) break
    state = resumeAssessment(state, lead?.sight, lead?.camera)
    before = 'ok'
  }
  return watched
}

function drawOther(camera: Camera, random: ReturnType<typeof createRandom>): Camera {
  const others = setup.cameras.filter((one) => one !== camera)
  return others[random.whole(0, others.length - 1)] ?? camera
}

const goodKinds: Record<string, (plan: PrintPlan, random: ReturnType<typeof createRandom>) => Show[]> = {
  'one camera': ({ camera, seed: own }) => [goodShow(camera, own)],
  'two cameras, each by itself': ({ camera, seed: own }, random) => [
    goodShow(camera, own),
    goodShow(drawOther(camera, random), own + 1),
  ],
  'two cameras that show the very same (the worst case of a common cause)': ({ camera, seed: own }) => [
    goodShow(camera, own),
    goodShow(camera, own),
  ],
  'four cameras, each by itself': ({ camera, seed: own }, random) => [
    goodShow(camera, own),
    ...[1, 2, 3].map((more) => goodShow(drawOther(camera, random), own + more)),
  ],
}

const plans = planGoodPrints(setup.cameras, setup.hours, seed)
const hours = plans.reduce((sum, { seconds }) => sum + seconds, 0) / 3600
const good = Object.entries(goodKinds).map(([name, open]) => {
  const results = plans.map((plan) => watch(open(plan, createRandom(plan.seed)), plan))
  const count = (of: (one: Watched) => number[]) => results.reduce((sum, one) => sum + of(one).length, 0)
  const pauses = count((one) => one.pauses)
  return {
    name,
    hours: Math.round(hours),
    pauses,
    'pauses per 100 h': round((pauses / hours) * 100),
    'upper 95 % bound': round((poissonUpper(pauses) / hours) * 100),
    'warnings per 100 h': round((count((one) => one.warnings) / hours) * 100),
  }
})

/** The same failure before a second camera, looking another way there. */
function secondView(plan: FailingPlan, index: number): FailingPlan {
  const random = createRandom(mixSeed('second view', seed, index))
  const alike = setup.failures.filter(({ source }) => source === plan.failure.source)
  const failure = alike[random.whole(0, alike.length - 1)] ?? plan.failure
  return { ...plan, camera: drawOther(plan.camera, random), failure }
}

/** Long enough that a lone camera may pause. */
const watchedSeconds = 1800
const wish = { cameras: setup.cameras, failures: setup.failures, looks: 'one', seed } as const
const failing = planFailingPrints({ ...wish, count: setup.failing, onset: 'later' }).map((plan, index) => {
  const visible = visibleFrom(plan, setup.answers)
  const whole = { ...plan, seconds: visible + watchedSeconds }
  const second = secondView(whole, index)
  const [a, b] = [() => failingShow(whole, plan.seed), () => failingShow(second, plan.seed + 1)]
  const delayOf = (shows: Show[]) => {
    const { pauses, warnings, secondNats } = watch(shows, whole, { untilPaused: true })
    const after = (times: number[]) => times.find((at) => at >= plan.onsetSeconds) ?? Infinity
    return {
      pause: Math.max(0, after(pauses) - visible),
      told: Math.max(0, Math.min(after(warnings), after(pauses)) - visible),
      secondNats,
    }
  }
  const quiet = () => goodShow(second.camera, plan.seed + 1)
  return {
    first: delayOf([a()]),
    second: delayOf([b()]),
    both: delayOf([a(), b()]),
    lone: delayOf([a(), quiet()]),
  }
})
const found = failing.filter(({ first, second }) => first.pause < Infinity && second.pause < Infinity)
const rows = [
  ...(['first', 'second', 'both', 'lone'] as const).map((which) => {
    const delays = failing.map((one) => one[which].pause)
    const told = failing.map((one) => one[which].told)
    return {
      name: {
        first: 'the first camera alone',
        second: 'the second camera alone',
        both: 'both see it',
        lone: 'two cameras, only the first can see it (or is fooled)',
      }[which],
      prints: failing.length,
      'told, median s': median(told),
      'told, not found %': share(told.filter((one) => one === Infinity).length, told.length),
      'paused, median s': median(delays),
      'paused within 540 s %': share(delays.filter((one) => one < 540).length, delays.length),
      'not paused %': share(delays.filter((one) => one === Infinity).length, delays.length),
    }
  }),
]
/** Of failures both cameras find alone: how often the slower did not even agree a minute after the faster one's pause. */
const missed = share(
  found.filter(({ both }) => both.secondNats !== undefined && both.secondNats < agreeingNats).length,
  found.length,
)
const later = failing.filter(({ first, second, both }) => both.pause > Math.min(first.pause, second.pause))
const summary = { missed, 'later than the better alone %': share(later.length, failing.length), pause }
closing.abort()
if (values.json) console.log(JSON.stringify({ good, failing: rows, summary }, null, 2))
else {
  console.table(good)
  console.table(rows)
  console.log(summary)
}

function share(count: number, of: number): number {
  return round((100 * count) / Math.max(1, of))
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
