import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shapeNames } from '../../../device/simulator/shapes.ts'
import { type Camera, findCameras, lendFluctuation } from '../../bench/judge/camera.ts'
import { openPassing } from '../../bench/judge/passing.ts'
import { toJudgement } from '../../bench/judge/picture.ts'
import { planFailingPrints, planGoodPrints } from '../../bench/judge/plans.ts'
import { seeOnce } from '../../bench/judge/rule.ts'
import { planSimulatedPrints } from '../../bench/judge/simulated.ts'
import { normalShare, openStream, openView } from '../../bench/judge/stream.ts'
import { answers, scoredFrame, webcam } from './pictures.ts'

const scores = [-4, -3, -2.5, -2, 1]
const camera = webcam('run', scores)

test('each picture of a camera comes as often as any other', () => {
  const counts = scores.map(() => 0)
  const next = openStream(camera, 10, 7)
  for (let i = 0; i < 50_000; i++) {
    const { picture } = next(20)
    counts[picture] = (counts[picture] ?? 0) + 1
  }
  for (const count of counts) assert.ok(Math.abs(count / 10_000 - 1) < 0.05, `${counts}`)
})

test('what is shown forgets with the stated correlation time', () => {
  for (const correlationSeconds of [10, 60, 300]) {
    const next = openStream(
      webcam(
        'many',
        Array.from({ length: 400 }, (_, i) => i),
      ),
      correlationSeconds,
      3,
    )
    const lag = 5
    const ranks = Array.from({ length: 60_000 }, () => next(correlationSeconds / lag).picture)
    const measured = correlationOf(ranks, lag)
    // A rank's correlation is (6/π) asin(ρ/2) of its normal value's ρ.
    const expected = (6 / Math.PI) * Math.asin(Math.exp(-1) / 2)
    assert.ok(Math.abs(measured - expected) < 0.04, `${correlationSeconds} s: ${measured}, not ${expected}`)
  }
})

test('a photograph keeps its level and is lent the fluctuation of a camera, cell by cell', () => {
  const [lender, photo] = lendFluctuation([webcam('run', [-4, -3, -2, -1, 0]), webcam('photo', [2])], 1)
  assert.ok(lender && photo)
  assert.deepEqual([lender.frames, photo.frames], [5, 1])
  assert.deepEqual(photo.scores, [0, 1, 2, 3, 4])
  // The two cells that the lender's own pictures differ in differ here, all others stay as they were.
  const before = webcam('photo', [2]).pictures[0] ?? []
  const differences = photo.pictures.map((picture) =>
    picture.map((value, cell) => value - (before[cell] ?? 0)),
  )
  assert.deepEqual(
    differences.map(([first]) => first),
    [-2, -1, 0, 1, 2],
  )
  assert.ok(differences.every((one) => one.slice(2).every((difference) => difference === 0)))
})

test('where no camera has enough frames to lend, a photograph stays as it is', () => {
  const cameras = [webcam('a', [-2]), webcam('b', [-1, 0])]
  assert.deepEqual(lendFluctuation(cameras, 1), cameras)
})

test('a view scores a picture by its shift', () => {
  const view = openView(camera, answers)
  const [plain, shifted] = [view({ picture: 0, shift: 0 }), view({ picture: 0, shift: 1.5 })]
  assert.ok(Math.abs(logOdds(plain.score) - -4) < 1e-6)
  assert.ok(Math.abs(logOdds(shifted.score) - -2.5) < 1e-6)
})

test('the same seed draws the same stream, another seed another', () => {
  const draw = (seed: number) => {
    const next = openStream(camera, 60, seed)
    return Array.from({ length: 50 }, () => next(5))
  }
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1), draw(2))
})

test('runs and fixed webcams are one camera each, photographs one a picture', () => {
  const frame = (file: string, source: string, sequence?: string) =>
    scoredFrame({ file, source, score: -2, ...(sequence === undefined ? {} : { sequence }) })
  const cameras = findCameras([
    frame('a', 'emptydeck-P1', 'one'),
    frame('b', 'emptydeck-P1', 'two'),
    frame('c', 'emptydeck-P1', 'one'),
    frame('d', 'hiltes'),
    frame('e', 'hiltes'),
    frame('f', 'yeets22'),
    frame('g', 'yeets22'),
  ])
  assert.deepEqual(
    cameras.map(({ pictures }: Camera) => pictures.length),
    [2, 1, 2, 1, 1],
  )
})

test('good prints take the cameras in turn and fill the hours', () => {
  const cameras = ['a', 'b', 'c'].map((name) => webcam(name, [-2]))
  const prints = planGoodPrints(cameras, 100, 1)
  const hours = prints.reduce((sum, { seconds }) => sum + seconds, 0) / 3600
  assert.ok(hours >= 100 && hours < 108)
  assert.equal(new Set(prints.slice(0, 3).map((print) => print.camera)).size, 3)
  assert.ok(prints.every(({ seconds }) => seconds >= 1800 && seconds <= 8 * 3600))
})

test('failing prints go on for at least five layers after the failure is whole', () => {
  const failures = [1, 2, 3].map((score) => scoredFrame({ file: `${score}`, source: 'kapis20', score }))
  const wish = { cameras: [camera], failures, count: 200, looks: 'one', seed: 1 } as const
  for (const onset of ['early', 'later'] as const) {
    for (const plan of planFailingPrints({ ...wish, onset })) {
      assert.ok(plan.seconds - plan.onsetSeconds - plan.growthSeconds >= 5 * plan.layerSeconds)
      assert.equal(plan.onsetSeconds < 300, onset === 'early')
    }
  }
})

test('sights pass as often as they are said to, and never where none are wanted', () => {
  const look = seeOnce(toJudgement(scoredFrame({ file: 'x', source: 'kapis20', score: 5 }).map, answers))
  const pass = openPassing({ perHour: 2, looks: [look] }, 5, 1)
  const passed = Array.from({ length: 720 * 500 }, () => pass()).filter((one) => one !== undefined).length
  assert.ok(Math.abs(passed / 1000 - 1) < 0.1, `${passed} in 500 hours`)
  assert.equal(openPassing(undefined, 5, 1)(), undefined)
})

test('a round of simulated prints shows every shape failing and good, each in a world of its own', () => {
  const specs = planSimulatedPrints(2)
  assert.equal(new Set(specs.map(({ seed }) => seed)).size, specs.length)
  for (const shape of shapeNames) {
    const own = specs.filter((spec) => spec.shape === shape)
    assert.equal(own.filter(({ failure }) => failure === undefined).length, 4)
    const failures = own.map(({ failure }) => `${failure?.kind ?? 'good'} ${failure?.layer ?? 0}`)
    assert.deepEqual(
      new Set(failures),
      new Set(['spaghetti 3', 'spaghetti 12', 'detached 3', 'detached 12', 'good 0']),
    )
  }
})

test('the normal distribution is right', () => {
  assert.ok(Math.abs(normalShare(1.96) - 0.975) < 1e-4)
  assert.ok(Math.abs(normalShare(-1) - 0.158655) < 1e-5)
  assert.ok(Math.abs(normalShare(0) - 0.5) < 1e-7)
})

function correlationOf(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [together, alone] = [0, 0]
  for (let i = lag; i < values.length; i++) {
    together += ((values[i] ?? 0) - mean) * ((values[i - lag] ?? 0) - mean)
    alone += ((values[i] ?? 0) - mean) ** 2
  }
  return together / alone
}

function logOdds(p: number): number {
  return Math.log(p / (1 - p))
}
