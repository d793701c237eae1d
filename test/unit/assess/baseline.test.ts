import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assess, newAssessment, startAssessment } from '../../../device/assess/assess.ts'
import { Baseline, baselineCells, fits, learnBaseline } from '../../../device/assess/baseline.ts'
import { rarityOf } from '../../../device/assess/rarities.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import { openScene, type Scene, seeScene } from '../../../device/assess/scene.ts'
import { PolicyConfig } from '../../../device/config.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const grid = { width: 10, height: 10 }
const model = 'a'.repeat(64)
const good = { outcome: 'finished', hadFailure: false, isFineByOwner: false } as const

function sceneOf(logOdds: number, frames = 100, then = logOdds): Scene {
  const { rarity } = rarityOf()
  let scene = openScene(new Float32Array(100).fill(logOdds), { grid, atSeconds: 0 })
  for (let i = 1; i < frames; i++) {
    const map = new Float32Array(100).fill(i < frames / 2 ? logOdds : then)
    ;[scene] = seeScene(scene, { map, atSeconds: i * 5 }, rarity)
  }
  return scene
}

test('a print that ended well teaches, others only if their owner says they were fine', () => {
  const about = { scene: sceneOf(-3), modelSha256: model }
  const learned = learnBaseline(undefined, good, about)
  assert.ok(learned && baselineCells(learned).every((value) => value === -3))
  assert.deepEqual(Baseline.parse(learned), learned)
  for (const bad of [{ outcome: 'cancelled' }, { outcome: 'failed' }, { hadFailure: true }] as const) {
    assert.equal(learnBaseline(undefined, { ...good, ...bad }, about), undefined)
    assert.ok(learnBaseline(undefined, { ...good, ...bad, isFineByOwner: true }, about))
  }
  assert.equal(learnBaseline(undefined, good, { scene: sceneOf(-3, 20), modelSha256: model }), undefined)
})

test('what stood out at the end of a print is not learned', () => {
  const learned = learnBaseline(undefined, good, { scene: sceneOf(-3, 100, 5), modelSha256: model })
  assert.ok(learned && Math.max(...baselineCells(learned)) < 0)
})

test('a second print counts for half, and another model begins anew', () => {
  const first = learnBaseline(undefined, good, { scene: sceneOf(-4), modelSha256: model })
  const second = learnBaseline(first, good, { scene: sceneOf(-2), modelSha256: model })
  assert.ok(first && second)
  assert.equal(baselineCells(second)[0], -3)
  const other = learnBaseline(second, good, { scene: sceneOf(-2), modelSha256: 'b'.repeat(64) })
  assert.equal(other?.prints, 1)
  assert.ok(!fits(second, grid, 'b'.repeat(64)))
})

test('with a baseline a print that fails from its first picture on is a change', () => {
  const policy = PolicyConfig.parse({})
  const baseline = learnBaseline(undefined, good, { scene: sceneOf(-3), modelSha256: model })
  assert.ok(baseline)
  const baselines = { camera: { grid, cells: baselineCells(baseline) } }
  const pausedAt = (start: typeof newAssessment) => {
    let state = start
    for (let i = 0; i < 20; i++) {
      const sight = seeFrame(judgementOf(0.98), i * 5)
      const [next, { decision }] = assess(state, { layer: 1, atSeconds: i * 5, sight }, policy)
      state = next
      if (decision?.verdict === 'fail') return i * 5
    }
    return Infinity
  }
  assert.ok(pausedAt(startAssessment({ baselines })) <= 60)
  assert.ok(pausedAt(newAssessment) > pausedAt(startAssessment({ baselines })))
})
