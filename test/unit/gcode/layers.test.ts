import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexLayers, type LayerIndex, layerAtByte } from '../../../device/gcode/layers.ts'
import { parseGcode } from '../../../device/gcode/parse.ts'
import { createRandom } from '../../../device/simulator/random.ts'
import { createShape, shapeNames } from '../../../device/simulator/shapes.ts'
import { sliceShape } from '../../../device/simulator/slicer.ts'

const indexOf = (text: string): LayerIndex => indexLayers(parseGcode(new TextEncoder().encode(text)))
const squareAt = (z: number, x = 0) =>
  `G1 Z${z}\nG1 X${x} Y0\nG1 X${x + 10} Y0 E1\nG1 X${x + 10} Y10 E1\nG1 X${x} Y0 E1\n`
const tower = (layers: number, x = 0) =>
  Array.from({ length: layers }, (_, i) => squareAt(Number((0.2 * (i + 1)).toFixed(2)), x)).join('')

test("a slicer's marks start the layers", () => {
  const text = `G28\nM83\n${[1, 2, 3].map((n) => `;LAYER:${n - 1}\n${squareAt(n * 0.2)}`).join('')}`
  const index = indexOf(text)
  assert.deepEqual(
    index.layers.map(({ layer, startByte }) => [layer, startByte]),
    [0, 1, 2].map((n) => [n + 1, text.indexOf(`;LAYER:${n}`)]),
  )
})

test('without marks a layer starts where plastic is laid higher', () => {
  const index = indexOf(`M83\n${tower(5)}`)
  assert.deepEqual(
    index.layers.map(({ zMm }) => zMm),
    [0.2, 0.4, 0.6, 0.8, 1],
  )
})

test('a Z-hop, and filament fed while hopped, start no layer', () => {
  const hop = 'G1 E-1\nG1 Z5\nG1 X50 Y50\nG1 E1\nG1 Z0.2\nG1 X60 Y50 E1\n'
  assert.equal(indexOf(`M83\n${squareAt(0.2)}${hop}${squareAt(0.4)}`).layers.length, 2)
})

test('vase mode has a layer for each turn', () => {
  const turns = 6
  const steps = 40
  const lines = ['M83', 'G1 Z0.2', 'G1 X10 Y0']
  for (let i = 1; i <= turns * steps; i++) {
    const angle = (i / steps) * 2 * Math.PI
    lines.push(`G1 X${10 * Math.cos(angle)} Y${10 * Math.sin(angle)} Z${0.2 + (0.2 * i) / steps} E0.1`)
  }
  const { layers } = indexOf(lines.join('\n'))
  assert.ok(layers.length >= turns && layers.length <= turns + 1, `${layers.length} layers`)
})

test('objects printed one after another are passes of their own, and layers go on counting', () => {
  const { layers } = indexOf(`M83\n${tower(4)}G1 Z20\n${tower(3, 50)}`)
  assert.deepEqual(
    layers.map(({ layer, pass }) => [layer, pass]),
    [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 2],
      [6, 2],
      [7, 2],
    ],
  )
})

test('a purge line a little above the first layer is part of it', () => {
  const { layers } = indexOf(`M83\nG1 Z0.3\nG1 X0 Y5\nG1 X100 Y5 E5\n${tower(3)}`)
  assert.equal(layers.length, 3)
  assert.equal(layers[0]?.zMm, 0.2)
})

test('a mark without plastic after it is no layer', () => {
  const text = `M83\n;LAYER:0\n${squareAt(0.2)};LAYER:1\n;LAYER:2\n${squareAt(0.4)};LAYER:3\nM84\n`
  assert.equal(indexOf(text).layers.length, 2)
})

test('an empty file has no layers and every byte of it is layer 0', () => {
  const index = indexOf('')
  assert.equal(layerAtByte(index, 0), 0)
  assert.equal(layerAtByte(index, 1e9), 0)
})

test('every byte of every generated file has a layer, and layers and heights only rise within a pass', () => {
  const random = createRandom(11)
  for (const name of shapeNames) {
    const layers = random.whole(3, 12)
    const text = sliceShape(createShape(name, 40), {
      layers,
      layerHeightMm: 0.3,
      lineWidthMm: 0.6,
      centreMm: { x: 100, y: 100 },
    })
    for (const file of [text, text.replaceAll(/^;(LAYER|Z|HEIGHT).*\n/gm, '')]) {
      const index = indexOf(file)
      assert.equal(index.layers.length, layers, name)
      let last = 0
      for (let byte = 0; byte <= file.length + 5; byte += random.whole(1, 40)) {
        const layer = layerAtByte(index, byte)
        assert.ok(layer >= last && layer <= layers, `${name} at byte ${byte}: ${layer} after ${last}`)
        last = layer
      }
      assert.equal(last, layers)
      index.layers.slice(1).forEach((span, i) => {
        const before = index.layers[i]
        assert.ok(before && before.endByte === span.startByte && before.zMm < span.zMm)
      })
    }
  }
})
