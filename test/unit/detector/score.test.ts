import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  averageHottest,
  calibrate,
  invertCalibration,
  scoreFrame,
  takeChannel,
} from '../../../device/detector/score.ts'
import { makeManifest } from './manifests.ts'

test('a logit at which slope and intercept cancel out is even odds', () => {
  assert.equal(calibrate(0.5, { slope: 2, intercept: -1 }), 0.5)
})

test('a probability becomes the logit it came from', () => {
  const calibration = { slope: 1.7, intercept: 0.3 }
  for (const logit of [-4, 0, 2.5]) {
    assert.ok(Math.abs(invertCalibration(calibrate(logit, calibration), calibration) - logit) < 1e-9)
  }
})

test('the hottest are the highest by number, below zero and above ten as well', () => {
  assert.equal(averageHottest([-30, 9, 10, -2], 2), 9.5)
  assert.equal(averageHottest([-3, -1, -2], 2), -1.5)
})

test('fewer than asked for are all averaged', () => {
  assert.equal(averageHottest([1, 3], 6), 2)
})

test('a channel is every n-th logit', () => {
  assert.deepEqual([...takeChannel(Float32Array.of(1, 2, 3, 4, 5, 6), 1, 2)], [2, 4, 6])
})

test('a frame is scored by its six hottest cells of its channel alone', () => {
  const manifest = makeManifest()
  const logits = new Float32Array(800).fill(-5)
  for (let cell = 0; cell < 6; cell++) logits[cell * 2] = cell
  logits[401] = 100
  const expected = calibrate(2.5, manifest.calibration)
  assert.ok(Math.abs(scoreFrame(logits, manifest) - expected) < 1e-9)
})
