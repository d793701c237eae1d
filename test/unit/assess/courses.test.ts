import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Assessment,
  assess,
  newAssessment,
  resumeAssessment,
  startAssessment,
  type Turn,
} from '../../../device/assess/assess.ts'
import { baselineCells, learnBaseline } from '../../../device/assess/baseline.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import { PolicyConfig } from '../../../device/config.ts'
import type { FrameJudgement } from '../../../device/detector/detector.ts'
import { createRandom, mixSeed, type Random } from '../../../device/simulator/random.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

/*
 * Courses of prints that look odd and are good: told apart, not alarmed on; and the same with a failure, found.
 */

const policy = PolicyConfig.parse({})
const size = 20
const everySeconds = 5
const model = 'a'.repeat(64)

/** What a course shows at a moment: the layer that is printed, and log-odds by cell. */
interface Shown {
  layer: number
  heat: (x: number, y: number) => number
}

type Course = (atSeconds: number, random: Random) => Shown

const cold = -4
const inBlock = (x: number, y: number, [left, top]: readonly [number, number], width = 4) =>
  x >= left && x < left + width && y >= top && y < top + width

function judgementFrom(heat: Shown['heat'], random: Random): FrameJudgement {
  const cells = Float32Array.from({ length: size * size }, (_, i) => {
    const logOdds = heat(i % size, Math.floor(i / size)) + 0.3 * random.normal()
    return 1 / (1 + Math.exp(-logOdds))
  })
  return { ...judgementOf(0.05), maps: [{ label: 'failure', width: size, height: size, cells }] }
}

/** Prints a course; what turned, when it paused, and the layers closed. */
function print(course: Course, until: number, { seed = 1, start = newAssessment, from = 0 } = {}) {
  const random = createRandom(mixSeed('course', seed))
  const turns: Turn[] = []
  const closed: number[] = []
  const health: number[] = []
  let state: Assessment = start
  let pausedAt: number | undefined
  for (let atSeconds = from + everySeconds; atSeconds <= until; atSeconds += everySeconds) {
    const { layer, heat } = course(atSeconds, random)
    const sight = seeFrame(judgementFrom(heat, random), atSeconds)
    const [next, outcome] = assess(state, { layer, atSeconds, sight }, policy)
    state = next
    if (outcome.turn) turns.push(outcome.turn)
    if (outcome.turn === 'confirmed') pausedAt ??= atSeconds
    if (outcome.closed) closed.push(outcome.closed.report.layer)
    if (outcome.decision) health.push(outcome.decision.health)
  }
  return { state, turns, pausedAt, closed, health }
}

/** The same course from a moment on with a failure in one place, as hot as a clear one is. */
function failing(course: Course, fromSeconds: number): Course {
  return (atSeconds, random) => {
    const shown = course(atSeconds, random)
    if (atSeconds < fromSeconds) return shown
    const heat = (x: number, y: number) => (inBlock(x, y, [13, 13]) ? 4 : shown.heat(x, y))
    return { ...shown, heat }
  }
}

/** A part in the middle, a little warmer than what surrounds it; 30 s a layer. */
const plain: Course = (atSeconds) => ({
  layer: Math.floor(atSeconds / 30) + 1,
  heat: (x, y) => (inBlock(x, y, [7, 7], 6) ? -2.5 : cold),
})

/** One wall and no seam: the layer rises every few seconds, and the part with it. */
const vase: Course = (atSeconds) => ({
  layer: Math.floor(atSeconds / 4) + 1,
  heat: (x, y) => (y >= 14 - atSeconds / 300 && y < 15 && x >= 7 && x < 13 ? -2.5 : cold),
})

/** Three objects one after the other: the height falls back, and the next begins elsewhere. */
const oneByOne: Course = (atSeconds) => {
  const object = Math.min(2, Math.floor(atSeconds / 1200))
  const heat = (x: number, y: number) =>
    [0, 1, 2].some((one) => one <= object && inBlock(x, y, [2 + 6 * one, 8])) ? -2.5 : cold
  return { layer: Math.floor((atSeconds - 1200 * object) / 30) + 1, heat }
}

/** The head lifts at every move: the printer names a layer more now and then. */
const hopping: Course = (atSeconds, random) => {
  const shown = plain(atSeconds, random)
  return { ...shown, layer: shown.layer + (random.chance(0.1) ? 1 : 0) }
}

const odd: Readonly<Record<string, Course>> = {
  'in vase mode': vase,
  'of objects one by one': oneByOne,
  'with Z-hops': hopping,
  plain,
}

for (const [name, course] of Object.entries(odd)) {
  test(`a good print ${name} is neither paused nor warned of, and no layer is closed twice`, () => {
    for (const seed of [1, 2, 3]) {
      const { turns, closed, health } = print(course, 3600, { seed })
      assert.deepEqual(turns, [], `seed ${seed}`)
      assert.equal(new Set(closed).size, closed.length)
      assert.deepEqual(
        closed,
        closed.toSorted((a, b) => a - b),
      )
      assert.ok(Math.min(...health) > 50, `health ${Math.min(...health)}`)
    }
  })

  test(`a failure in a print ${name} is found within a minute, and its health falls to nothing`, () => {
    for (const seed of [1, 2, 3]) {
      const { pausedAt, health } = print(failing(course, 3000), 3600, { seed })
      assert.ok(pausedAt !== undefined && pausedAt >= 3000 && pausedAt <= 3060, `at ${pausedAt} s`)
      assert.equal(Math.min(...health), 0)
    }
  })
}

describe('a filament change', () => {
  /** Another colour: the part looks a little more like failing, and so does the purged end beside it. */
  const recoloured: Course = (atSeconds, random) => ({
    ...plain(atSeconds, random),
    heat: (x, y) => {
      if (inBlock(x, y, [1, 16], 3)) return -1
      return inBlock(x, y, [7, 7], 6) ? -1.5 : cold
    },
  })

  test('that a person made and resumed after pauses nothing, and a failure after it is found', () => {
    const before = print(plain, 1200).state
    const random = createRandom(9)
    const shown = seeFrame(judgementFrom(recoloured(1205, random).heat, random), 1205)
    const start = resumeAssessment(before, shown)
    assert.deepEqual(print(recoloured, 4800, { start, from: 1205 }).turns, [])
    const { pausedAt } = print(failing(recoloured, 4200), 4800, { start, from: 1205 })
    assert.ok(pausedAt !== undefined && pausedAt >= 4200 && pausedAt <= 4320, `at ${pausedAt} s`)
  })
})

describe('a second run of the same file', () => {
  const first = print(plain, 3600).state
  const scene = first.views.camera?.scene
  assert.ok(scene)
  const ended = { outcome: 'finished', hadFailure: false, isFineByOwner: false } as const
  const learned = learnBaseline(undefined, ended, { scene, modelSha256: model })
  assert.ok(learned)
  const baselines = { camera: { grid: { width: size, height: size }, cells: baselineCells(learned) } }
  const start = startAssessment({ baselines })

  test('is a print of its own, good again', () => {
    for (const seed of [4, 5, 6]) assert.deepEqual(print(plain, 3600, { start, seed }).turns, [])
  })

  test('that fails from its first picture on is found within a minute, for the camera is known', () => {
    const { pausedAt } = print(failing(plain, 0), 600, { start })
    assert.ok(pausedAt !== undefined && pausedAt <= 60, `at ${pausedAt} s`)
  })

  test('is paused no later than a print of which nothing is known', () => {
    const known = print(failing(plain, 120), 600, { start }).pausedAt ?? Infinity
    const unknown = print(failing(plain, 120), 600).pausedAt ?? Infinity
    assert.ok(known <= unknown && unknown <= 180, `${known} s against ${unknown} s`)
  })
})
