import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rankProbes } from '../../../device/detector/choose.ts'
import { describeReport, findTaken } from '../../../device/detector/report.ts'

test('the fastest runtime that agrees is taken, and each other says why not', () => {
  const reports = rankProbes([
    { name: 'onnx', result: { difference: 0.5, tolerance: 1e-3, msPerFrame: 3 } },
    { name: 'tfjs-node', result: { reason: 'its library is not installed' } },
    { name: 'tfjs-wasm', result: { difference: 1e-5, tolerance: 1e-3, msPerFrame: 71.4 } },
  ])
  assert.equal(findTaken(reports), 'tfjs-wasm')
  assert.deepEqual(reports.map(describeReport), [
    'onnx: disagrees with the reference outputs by 0.5',
    'tfjs-node: absent, because its library is not installed',
    'tfjs-wasm: taken, 71 ms a frame',
  ])
})

test('a slower one that agrees is kept in reserve', () => {
  const reports = rankProbes([
    { name: 'onnx', result: { difference: 0, tolerance: 1e-3, msPerFrame: 9.04 } },
    { name: 'tfjs-wasm', result: { difference: 0, tolerance: 1e-3, msPerFrame: 70 } },
  ])
  assert.deepEqual(reports.map(describeReport), [
    'onnx: taken, 9.0 ms a frame',
    'tfjs-wasm: slower, 70 ms a frame',
  ])
})

test('of two as fast, one is taken', () => {
  const reports = rankProbes([
    { name: 'onnx', result: { difference: 0, tolerance: 1e-3, msPerFrame: 9 } },
    { name: 'tfjs-wasm', result: { difference: 0, tolerance: 1e-3, msPerFrame: 9 } },
  ])
  assert.equal(reports.filter(({ state }) => state === 'taken').length, 1)
})

test('an answer that is no number disagrees', () => {
  const reports = rankProbes([{ name: 'onnx', result: { difference: null, tolerance: 1e-3, msPerFrame: 9 } }])
  assert.equal(findTaken(reports), undefined)
  assert.match(reports.map(describeReport).join(), /disagrees/)
})

test('weights of 8 bits are held to their own tolerance, and taken where they are faster', () => {
  const reports = rankProbes([
    { name: 'onnx-int8', result: { difference: 0.04, tolerance: 0.1, msPerFrame: 4 } },
    { name: 'onnx', result: { difference: 1e-5, tolerance: 1e-3, msPerFrame: 9 } },
  ])
  assert.deepEqual(reports.map(describeReport), [
    'onnx-int8: taken, 4.0 ms a frame',
    'onnx: slower, 9.0 ms a frame',
  ])
  const elsewhere = rankProbes([
    { name: 'onnx-int8', result: { difference: 0.04, tolerance: 0.1, msPerFrame: 11 } },
    { name: 'onnx', result: { difference: 1e-5, tolerance: 1e-3, msPerFrame: 9 } },
  ])
  assert.equal(findTaken(elsewhere), 'onnx')
})
