import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LayerClues, LayerPlace } from '../../../device/assess/layers.ts'
import { beforeFirstLayer, placeLayer } from '../../../device/assess/layers.ts'

function place(clues: LayerClues[]): number[] {
  let at: LayerPlace = beforeFirstLayer
  return clues.map((clue) => {
    at = placeLayer(at, clue)
    return at.layer
  })
}

const told = (layer: number): LayerClues => ({ status: { layer }, printSeconds: 0 })

test("the printer's number is followed, a rise one look later", () => {
  assert.deepEqual(place([1, 1, 2, 2, 3, 4, 5].map(told)), [1, 1, 1, 2, 2, 3, 4])
})

test('a Z-hop, seen for one look, starts no layer', () => {
  assert.deepEqual(place([5, 7, 5, 5, 8, 5, 6, 6].map(told)), [5, 5, 5, 5, 5, 5, 5, 6])
})

test('a number that falls reopens nothing', () => {
  assert.deepEqual(place([5, 3, 2, 5, 6, 6].map(told)), [5, 5, 5, 5, 5, 6])
})

test('without a number the byte of the file tells the layer', () => {
  const layerAtByte = (byte: number) => Math.floor(byte / 100)
  const at = (filePosition: number) => ({ status: { filePosition }, printSeconds: 1e4, layerAtByte })
  assert.deepEqual(place([at(0), at(50), at(120), at(110), at(250)]), [0, 0, 1, 1, 2])
})

test('with neither, a minute of printing counts as a layer', () => {
  const at = (printSeconds: number) => ({ status: {}, printSeconds })
  assert.deepEqual(place([at(0), at(59), at(60), at(119), at(121)]), [1, 1, 2, 2, 3])
})

test('a printer that names its layer late is believed from then on, and while it is silent', () => {
  const unnamed = { status: {}, printSeconds: 600 }
  assert.deepEqual(place([unnamed, told(3), unnamed, told(4), told(4)]), [11, 3, 3, 3, 4])
})
