import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rarityOf } from '../../../device/assess/rarities.ts'
import { coldest, openScene, type Scene, type Standout, seeScene } from '../../../device/assess/scene.ts'
import { createRandom, mixSeed } from '../../../device/simulator/random.ts'

const grid = { width: 20, height: 20 }
const { rarity } = rarityOf()
const everySeconds = 5

/** A map at -5 but for a block of cells in its middle. */
function mapOf(block: number): Float32Array {
  return Float32Array.from({ length: grid.width * grid.height }, (_, i) => {
    const [x, y] = [i % grid.width, Math.floor(i / grid.width)]
    return Math.abs(x - 10) < 3 && Math.abs(y - 10) < 3 ? block : -5
  })
}

/** Sees frames five seconds apart; the last standout. */
function seeAll(blocks: readonly number[]): { scene: Scene; standout: Standout | undefined } {
  const [first = -5, ...rest] = blocks
  let scene = openScene(mapOf(first), { grid, atSeconds: 0 })
  let standout: Standout | undefined
  for (const [i, block] of rest.entries()) {
    ;[scene, standout] = seeScene(scene, { map: mapOf(block), atSeconds: (i + 1) * everySeconds }, rarity)
  }
  return { scene, standout }
}

const good = Array.from({ length: 20 }, () => -5)
const failing = Array.from({ length: 8 }, () => 4)

for (const odd of [0, 1, 2]) {
  test(`one odd picture among the first three (number ${odd + 1}) excuses nothing where it was hot`, () => {
    const clean = seeAll([...good, ...failing])
    const soiled = seeAll([...good.with(odd, 4), ...failing])
    assert.ok(clean.standout && soiled.standout)
    assert.ok(clean.standout.nats > Math.log(100), `${clean.standout.nats}`)
    assert.ok(soiled.standout.nats > clean.standout.nats - 0.5, `${soiled.standout.nats}`)
  })
}

test('pictures closer together than three seconds are one: a hand that is gone after two seconds excuses nothing', () => {
  let scene = openScene(mapOf(4), { grid, atSeconds: 0 })
  for (let second = 0.5; second < 2; second += 0.5)
    [scene] = seeScene(scene, { map: mapOf(4), atSeconds: second }, rarity)
  let standout: Standout | undefined
  for (const [i, block] of [...good, ...failing].entries())
    [scene, standout] = seeScene(scene, { map: mapOf(block), atSeconds: 3 + i * everySeconds }, rarity)
  assert.ok(standout && standout.nats > Math.log(100), `${standout?.nats}`)
})

/** Frames of a print drawn by a seed: noise of a size in every cell, and what is added to it at each moment. */
function watch(
  seed: number,
  noise: number,
  add: (cell: number, atSeconds: number) => number,
  seconds = 1800,
  look: (standout: Standout, atSeconds: number) => void = () => {},
): { highest: Standout | undefined; last: Standout | undefined } {
  const random = createRandom(mixSeed('scene', seed))
  const frame = (atSeconds: number) =>
    Float32Array.from(
      { length: grid.width * grid.height },
      (_, cell) => -3.5 + noise * random.normal() + add(cell, atSeconds),
    )
  let scene = openScene(frame(0), { grid, atSeconds: 0 })
  let highest: Standout | undefined
  let last: Standout | undefined
  for (let atSeconds = everySeconds; atSeconds <= seconds; atSeconds += everySeconds) {
    ;[scene, last] = seeScene(scene, { map: frame(atSeconds), atSeconds }, rarity)
    if (last) look(last, atSeconds)
    if (last && last.nats > (highest?.nats ?? -Infinity)) highest = last
  }
  return { highest, last }
}

const seeds = [1, 2, 3]
const block = mapOf(1)
const isInBlock = (cell: number) => block[cell] === 1

test('light that lifts all of the picture is no rise, and a failure in that light still is one', () => {
  for (const seed of seeds) {
    const light = (atSeconds: number) => (atSeconds > 1200 ? 1.5 : 0)
    const { highest } = watch(seed, 0.3, (_, atSeconds) => light(atSeconds))
    // Below ln 20 no owner is told, at any sensitivity.
    assert.ok(highest && highest.nats < Math.log(20), `seed ${seed}: ${highest?.nats}`)
    const failing = watch(seed, 0.3, (cell, atSeconds) =>
      atSeconds > 1500 && isInBlock(cell) ? 7 : light(atSeconds),
    )
    assert.ok(failing.highest && failing.highest.nats > Math.log(1000), `seed ${seed}`)
  }
})

test('a place that has always come and gone must rise further than one that never moved', () => {
  for (const seed of seeds) {
    const rise = (swing: number) => {
      const random = createRandom(seed)
      return (cell: number, atSeconds: number) => {
        if (!isInBlock(cell)) return 0
        return atSeconds > 1780 ? 3 : swing * random.normal()
      }
    }
    const [still, restless] = [watch(seed, 0.3, rise(0)), watch(seed, 0.3, rise(1.2))]
    assert.ok(still.last && restless.last && still.last.nats > restless.last.nats, `seed ${seed}`)
  }
})

test('a rise in a place that stays as it is counts for more the longer it was seen to stay', () => {
  const riseAt = (seconds: number) => {
    let scene = openScene(mapOf(-5), { grid, atSeconds: 0 })
    let standout: Standout | undefined
    for (let atSeconds = everySeconds; atSeconds <= seconds + 15; atSeconds += everySeconds) {
      const map = mapOf(atSeconds > seconds ? -2.5 : -5)
      ;[scene, standout] = seeScene(scene, { map, atSeconds }, rarity)
    }
    return standout?.rises[0] ?? 0
  }
  const [young, grown, old] = [riseAt(120), riseAt(1200), riseAt(7200)]
  assert.ok(young < grown && grown < old, `${young}, ${grown}, ${old}`)
})

test('what is masked, as cold as can be, rises by nothing when all else grows colder', () => {
  const masked = (cell: number, heat: number) => (cell < 100 ? coldest : heat)
  const frame = (heat: number) => Float32Array.from({ length: 400 }, (_, cell) => masked(cell, heat))
  let scene = openScene(frame(-4), { grid, atSeconds: 0 })
  let standout: Standout | undefined
  for (let i = 1; i < 200; i++) {
    ;[scene, standout] = seeScene(scene, { map: frame(i < 100 ? -4 : -5.9), atSeconds: i * 5 }, rarity)
    assert.ok((standout?.nats ?? -Infinity) < Math.log(2), `frame ${i}: ${standout?.nats}`)
  }
})

test('a failure that grows slowly, a cell at a time, is not taken for usual before it is large enough to be seen', () => {
  const places = [210, 211, 230, 231, 190, 191]
  for (const seed of seeds) {
    const grow = (cell: number, atSeconds: number) => {
      const place = places.indexOf(cell)
      return place >= 0 && atSeconds > 1200 + 160 * place ? 4.8 : 0
    }
    const { highest } = watch(seed, 0.3, grow, 2400)
    assert.ok(highest && highest.nats > Math.log(1000), `seed ${seed}: ${highest?.nats}`)
  }
})

test('a camera that shows heat from its first picture on is followed in how that heat moves', () => {
  for (const seed of seeds) {
    const heat = (cell: number, atSeconds: number) => {
      if (!isInBlock(cell)) return 0
      return 5.5 + 1.5 * createRandom(mixSeed(seed, cell, Math.floor(atSeconds / 60))).between(-1, 1)
    }
    let late = -Infinity
    watch(seed, 0.3, heat, 7200, ({ rises }, atSeconds) => {
      if (atSeconds > 3600) late = Math.max(late, ...rises)
    })
    assert.ok(late < 0.6, `seed ${seed}: ${late}`)
  }
})

test('a picture after ten minutes without one tells of its moment, not of ten minutes', () => {
  let scene = openScene(mapOf(-5), { grid, atSeconds: 0 })
  let standout: Standout | undefined
  for (let i = 1; i <= 12; i++) {
    const map = mapOf(i > 10 ? 1 : -5)
    ;[scene, standout] = seeScene(scene, { map, atSeconds: 600 * i }, rarity)
  }
  const [shortest = 0, , , longest = 0] = standout?.rises ?? []
  assert.ok(shortest > 5 && longest < shortest / 4, `${shortest}, ${longest}`)
})
