import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundsOf, collectGeometry, outlinesOf } from '../../../device/gcode/geometry.ts'
import { indexLayers } from '../../../device/gcode/layers.ts'
import { parseGcode } from '../../../device/gcode/parse.ts'
import { createShape } from '../../../device/simulator/shapes.ts'
import { sliceShape } from '../../../device/simulator/slicer.ts'

function geometryOf(text: string) {
  const events = [...parseGcode(new TextEncoder().encode(text))]
  return collectGeometry(events, indexLayers(events))
}

const cube = sliceShape(createShape('cube', 40), {
  layers: 8,
  layerHeightMm: 0.3,
  lineWidthMm: 0.6,
  centreMm: { x: 100, y: 90 },
})

test('each layer of a solid has one outer wall, inner walls and a filling', () => {
  for (const layer of geometryOf(cube)) {
    assert.equal(outlinesOf(layer).length, 1)
    assert.ok(layer.paths.some(({ role }) => role === 'inner'))
    assert.ok(layer.paths.some(({ role }) => role === 'infill' || role === 'skin'))
  }
})

test('what a layer covers is where the solid stands', () => {
  const bounds = geometryOf(cube)[3] && boundsOf(geometryOf(cube)[3] ?? assert.fail())
  assert.ok(bounds)
  assert.ok(Math.abs((bounds.minX + bounds.maxX) / 2 - 100) < 0.01)
  assert.ok(Math.abs((bounds.minY + bounds.maxY) / 2 - 90) < 0.01)
  assert.ok(Math.abs(bounds.maxX - bounds.minX - (2 * 20 * 0.78 - 0.6)) < 0.05)
})

test('islands have an outline each', () => {
  const figure = sliceShape(createShape('figure', 50), {
    layers: 20,
    layerHeightMm: 0.3,
    lineWidthMm: 0.6,
    centreMm: { x: 0, y: 0 },
  })
  const layers = geometryOf(figure)
  assert.equal(outlinesOf(layers[2] ?? assert.fail()).length, 2)
  assert.equal(outlinesOf(layers[10] ?? assert.fail()).length, 1)
})

test('where roles are unknown every closed line is an outline', () => {
  const [layer] = geometryOf('M83\nG1 Z0.2\nG1 X0 Y0\nG1 X9 Y0 E1\nG1 X9 Y9 E1\nG1 X0 Y9 E1\nG1 X0 Y0 E1\n')
  assert.equal(outlinesOf(layer ?? assert.fail()).length, 1)
})

test('a layer without plastic covers nothing', () => {
  assert.equal(boundsOf({ layer: 1, zMm: 0.2, paths: [] }), undefined)
})
