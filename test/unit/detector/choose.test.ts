import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rankProbes } from '../../../device/detector/choose.ts'
import { describeReport, findTaken } from '../../../device/detector/report.ts'

test('the fastest runtime that agrees is taken, and each other says why not', () => {
  const reports = rankProbes(
    [
      { name: 'onnx', result: { difference: 0.5, msPerFrame: 3 } },
      { name: 'tfjs-node', result: { reason: 'its library is not installed' } },
      { name: 'tfjs-wasm', result: { difference: 1e-5, msPerFrame: 71.4 } },
    ],
    1e-3,
  )
  assert.equal(findTaken(reports), 'tfjs-wasm')
  assert.deepEqual(reports.map(describeReport), [
    'onnx: disagrees with the reference outputs by 0.5',
    'tfjs-node: absent, because its library is not installed',
    'tfjs-wasm: taken, 71 ms a frame',
  ])
})

test('a slower one that agrees is kept in reserve', () => {
  const reports = rankProbes(
    [
      { name: 'onnx', result: { difference: 0, msPerFrame: 9.04 } },
      { name: 'tfjs-wasm', result: { difference: 0, msPerFrame: 70 } },
    ],
    1e-3,
  )
  assert.deepEqual(reports.map(describeReport), [
    'onnx: taken, 9.0 ms a frame',
    'tfjs-wasm: slower, 70 ms a frame',
  ])
})

test('of two as fast, one is taken', () => {
  const reports = rankProbes(
    [
      { name: 'onnx', result: { difference: 0, msPerFrame: 9 } },
      { name: 'tfjs-wasm', result: { difference: 0, msPerFrame: 9 } },
    ],
    1e-3,
  )
  assert.equal(reports.filter(({ state }) => state === 'taken').length, 1)
})

test('an answer that is no number disagrees', () => {
  const reports = rankProbes([{ name: 'onnx', result: { difference: null, msPerFrame: 9 } }], 1e-3)
  assert.equal(findTaken(reports), undefined)
  assert.match(reports.map(describeReport).join(), /disagrees/)
})
