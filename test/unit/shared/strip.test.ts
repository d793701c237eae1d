import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  axisLayers,
  headroom,
  layerAt,
  layerHeightPx,
  layOutStrip,
  lensLayers,
  lineWidth,
  nextProblem,
  type StripLayer,
} from '@layerwatch/shared/strip.ts'
import type { LayerHealth } from '@layerwatch/shared/vocabulary.ts'

function layersOf(count: number, marks: Record<number, [LayerHealth, number?]> = {}): StripLayer[] {
  return Array.from({ length: count }, (_, index) => {
    const [health, evidence] = marks[index + 1] ?? ['fine', 0.1]
    return { layer: index + 1, health, evidence }
  })
}

describe('the layer strip', () => {
  test('twenty layers have a line each, with a gap between', () => {
    const strip = layOutStrip(layersOf(14), { heightPx: 420, total: 20 })
    assert.equal(strip.layersPerLine, 1)
    assert.equal(strip.lineCount, 20)
    assert.equal(strip.lines.length, 14)
    assert.equal(strip.lineHeightPx, 21)
    assert.equal(strip.gapPx, 2)
  })

  test('two thousand layers share lines of at least two pixels', () => {
    const strip = layOutStrip(layersOf(1612), { heightPx: 640, total: 2000 })
    assert.equal(strip.layersPerLine, Math.ceil(2000 / 320))
    assert.ok(strip.lineHeightPx >= 2)
    assert.equal(strip.gapPx, 0)
    assert.equal(strip.lines.at(-1)?.toLayer, 1612)
  })

  test('the worst layer of a line shows, with the evidence of its own kind', () => {
    const layers = layersOf(2000, { 11: ['suspected', 0.9], 12: ['failed', 0.6], 13: ['unwatched'] })
    const strip = layOutStrip(layers, { heightPx: 400, total: 2000 })
    assert.equal(strip.layersPerLine, 10)
    const line = strip.lines[1]
    assert.equal(line?.health, 'failed')
    assert.equal(line?.evidence, 0.6)
    assert.equal(line?.hidesUnwatched, true)
    assert.equal(strip.lines[0]?.hidesUnwatched, false)
  })

  test('unwatched shows before fine and needs no notch then', () => {
    const strip = layOutStrip(layersOf(400, { 3: ['unwatched'] }), { heightPx: 80, total: 400 })
    assert.equal(strip.lines[0]?.health, 'unwatched')
    assert.equal(strip.lines[0]?.hidesUnwatched, false)
  })

  test('a layer that never arrived counts as not watched', () => {
    const layers = layersOf(10).filter((layer) => layer.layer !== 4)
    const strip = layOutStrip(layers, { heightPx: 400, total: 10 })
    assert.equal(strip.lines[3]?.health, 'unwatched')
    assert.equal(strip.lines.length, 10)
  })

  test('order of arrival does not matter', () => {
    const layers = layersOf(30, { 7: ['failed', 0.8] })
    const size = { heightPx: 300, total: 40 }
    assert.deepEqual(layOutStrip(layers.toReversed(), size), layOutStrip(layers, size))
  })

  test('slicers that count from zero have their first layer on the bed', () => {
    const strip = layOutStrip([{ layer: 0, health: 'fine' }], { heightPx: 100, total: 10 })
    assert.equal(strip.firstLayer, 0)
    assert.equal(strip.topLayer, 9)
    assert.equal(layerHeightPx(strip, 0), 5)
  })

  test('a print longer than announced stretches the scale', () => {
    assert.equal(layOutStrip(layersOf(12), { heightPx: 100, total: 10 }).topLayer, 12)
  })

  test('an unknown length keeps the scale until its headroom is used up', () => {
    assert.equal(headroom(1), headroom(20))
    const capacity = headroom(21)
    assert.ok(capacity >= 21 * 1.2 && capacity <= 21 * 1.3)
    assert.equal(headroom(capacity), capacity)
    assert.ok(headroom(capacity + 1) > capacity)
    assert.ok(headroom(5000) >= 5000)
  })

  test('length is the evidence, and trouble is never shorter than fine', () => {
    assert.ok(lineWidth({ health: 'fine', evidence: 0 }) >= 0.52)
    assert.ok(lineWidth({ health: 'fine', evidence: 1 }) <= 0.56)
    assert.equal(lineWidth({ health: 'suspected', evidence: 0 }), 0.56)
    assert.equal(lineWidth({ health: 'failed', evidence: 1 }), 1)
    assert.equal(lineWidth({ health: 'failed', evidence: 7 }), 1)
    assert.equal(lineWidth({ health: 'unwatched', evidence: 1 }), 0.56)
  })

  test('a finger finds the layer it is on, and never one that is not printed yet', () => {
    const strip = layOutStrip(layersOf(41), { heightPx: 620, total: 310 })
    assert.equal(layerAt(strip, layerHeightPx(strip, 17)), 17)
    assert.equal(layerAt(strip, -20), 1)
    assert.equal(layerAt(strip, 600), 41)
    assert.equal(layerAt(layOutStrip([], { heightPx: 600 }), 100), undefined)
  })

  test('the lens shows seven layers and stays within the print', () => {
    const strip = layOutStrip(layersOf(100), { heightPx: 600 })
    assert.deepEqual(lensLayers(strip, 50), [53, 52, 51, 50, 49, 48, 47])
    assert.deepEqual(lensLayers(strip, 100), [100, 99, 98, 97, 96, 95, 94])
    assert.deepEqual(lensLayers(strip, 1), [7, 6, 5, 4, 3, 2, 1])
    assert.deepEqual(lensLayers(layOutStrip(layersOf(2), { heightPx: 600 }), 1), [2, 1])
  })

  test('the next problem is where trouble begins or changes its kind', () => {
    const layers = layersOf(60, {
      20: ['suspected', 0.6],
      21: ['failed', 0.8],
      40: ['unwatched'],
      41: ['unwatched'],
    })
    assert.equal(nextProblem(layers, 1, 1), 20)
    assert.equal(nextProblem(layers, 20, 1), 21)
    assert.equal(nextProblem(layers, 21, 1), 40)
    assert.equal(nextProblem(layers, 41, 1), undefined)
    assert.equal(nextProblem(layers, 60, -1), 41)
    assert.equal(nextProblem(layers, 40, -1), 21)
  })

  test('axis numbers do not run into each other', () => {
    const strip = layOutStrip(layersOf(182), { heightPx: 620, total: 246 })
    const axis = axisLayers(strip)
    assert.ok(axis.includes(182) && axis.includes(1) && axis.includes(246))
    const heights = axis.map((layer) => layerHeightPx(strip, layer))
    heights.slice(1).forEach((height, index) => {
      assert.ok(height - (heights[index] ?? 0) >= 26)
    })
  })
})
