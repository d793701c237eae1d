import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawTables, placeSuite } from '../contract/table.ts'

test('a suite is placed by its title, whether it tries good or bad behaviour', () => {
  assert.deepEqual(placeSuite('a printer behind PrusaLink'), { port: 'printer', adapter: 'PrusaLink' })
  assert.deepEqual(placeSuite('a printer behind PrusaLink, misbehaving'), {
    port: 'printer',
    adapter: 'PrusaLink',
  })
  assert.deepEqual(placeSuite('a camera: RTSP'), { port: 'camera', adapter: 'RTSP' })
  assert.equal(placeSuite('a faulty camera of a printer').port, 'camera')
  assert.equal(placeSuite('a faulty mjpeg camera').port, 'camera')
  assert.deepEqual(placeSuite('mosquitto'), { port: 'other', adapter: 'mosquitto' })
})

test('each case is a row, each adapter a column, and what was left out says why', () => {
  const lines = drawTables([
    { suite: 'a printer behind A', name: 'is paused', result: 'passed' },
    { suite: 'a printer behind A', name: 'is resumed', result: 'failed' },
    { suite: 'a printer behind B', name: 'is paused', result: 'skipped', reason: 'has no pause' },
    { suite: 'a printer behind C', result: 'skipped', reason: 'not installed' },
  ])
  assert.deepEqual(lines, [
    '',
    'printer      1  2  3',
    'is paused    ✔  –  –',
    'is resumed   ✖     –',
    '',
    ' 1  A',
    ' 2  B',
    ' 3  C',
    ' –  B, is paused: has no pause',
    ' –  C: not installed',
  ])
})
