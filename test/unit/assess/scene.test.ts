import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rarityOf } from '../../../device/assess/rarities.ts'
import { openScene, type Scene, type Standout, seeScene } from '../../../device/assess/scene.ts'

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
