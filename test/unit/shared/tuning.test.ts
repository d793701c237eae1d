import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Adjustment,
  isBetter,
  noAdjustment,
  type PrintScores,
  proposeAdjustment,
  replayHistory,
  replayPrint,
  suggestMask,
} from '../../../shared/tuning.ts'

const rarity = { rises: [{ intercept: -3, slope: 2 }], start: { intercept: 0, slope: 1 } }

/** A print of ten layers on a map of 10 × 10 whose fifth layer rises by so much at these cells. */
function printOf(rise: number, cells: readonly number[], more: Partial<PrintScores> = {}): PrintScores {
  const layers = Array.from({ length: 10 }, (_, i) => ({
    layer: i + 1,
    peaks: [
      [...cells, 90, 91, 92, 93].map((cell): [number, number] => [cell, i >= 4 && cell < 90 ? rise : 0]),
    ],
  }))
  return { printId: 'p', width: 10, height: 10, visibleCells: 4, rarity, layers, ...more }
}

test('a print is replayed to the layer it would have been paused at', () => {
  assert.equal(replayPrint(printOf(6, [0, 1, 2, 3]), noAdjustment, 'normal'), 5)
  assert.equal(replayPrint(printOf(3, [0, 1, 2, 3]), noAdjustment, 'normal'), undefined)
  const masked: Adjustment = { mask: [[0, 0, 0.4, 0.1]], shift: 0 }
  assert.equal(replayPrint(printOf(6, [0, 1, 2, 3]), masked, 'normal'), undefined)
  assert.equal(replayPrint(printOf(6, [0, 1, 2, 3]), { mask: [], shift: 3 }, 'normal'), undefined)
})

test('false alarms in one place suggest to mask it, those all over the picture do not', () => {
  const fine = { verdict: 'fine' as const }
  assert.deepEqual(suggestMask([printOf(6, [0, 1, 2, 3], fine)], 'normal'), { boxes: [[0, 0, 0.4, 0.1]] })
  assert.equal(suggestMask([printOf(6, [0, 9, 80, 89], fine)], 'normal'), undefined)
  assert.equal(suggestMask([printOf(6, [0, 1, 2, 3], { verdict: 'failed' })], 'normal'), undefined)
})

test('an adjustment is proposed only where this history goes better with it, and no failure is missed by it', () => {
  const alarm = printOf(6, [0, 1, 2, 3], { verdict: 'fine' })
  const failure = printOf(6, [50, 51, 52, 53], { verdict: 'failed', failedAtLayer: 5 })
  const adjusted = proposeAdjustment([alarm, failure], noAdjustment, 'normal')
  assert.deepEqual(adjusted, { mask: [[0, 0, 0.4, 0.1]], shift: 0 })
  assert.deepEqual(adjusted && replayHistory([alarm, failure], adjusted, 'normal'), {
    falsePauses: 0,
    missed: 0,
    lateLayers: 0,
  })
  assert.equal(proposeAdjustment([failure], noAdjustment, 'normal'), undefined)
  const samePlace = printOf(6, [0, 1, 2, 3], { verdict: 'failed', failedAtLayer: 5 })
  assert.equal(proposeAdjustment([alarm, samePlace], noAdjustment, 'normal'), undefined)
})

test('a missed failure lowers the threshold as far as no good print of this printer is paused', () => {
  const missed = printOf(4.8, [50, 51, 52, 53], { verdict: 'failed', failedAtLayer: 5 })
  const good = printOf(2, [50, 51, 52, 53])
  assert.deepEqual(proposeAdjustment([missed, good], noAdjustment, 'normal'), { mask: [], shift: -0.5 })
  assert.equal(proposeAdjustment([missed, printOf(4.9, [1, 2, 3, 4])], noAdjustment, 'normal'), undefined)
})

test('a replay that trades false pauses for missed failures is not better', () => {
  const before = { falsePauses: 2, missed: 0, lateLayers: 0 }
  assert.equal(isBetter({ falsePauses: 0, missed: 1, lateLayers: 0 }, before), false)
  assert.equal(isBetter({ falsePauses: 1, missed: 0, lateLayers: 3 }, before), true)
  assert.equal(isBetter({ falsePauses: 2, missed: 0, lateLayers: 0 }, before), false)
})
