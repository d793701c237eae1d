import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  approachVariance,
  averageHottest,
  differenceAt,
  findRise,
  followCells,
  holdCells,
  lowerCells,
  spreadCells,
  standingCells,
} from '../../../device/assess/cells.ts'
import { createRandom, mixSeed, type Random } from '../../../device/simulator/random.ts'

const grid = { width: 7, height: 5 }
const count = grid.width * grid.height
const times = 200

/** Runs a property on maps drawn anew each time. */
function property(name: string, check: (random: Random, draw: () => Float32Array) => void): void {
  test(name, () => {
    for (let seed = 1; seed <= times; seed++) {
      const random = createRandom(mixSeed(name, seed))
      check(random, () => Float32Array.from({ length: count }, () => 3 * random.normal()))
    }
  })
}

property('what holds is the middle one of three maps, the lower of two, and one map itself', (_, draw) => {
  const maps = [draw(), draw(), draw()]
  const sorted = (some: readonly Float32Array[], cell: number) =>
    some.map((map) => map[cell] ?? 0).sort((a, b) => a - b)
  const three = holdCells(maps)
  const two = holdCells(maps.slice(0, 2))
  for (let cell = 0; cell < count; cell++) {
    assert.equal(three[cell], sorted(maps, cell)[1])
    assert.equal(two[cell], sorted(maps.slice(0, 2), cell)[0])
  }
  assert.equal(holdCells(maps.slice(0, 1)), maps[0])
})

property(
  'a share of differences is found to within a sixteenth, and never beyond the bound',
  (random, draw) => {
    const [a, b, share] = [draw(), draw(), 0.1 + 0.8 * random.next()]
    const exact = [...a].map((value, cell) => value - (b[cell] ?? 0)).sort((x, y) => x - y)
    const wanted = exact[Math.ceil(share * count) - 1] ?? 0
    const found = differenceAt(a, b, { share, most: 2 })
    assert.ok(Math.abs(found - Math.max(-2, Math.min(2, wanted))) <= 1 / 16, `${found}, not ${wanted}`)
  },
)

property(
  'taking off what was added gives the map back, within bounds and but for what is coldest',
  (random, draw) => {
    const bounds = { coldest: -4, hottest: 4 }
    const [map, by] = [draw(), random.between(-1, 1)]
    const lowered = lowerCells(map, by, bounds)
    map.forEach((value, cell) => {
      const expected = value > -4 ? Math.max(-4, Math.min(4, value - by)) : value
      assert.ok(Math.abs((lowered[cell] ?? 0) - expected) < 1e-5)
    })
  },
)

property('a rise is the mean of the highest cells, each in its own movements', (_, draw) => {
  const [map, usual] = [draw(), draw()]
  const variance = draw().map((value) => 0.05 + value * value)
  const heights = [...map].map((value, cell) => {
    const rise = value - (usual[cell] ?? 0)
    return rise > 0 ? rise * Math.sqrt(0.16 / (variance[cell] ?? 1)) : rise
  })
  const best = heights
    .map((height, cell) => ({ height, cell }))
    .sort((a, b) => b.height - a.height)
    .slice(0, 4)
  const found = findRise(map, { usual, variance, typicalVariance: 0.16 }, 4)
  assert.deepEqual(
    found.cells,
    best.map(({ cell }) => cell),
  )
  assert.ok(Math.abs(found.mean - best.reduce((sum, { height }) => sum + height, 0) / 4) < 1e-5)
  const hottest = [...map].sort((a, b) => b - a).slice(0, 4)
  assert.ok(Math.abs(averageHottest(map, 4) - hottest.reduce((sum, one) => sum + one, 0) / 4) < 1e-5)
})

property('each cell is spread to those around it, and none is lower than the least', (random, draw) => {
  const [map, least] = [draw(), random.between(-3, 1)]
  const spread = spreadCells(map, grid, least)
  for (let cell = 0; cell < count; cell++) {
    const [x, y] = [cell % grid.width, Math.floor(cell / grid.width)]
    const around = [...map].filter(
      (_, other) =>
        Math.abs((other % grid.width) - x) <= 1 && Math.abs(Math.floor(other / grid.width) - y) <= 1,
    )
    assert.equal(spread[cell], Math.fround(Math.max(least, ...around)))
  }
})

property(
  'what follows a map stays between it and where it was, and learns nothing too hot',
  (random, draw) => {
    const [from, to] = [draw(), draw()]
    const standing = { cells: Float32Array.from({ length: count }, () => random.whole(0, 1)), up: 0.1 }
    const next = followCells(from, to, { up: 0.7, down: 0.2, most: 1, standing })
    next.forEach((value, cell) => {
      const [a, b] = [from[cell] ?? 0, to[cell] ?? 0]
      assert.ok(value >= Math.min(a, b) - 1e-6 && value <= Math.max(a, b) + 1e-6)
      assert.ok(value <= Math.max(1, a) + 1e-6)
      if (standing.cells[cell] === 1) assert.ok(value - a <= 0.1 * Math.max(0, b - a) + 1e-6)
    })
  },
)

property('what stands out is what rises so far in its own movements', (_, draw) => {
  const [map, usual] = [draw(), draw()]
  const variance = draw().map((value) => 0.05 + value * value)
  const standing = standingCells(map, { usual, variance, typicalVariance: 0.16 }, 1)
  standing.forEach((one, cell) => {
    const rise = (map[cell] ?? 0) - (usual[cell] ?? 0)
    const movements = rise / Math.sqrt(variance[cell] ?? 1)
    if (Math.abs(movements - 2.5) > 1e-3) assert.equal(one, movements > 2.5 ? 1 : 0)
  })
})

property('variances stay within their bounds, whatever is seen', (_, draw) => {
  let variance: Float32Array = new Float32Array(count).fill(0.16)
  for (let i = 0; i < 50; i++) {
    variance = approachVariance(variance, [draw(), draw()], { share: 0.3, least: 0.02, most: 4, jump: 1000 })
  }
  assert.ok(variance.every((one) => one >= 0.02 - 1e-6 && one <= 4 + 1e-6))
})

property('one jump moves a variance by no more than so many times itself', (_, draw) => {
  const before = new Float32Array(count).fill(0.16)
  const after = approachVariance(before, [draw(), draw()], { share: 0.5, least: 0.02, most: 4, jump: 6 })
  assert.ok(after.every((one) => one <= 0.16 + 0.5 * (6 * 0.16 - 0.16) + 1e-6))
})
