import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChangeReport, type ChangeState, nothingSeen, seeChange } from '../../../device/assess/change.ts'
import { drawScene, type SceneMoment, sceneRandom } from './change-scene.ts'

const layers = 34
const failureLayer = 18
/** Sums of evidence: odds of 4 to 1 and of 150 to 1. */
const suspicious = 1.4
const alarm = 5

/** Two frames a layer, the head somewhere else in each; `change` says what is different in a layer. */
function watch(change: (layer: number) => Partial<SceneMoment>, seed = 1): ChangeReport[] {
  const random = sceneRandom(seed)
  const reports: ChangeReport[] = []
  let state: ChangeState = nothingSeen
  for (let layer = 1; layer <= layers; layer++) {
    for (let frame = 0; frame < 2; frame++) {
      const headX = random.whole(20, 110)
      const picture = drawScene({ heightPx: layer, headX, ...change(layer) }, random)
      const [next, report] = seeChange(state, { layer, atSeconds: 20 * layer + 10 * frame, picture })
      state = next
      if (report) reports.push(report)
    }
  }
  return reports
}

/** Evidence for a defect, added up as a sequential test does: never below nothing. */
function suspicionOf(reports: readonly ChangeReport[], defect: string): number[] {
  let sum = 0
  return reports.map(({ evidence }) => {
    for (const one of evidence) if (one.defect === defect) sum = Math.max(0, sum + one.logLikelihoodRatio)
    return sum
  })
}

function mostOf(reports: readonly ChangeReport[]): number {
  const defects = ['no_growth', 'detached', 'stray_material']
  return Math.max(...defects.flatMap((defect) => suspicionOf(reports, defect)))
}

test('a print that grows is seen to grow, and next to nothing speaks for a failure', () => {
  for (const seed of [1, 2, 3]) {
    const reports = watch(() => ({}), seed)
    const late = reports.filter(({ layer }) => layer > 12)
    const grown = late.filter(({ measures }) => (measures?.grown ?? 0) > 20)
    assert.equal(grown.length, late.length, `seed ${seed}`)
    assert.ok(mostOf(reports) < alarm / 2, `seed ${seed}: ${mostOf(reports)}`)
  }
})

test('a print that stops growing is found within five layers, and told in words', () => {
  for (const seed of [1, 2, 3]) {
    const reports = watch((layer) => ({ heightPx: Math.min(layer, failureLayer) }), seed)
    const sums = suspicionOf(reports, 'no_growth')
    const found = reports.find((_report, i) => (sums[i] ?? 0) >= alarm)
    assert.ok(found && found.layer <= failureLayer + 6, `seed ${seed}: ${found?.layer}`)
    const said = found.evidence.find(({ defect }) => defect === 'no_growth')
    assert.match(said?.reason ?? '', /hardly grew/)
    assert.equal(said?.source, 'change')
  }
})

test('a part that slid aside is found at once, with how far', () => {
  const reports = watch((layer) => (layer >= failureLayer ? { leftPx: 74 } : {}))
  const sums = suspicionOf(reports, 'detached')
  const found = reports.find((_report, i) => (sums[i] ?? 0) >= suspicious)
  assert.ok(found && found.layer <= failureLayer + 2, `${found?.layer}`)
})

test('a part that is gone is found within five layers', () => {
  const reports = watch((layer) => (layer >= failureLayer ? { heightPx: 1 } : {}))
  const sums = suspicionOf(reports, 'detached')
  const found = reports.find((_report, i) => (sums[i] ?? 0) >= suspicious)
  assert.ok(found && found.layer <= failureLayer + 5, `${found?.layer}`)
})

test('a shaking camera and slowly changing light alarm nobody', () => {
  const reports = watch((layer) => ({
    shake: { dx: (layer % 3) - 1, dy: (layer % 2) - 1 },
    light: 1 + 0.15 * Math.sin(layer / 6),
  }))
  assert.ok(mostOf(reports) < alarm, `${mostOf(reports)}`)
})

test('light switched off is another view and no failure', () => {
  const reports = watch((layer) => (layer >= failureLayer && layer < failureLayer + 2 ? { light: 0.06 } : {}))
  assert.ok(mostOf(reports) < alarm, `${mostOf(reports)}`)
})

test('a nudged camera begins anew without an alarm', () => {
  const reports = watch((layer) => (layer >= failureLayer ? { shake: { dx: 31, dy: 9 } } : {}))
  assert.ok(mostOf(reports) < alarm, `${mostOf(reports)}`)
})

test('a print that starts and stands still from its first layers on is not accused: growth was never seen', () => {
  const reports = watch(() => ({ heightPx: 3 }))
  assert.equal(mostOf(reports), 0)
})

test('what is remembered stays bounded', () => {
  const random = sceneRandom(4)
  let state: ChangeState = nothingSeen
  for (let layer = 1; layer <= 60; layer++) {
    const picture = drawScene({ heightPx: layer }, random)
    ;[state] = seeChange(state, { layer, atSeconds: 20 * layer, picture })
  }
  assert.ok(state.recent.length <= 20)
  assert.ok(state.history.grown.length <= 20)
})
