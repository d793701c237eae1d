import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeFrame } from '../../../device/assess/report.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'

test('without a mask a frame scores as the detector says', () => {
  const { score, detections } = seeFrame(judgementOf(0.9), 5)
  assert.equal(score, 0.9)
  assert.equal(detections.length, 1)
})

test('what lies under the mask is not seen: not in the score, not in the map, not in the boxes', () => {
  const mask = { boxes: [[0, 0, 1, 0.1] as [number, number, number, number]] }
  const sight = seeFrame(judgementOf(0.9, 0.1), 5, { mask })
  assert.ok(sight.score <= 0.011, `${sight.score}`)
  assert.ok(Math.max(...sight.heat.cells) < -4)
  assert.equal(
    seeFrame(judgementOf(0.9), 5, { mask: { boxes: [[0.3, 0.3, 0.2, 0.2]] } }).detections.length,
    0,
  )
})

test('a masked frame scores as the model scores: by its hottest cells', () => {
  const mask = { boxes: [[0, 0, 0.5, 0.1] as [number, number, number, number]] }
  const few = seeFrame(judgementOf(0.9, 0.1), 5, { mask, hottestCells: 5 }).score
  const many = seeFrame(judgementOf(0.9, 0.1), 5, { mask, hottestCells: 10 }).score
  assert.ok(Math.abs(few - 0.9) < 1e-3)
  assert.ok(many < few)
})

test('cells that are no number or certain stay within bounds', () => {
  const judgement = judgementOf(0.5)
  judgement.maps[0]?.cells.set([Number.NaN, 0, 1])
  const { cells } = seeFrame(judgement, 5).heat
  assert.ok(cells.every((cell) => Number.isFinite(cell) && cell >= -6 && cell <= 5))
})
