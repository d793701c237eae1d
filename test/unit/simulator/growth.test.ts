import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Failure, failureKinds, parseFailure } from '../../../device/simulator/failures.ts'
import { addFailure, createGrowth, type Growth, growTo } from '../../../device/simulator/growth.ts'
import { createPlan, secondsAtLayer, segmentsDoneAt } from '../../../device/simulator/plan.ts'
import { createShape, type ShapeName } from '../../../device/simulator/shapes.ts'
import { sliceShape } from '../../../device/simulator/slicer.ts'

const layers = 30

function planOf(shape: ShapeName) {
  const options = { layers, layerHeightMm: 0.4, lineWidthMm: 0.6, centreMm: { x: 100, y: 100 } }
  return createPlan(shape, new TextEncoder().encode(sliceShape(createShape(shape, 50), options)))
}

const cube = planOf('cube')

function growUntil(layer: number, failures: readonly Failure[], { seed = 1, plan = cube } = {}): Growth {
  const growth = createGrowth(plan, failures, seed)
  growTo(growth, segmentsDoneAt(plan, secondsAtLayer(plan, layer)))
  return growth
}

test('a good print lays every line where the file says, and no strands', () => {
  const growth = growUntil(layers + 1, [])
  assert.equal(growth.beads.count, cube.segments.filter(({ isLaid }) => isLaid).length)
  assert.equal(growth.strands.count, 0)
  assert.equal(growth.revision, 0)
})

test('until its layer a failure changes nothing', () => {
  for (const kind of failureKinds) {
    const failing = growUntil(12, [{ kind, layer: 12 }])
    const good = growUntil(12, [])
    assert.equal(failing.beads.count, good.beads.count, kind)
    assert.deepEqual(failing.beads.data, good.beads.data, kind)
    assert.equal(failing.strands.count, 0, kind)
    assert.equal(failing.revision, 0, kind)
  }
})

test('a tangle grows with every layer, as much as was fed, and lies on the bed and near the print', () => {
  const failures: Failure[] = [{ kind: 'spaghetti', layer: 10 }]
  let last = 0
  for (const layer of [11, 13, 18, 25]) {
    const { strands } = growUntil(layer, failures)
    assert.ok(strands.count > last * 1.1, `layer ${layer}`)
    last = strands.count
  }
  const { strands } = growUntil(25, failures)
  for (let i = 0; i < strands.count; i++) {
    const [x = 0, y = 0, z = 0] = strands.data.subarray(i * strands.stride + 3, i * strands.stride + 6)
    assert.ok(z > 0 && z < 40, `z ${z}`)
    assert.ok(Math.hypot(x, y) < 110, `${x}, ${y}`)
  }
})

test('tangles differ from seed to seed', () => {
  const failures: Failure[] = [{ kind: 'spaghetti', layer: 10 }]
  const a = growUntil(14, failures, { seed: 1 }).strands
  const b = growUntil(14, failures, { seed: 2 }).strands
  assert.notDeepEqual(a.data.subarray(0, 700), b.data.subarray(0, 700))
})

test('a part that comes loose moves away from where it was, stays on the bed, and a tangle follows', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const growth = growUntil(20, [{ kind: 'detached', layer: 10 }], { seed, plan: planOf('tower') })
    assert.ok(growth.revision >= 3, `seed ${seed}`)
    const { origin } = growth.pose
    assert.ok(Math.hypot(origin.x, origin.y) > 3 && Math.hypot(origin.x, origin.y) < 60)
    assert.ok(growth.strands.count > 100)
    assert.equal(growth.looseBeads, growth.beads.count)
    assert.ok(growth.relief.part.some((height) => height > 1))
  }
})

test('a shifted layer and all above it stand aside by as much', () => {
  const growth = growUntil(layers + 1, [{ kind: 'layer-shift', layer: 10 }])
  const good = growUntil(layers + 1, [])
  const { stride } = good.beads
  for (let i = 0; i < good.beads.count; i += 7) {
    const layer = good.beads.data[i * stride + 8] ?? 0
    const moved = (growth.beads.data[i * stride] ?? 0) - (good.beads.data[i * stride] ?? 0)
    assert.ok(Math.abs(moved - (layer >= 10 ? growth.shift.x : 0)) < 1e-4)
  }
  assert.ok(Math.hypot(growth.shift.x, growth.shift.y) >= 3)
})

test('a starved nozzle leaves gaps and thin lines', () => {
  const growth = growUntil(layers + 1, [{ kind: 'under-extrusion', layer: 10 }])
  const good = growUntil(layers + 1, [])
  assert.ok(growth.beads.count < good.beads.count * 0.85)
  assert.ok(growth.beads.count > good.beads.count * 0.4)
})

test('a clogged nozzle soon lays nothing more', () => {
  const early = growUntil(12, [{ kind: 'clog', layer: 10 }])
  const late = growUntil(layers + 1, [{ kind: 'clog', layer: 10 }])
  assert.equal(late.beads.count, early.beads.count)
})

test('a filament that runs out lays nothing more from one line to the next', () => {
  const before = growUntil(10, [])
  const late = growUntil(layers + 1, [{ kind: 'run-out', layer: 10 }])
  assert.equal(late.beads.count, before.beads.count)
  assert.equal(late.strands.count, 0)
})

test('a layer shift goes as far as it is told to', () => {
  const growth = growUntil(layers + 1, [{ kind: 'layer-shift', layer: 10, slipMm: 2.5 }])
  const good = growUntil(layers + 1, [])
  const last = (good.beads.count - 1) * good.beads.stride
  const moved = [0, 1].map((k) => (growth.beads.data[last + k] ?? 0) - (good.beads.data[last + k] ?? 0))
  assert.ok(Math.abs(Math.hypot(...moved) - 2.5) < 1e-3)
})

test('a part knocked over lies on its side on the bed, and what follows is laid in the air', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const growth = growUntil(14, [{ kind: 'knocked-over', layer: 12 }], { seed })
    assert.ok(Math.abs(growth.pose.up.z) < 1e-6, `seed ${seed}`)
    assert.ok(growth.strands.count > 50)
  }
})

test('of a part that broke off the lower layers stay where they are', () => {
  const growth = growUntil(22, [{ kind: 'broken-off', layer: 18 }])
  const { data, stride, count } = growth.beads
  const highest = data[(count - 1) * stride + 8] ?? 0
  assert.ok(highest >= 3 && highest <= 11, `layer ${highest}`)
  assert.ok(growth.strands.count > 100)
  assert.equal(growth.revision, 1)
})

test('a failure added on the way unfolds as one known from the start', () => {
  const known = growUntil(20, [{ kind: 'detached', layer: 12 }])
  const added = growUntil(8, [])
  addFailure(added, { kind: 'detached', layer: 12 })
  growTo(added, segmentsDoneAt(cube, secondsAtLayer(cube, 20)))
  assert.deepEqual(added.strands.data, known.strands.data)
  assert.deepEqual(added.pose, known.pose)
})

test('growing in small steps gives the same as growing at once', () => {
  const failures: Failure[] = [{ kind: 'detached', layer: 8 }]
  const steps = createGrowth(cube, failures, 3)
  const end = segmentsDoneAt(cube, secondsAtLayer(cube, 16))
  for (let count = 0; count <= end; count += 13) growTo(steps, count)
  growTo(steps, end)
  const once = growUntil(16, failures, { seed: 3 })
  assert.deepEqual(steps.beads.data, once.beads.data)
  assert.deepEqual(steps.strands.data, once.strands.data)
  assert.deepEqual(steps.pose, once.pose)
})

test('a failure is read from its kind and layer, and nothing else passes', () => {
  assert.deepEqual(parseFailure('layer-shift@7'), { kind: 'layer-shift', layer: 7 })
  assert.deepEqual(parseFailure('layer-shift@7:2.5mm'), { kind: 'layer-shift', layer: 7, slipMm: 2.5 })
  assert.equal(parseFailure('clog@7:2mm'), undefined)
  assert.equal(parseFailure('none'), 'none')
  for (const text of ['', 'spaghetti', 'spaghetti@0', 'spaghetti@-3', 'burning@4', 'clog@x', 'clog@1.5']) {
    assert.equal(parseFailure(text), undefined, text)
  }
})
