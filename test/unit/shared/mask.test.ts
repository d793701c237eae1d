import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../../device/config.ts'
import { isMaskedAt, joinMasks, maskedCells, maskedShare } from '../../../shared/mask.ts'

test('a polygon masks the cells whose middle lies in it', () => {
  const mask = {
    boxes: [],
    polygons: [
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ] as [number, number][],
    ],
  }
  assert.ok(isMaskedAt(mask, 0.2, 0.2))
  assert.ok(!isMaskedAt(mask, 0.8, 0.8))
  assert.ok(Math.abs(maskedShare(mask) - 0.5) < 0.03)
  const joined = joinMasks(mask, { boxes: [[0.5, 0.5, 0.5, 0.5]] })
  assert.ok(Math.abs(maskedShare(joined) - 0.75) < 0.03)
  assert.equal(maskedCells(joined, { width: 1, height: 1 }).size, 1)
})

const parse = (ignore: string) =>
  parseConfig(
    `printers: [{name: A, printer: {kind: simulated, url: "http://h"}, camera: {kind: simulated, url: "http://h", ignore: ${ignore}}}]`,
    { folder: '/', env: {}, file: 'agent.yaml' },
  )

test('a configuration may ignore parts of a picture, and never all of it', () => {
  assert.equal(parse('[{box: [0, 0, 0.2, 0.3]}, {polygon: [[0, 0], [1, 0], [1, 0.2]]}]').printers.length, 1)
  assert.throws(() => parse('[{box: [0, 0, 1, 1]}]'), /mistakes/)
  assert.throws(() => parse('[{box: [0, 0, 2, 1]}]'), /mistakes/)
})
