import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameJudgement } from '../../../device/detector/detector.ts'
import { compareJudgements, summarise } from '../../bench/agreement.ts'

const alarm = 0.5

function judged(score: number, cells: number[]): FrameJudgement {
  const figures = {
    width: 1,
    height: 1,
    brightness: 0,
    darkShare: 0,
    brightShare: 0,
    sharpness: 0,
    fineness: 0,
  }
  return {
    score,
    detections: [],
    maps: [{ label: 'failure', width: cells.length, height: 1, cells: Float32Array.from(cells) }],
    figures: { ...figures, thumbnail: new Uint8Array() },
    decodeMs: 0,
    inferMs: 0,
  }
}

test('runtimes of one function disagree over a single cell of a single frame', () => {
  const same = compareJudgements(judged(0.4, [0.1, 0.2]), judged(0.4, [0.1, 0.2]), alarm)
  const other = compareJudgements(judged(0.4, [0.1, 0.205]), judged(0.4, [0.1, 0.2]), alarm)
  assert.ok(summarise('tfjs-wasm', [same, same]).agrees)
  assert.ok(!summarise('tfjs-wasm', [same, other]).agrees)
})

test('maps of another size never agree', () => {
  const difference = compareJudgements(judged(0.4, [0.1, 0.2]), judged(0.4, [0.1]), alarm)
  assert.ok(!summarise('tfjs-wasm', [difference]).agrees)
})

test('weights of 8 bits may change one frame in a hundred, by more or across the threshold', () => {
  const close = compareJudgements(judged(0.44, [0.3]), judged(0.4, [0.1]), alarm)
  const across = compareJudgements(judged(0.52, [0.3]), judged(0.48, [0.1]), alarm)
  const far = compareJudgements(judged(0.3, [0.3]), judged(0.4, [0.1]), alarm)
  const most = new Array(99).fill(close)
  assert.ok(summarise('onnx-int8', [...most, across]).agrees)
  assert.ok(summarise('onnx-int8', [...most, far]).agrees)
  assert.ok(!summarise('onnx-int8', [...most, far, far]).agrees)
  assert.ok(!summarise('onnx-int8', [...most, across, across]).agrees)
})
