import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDetections, readMaps } from '../../../device/detector/boxes.ts'
import { calibrate, invertCalibration, scoreFrame } from '../../../device/detector/score.ts'
import { makeManifest } from './manifests.ts'

const manifest = makeManifest()
const { width, height } = manifest.map
const cold = -6

/** A map of cold cells but for those named "x,y": failure and, if given, spaghetti. */
function makeLogits(hot: Record<string, [failure: number, spaghetti?: number]>): Float32Array {
  const logits = new Float32Array(width * height * 2).fill(cold)
  for (const [at, [failure, spaghetti = cold]] of Object.entries(hot)) {
    const [x = 0, y = 0] = at.split(',').map(Number)
    logits.set([failure, spaghetti], (y * width + x) * 2)
  }
  return logits
}

/** Cells of a block, all alike. */
function block(
  left: number,
  top: number,
  columns: number,
  rows: number,
  logits: [number, number?],
): Record<string, [number, number?]> {
  const cells: Record<string, [number, number?]> = {}
  for (let y = top; y < top + rows; y++)
    for (let x = left; x < left + columns; x++) cells[`${x},${y}`] = logits
  return cells
}

test('an even cold map has no boxes', () => {
  assert.deepEqual(findDetections(makeLogits({}), manifest), [])
})

test('a hot block gets one box around it, scored by its hottest cells', () => {
  const [detection, ...others] = findDetections(makeLogits(block(4, 10, 3, 2, [2])), manifest)
  assert.deepEqual(others, [])
  assert.deepEqual(detection?.box, [4 / 20, 10 / 20, 3 / 20, 2 / 20])
  assert.equal(detection?.label, 'failure')
  assert.ok(Math.abs((detection?.score ?? 0) - calibrate(2, manifest.calibration)) < 1e-9)
})

test('cells that touch by a corner are one failure, cells with a gap are two', () => {
  assert.equal(findDetections(makeLogits({ '3,3': [4], '4,4': [4] }), manifest).length, 1)
  assert.equal(findDetections(makeLogits({ '3,3': [4], '5,3': [4] }), manifest).length, 2)
})

test('a failure does not run on from one edge of the picture to the other', () => {
  assert.equal(findDetections(makeLogits({ '19,3': [4], '0,4': [4] }), manifest).length, 2)
})

test('the surer failure comes first', () => {
  const scores = findDetections(
    makeLogits({ ...block(0, 0, 3, 3, [1]), ...block(10, 10, 3, 3, [3]) }),
    manifest,
  ).map(({ score }) => score)
  assert.equal(scores.length, 2)
  assert.ok((scores[0] ?? 0) > (scores[1] ?? 1))
})

test('a failure is named after the defect whose own map is hot there', () => {
  const [detection] = findDetections(makeLogits(block(4, 4, 3, 3, [3, 2])), manifest)
  assert.equal(detection?.label, 'spaghetti')
})

test('a defect that is hot elsewhere does not name the failure', () => {
  const logits = makeLogits({ ...block(4, 4, 3, 3, [3]), ...block(12, 12, 3, 3, [cold, 3]) })
  assert.deepEqual(
    findDetections(logits, manifest).map(({ label }) => label),
    ['failure'],
  )
})

test('no box is surer than its frame, even one of a lone cell in a corner', () => {
  for (const at of ['0,0', '19,19', '10,10']) {
    const logits = makeLogits({ [at]: [9] })
    const [detection] = findDetections(logits, manifest)
    assert.ok(detection && detection.score <= scoreFrame(logits, manifest) + 1e-9)
  }
})

test('at most eight boxes are drawn, the surest', () => {
  const places = [2, 10].flatMap((y) => [2, 6, 10, 14, 18].map((x) => `${x},${y}`))
  const hot = Object.fromEntries(places.map((at, index): [string, [number]] => [at, [2 + index]]))
  const detections = findDetections(makeLogits(hot), manifest)
  assert.equal(detections.length, 8)
  assert.deepEqual(detections[0]?.box.slice(0, 2), [18 / 20, 10 / 20])
})

test('a cell at the threshold is hot, one just below is not', () => {
  const threshold = invertCalibration(manifest.boxes.cellThreshold, manifest.calibration)
  assert.equal(findDetections(makeLogits({ '5,5': [threshold + 1e-5] }), manifest).length, 1)
  assert.equal(findDetections(makeLogits({ '5,5': [threshold - 1e-5] }), manifest).length, 0)
})

test('maps are calibrated, one for each label, row by row', () => {
  const maps = readMaps(makeLogits({ '2,1': [1, 3] }), manifest)
  assert.deepEqual(
    maps.map(({ label }) => label),
    ['failure', 'spaghetti'],
  )
  const cell = width + 2
  assert.ok(Math.abs((maps[0]?.cells[cell] ?? 0) - calibrate(1, manifest.calibration)) < 1e-6)
  assert.ok(Math.abs((maps[1]?.cells[cell] ?? 0) - calibrate(3, manifest.calibration)) < 1e-6)
})
