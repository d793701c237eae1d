import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assess, newAssessment } from '../../../device/assess/assess.ts'
import { addChanges, type ChangeSums, natsOfChange } from '../../../device/assess/changes.ts'
import { decide, noSuspicion } from '../../../device/assess/decide.ts'
import type { LayerEvidence } from '../../../device/assess/evidence.ts'
import type { Finding } from '../../../device/assess/finding.ts'
import { seeFrame } from '../../../device/assess/report.ts'
import { PolicyConfig } from '../../../device/config.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

const piece = (logLikelihoodRatio: number, defect: LayerEvidence['defect'] = 'no_growth'): LayerEvidence => ({
  source: 'change',
  defect,
  logLikelihoodRatio,
  reason: 'Nothing grew in this layer.',
})

test('layers that speak for a failure add up, good ones take back, and never below nothing', () => {
  let sums: ChangeSums = {}
  for (let layer = 1; layer <= 1000; layer++) sums = addChanges(sums, [piece(-3)], layer)
  assert.deepEqual(sums, {})
  sums = addChanges(sums, [piece(3)], 1001)
  sums = addChanges(sums, [piece(4)], 1002)
  assert.equal(sums.no_growth?.sum, 7)
  assert.equal(sums.no_growth?.beganAtLayer, 1001)
  sums = addChanges(sums, [piece(-8)], 1003)
  assert.deepEqual(sums, {})
})

test('no layer weighs without limit, and nothing that is no number weighs', () => {
  const sums = addChanges({}, [piece(1e9), piece(Number.NaN, 'detached')], 1)
  assert.equal(sums.no_growth?.sum, 8)
  assert.equal(sums.detached, undefined)
})

test('a sum is as rare as its layers are long', () => {
  const sum = { sum: 10, beganAtLayer: 1, strongest: piece(5) }
  assert.ok(Math.abs(natsOfChange(sum, 3600) - 10) < 1e-9)
  assert.ok(natsOfChange(sum, 60) < natsOfChange(sum, 120))
})

/** What is decided of good pictures while the layers speak for a failure from the 20th on. */
function decideOnLayers(policy: PolicyConfig) {
  let state = newAssessment
  const decisions: { layer: number; verdict: string; action: string; defect: string }[] = []
  for (let layer = 1; layer <= 40; layer++) {
    const evidence = [piece(layer < 20 ? -1 : 4)]
    const sight = seeFrame(judgementOf(0.05), layer * 60)
    const [next, { decision }] = assess(state, { layer, atSeconds: layer * 60, sight, evidence }, policy)
    state = next
    if (decision) decisions.push({ layer, ...decision })
  }
  return decisions
}

test('what changed from layer to layer is told, and by itself pauses nothing', () => {
  const decisions = decideOnLayers(PolicyConfig.parse({}))
  const told = decisions.find(({ verdict }) => verdict === 'warn')
  assert.ok(told && told.layer <= 23, JSON.stringify(told))
  assert.equal(told.defect, 'no_growth')
  assert.ok(decisions.every(({ verdict, action }) => verdict !== 'fail' && action === 'off'))
})

test('what changed from layer to layer pauses where the owner says so, though no picture looks like failing', () => {
  const decisions = decideOnLayers(PolicyConfig.parse({ defects: { no_growth: 'pause' } }))
  const paused = decisions.find(({ action }) => action === 'pause')
  assert.ok(paused && paused.layer <= 24, JSON.stringify(paused))
})

test('a printer whose failures are off hears nothing of layers either', () => {
  const decisions = decideOnLayers(PolicyConfig.parse({ action: 'off' }))
  assert.ok(decisions.every(({ verdict }) => verdict === 'ok'))
})

test('cameras are held against their own past: one that takes over is no change, and one that is gone has no say', () => {
  const policy = PolicyConfig.parse({})
  let state = newAssessment
  const see = (camera: string, score: number, atSeconds: number) => {
    const sight = seeFrame(judgementOf(score), atSeconds)
    const [next, { decision }] = assess(state, { layer: 1, atSeconds, sight, camera }, policy)
    state = next
    return decision?.verdict
  }
  for (let i = 0; i < 50; i++) assert.equal(see('left', 0.02, i * 5), 'ok')
  for (let i = 50; i < 100; i++) assert.equal(see('right', 0.15, i * 5), 'ok')
  let verdict: string | undefined
  for (let i = 100; i < 120; i++) verdict = see('left', 0.98, i * 5)
  assert.equal(verdict, 'fail')
  for (let i = 120; i < 170; i++) verdict = see('right', 0.15, i * 5)
  assert.equal(verdict, 'ok')
})

test('what is only told helps no picture to pause, unless its owner lets it act', () => {
  const findings: Finding[] = [
    { defect: 'spaghetti', nats: 5, reason: 'Something new looks like spaghetti.' },
    { defect: 'no_growth', nats: 5, reason: 'Nothing grew.' },
  ]
  const verdict = (policy: unknown) =>
    decide(noSuspicion, findings, { layer: 20, policy: PolicyConfig.parse(policy) })[1].verdict
  assert.equal(verdict({}), 'warn')
  assert.equal(verdict({ defects: { no_growth: 'pause' } }), 'fail')
})
