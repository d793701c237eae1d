import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Decider, runFailingPrints } from '../../bench/judge/failing-run.ts'
import { openFailure, spreadOf, visibleFrom } from '../../bench/judge/growth.ts'
import type { FailingPlan } from '../../bench/judge/plans.ts'
import { oneFrame } from '../../bench/judge/rules.ts'
import { answers, cellCount, scoredFrame, webcam } from './pictures.ts'

const hot = new Float32Array(cellCount * 2).fill(4)
const failure = scoredFrame({
  file: 'bad',
  source: 'kapis20',
  score: 4,
  map: hot,
  isFailing: true,
  boxes: [[0.2, 0.25, 0.6, 0.5]],
})
const plan: FailingPlan = {
  seed: 1,
  camera: webcam('calm', [-6]),
  seconds: 1000,
  layerSeconds: 30,
  onsetSeconds: 300,
  growthSeconds: 120,
  failure,
  laterLooks: [],
}

test('a failure spreads from its hottest cell over its labelled boxes and no farther', () => {
  const warmest = hot.slice()
  warmest[7] = 5
  const spread = spreadOf({ ...failure, map: warmest }, answers)
  assert.equal(spread[0], 7)
  assert.deepEqual(
    spread.toSorted((a, b) => a - b),
    [6, 7, 8, 11, 12, 13],
  )
})

test('a box smaller than a cell still has one, and a frame without boxes is failing all over', () => {
  assert.equal(spreadOf({ ...failure, boxes: [[0.5, 0.5, 0.01, 0.01]] }, answers).length, 1)
  assert.equal(spreadOf({ ...failure, boxes: [] }, answers).length, cellCount)
})

test('the failing area only grows until it is as large as in its picture', () => {
  const fail = openFailure(plan, answers)
  const areas = [300, 320, 360, 400, 420, 900].map((at) =>
    hotCells(fail({ picture: 0, shift: 0 }, at).maps[0]?.cells),
  )
  assert.deepEqual(areas, [1, 1, 3, 5, 6, 6])
})

test('a failure can be seen from four cells on, or once it is whole where it has fewer', () => {
  assert.equal(visibleFrom(plan, answers), 300 + 120 * (4 / 6))
  assert.equal(visibleFrom({ ...plan, failure: { ...failure, boxes: [[0, 0, 0.2, 0.25]] } }, answers), 420)
})

test('a failure that changes its looks takes the next one every eight layers', () => {
  const other = scoredFrame({
    file: 'other',
    source: 'kapis20',
    score: 2,
    map: new Float32Array(cellCount * 2).fill(2),
  })
  const fail = openFailure({ ...plan, laterLooks: [other] }, answers)
  const scoreAt = (seconds: number) => fail({ picture: 0, shift: 0 }, seconds).score
  assert.ok(Math.abs(scoreAt(300 + 8 * 30 - 1) - 1 / (1 + Math.exp(-4))) < 1e-9)
  assert.ok(Math.abs(scoreAt(300 + 8 * 30 + 1) - 1 / (1 + Math.exp(-2))) < 1e-9)
})

test('delays count from the moment a failure can be seen; pauses before it began are false', () => {
  const decider = (threshold: number): Decider => ({ kind: 'rule', name: 'x', rule: oneFrame, threshold })
  const deciders = [decider(0.9), decider(0.999), decider(0)]
  const run = { prints: [plan], cameras: [plan.camera], correlationSeconds: 60, intervalSeconds: 5 }
  const results = runFailingPrints({ ...run, answers, deciders, say: () => undefined })
  const [found, missed, trigger] = deciders.map((one) => results.get(one)?.[0])
  // Two of the hottest cells are failing from 320 s on, before four are, so it is paused as soon as it is visible.
  assert.deepEqual([found?.delaySeconds, found?.falsePauses], [0, 0])
  assert.deepEqual([missed?.delaySeconds, missed?.falsePauses], [Infinity, 0])
  // 295 s are the last before the onset, in frames of 5 s.
  assert.deepEqual([trigger?.delaySeconds, trigger?.falsePauses], [0, 59])
})

function hotCells(cells: Float32Array | undefined): number {
  return cells?.reduce((count, cell) => count + (cell > 0.5 ? 1 : 0), 0) ?? 0
}
