import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorld, deriveWorldSeed } from '../../../device/simulator/world.ts'

test('no world for training is a world for judging', () => {
  const train = new Set<number>()
  const judge = new Set<number>()
  for (let seed = 0; seed < 20_000; seed++) {
    train.add(deriveWorldSeed('train', seed))
    judge.add(deriveWorldSeed('judge', seed))
  }
  assert.ok(train.size > 19_900 && judge.size > 19_900, 'seeds hardly ever share a world')
  assert.deepEqual(
    [...train].filter((seed) => judge.has(seed)),
    [],
  )
  assert.ok([...train].every((seed) => seed % 2 === 0))
  assert.ok([...judge].every((seed) => seed % 2 === 1))
})

test('a seed always makes the same world, and another seed another', () => {
  assert.deepEqual(createWorld('judge', 7), createWorld('judge', 7))
  assert.notDeepEqual(createWorld('judge', 7), createWorld('judge', 8))
  assert.notDeepEqual(createWorld('judge', 7), createWorld('train', 7))
})

test('worlds differ in shape, filament, bed, camera, light and room', () => {
  const worlds = Array.from({ length: 60 }, (_, seed) => createWorld('judge', seed))
  const kinds = (of: (world: (typeof worlds)[number]) => unknown) => new Set(worlds.map(of)).size
  assert.equal(
    kinds(({ shape }) => shape),
    8,
  )
  assert.equal(
    kinds(({ bed }) => bed.kind),
    5,
  )
  assert.equal(
    kinds(({ material }) => material.colour.join()),
    60,
  )
  assert.equal(
    kinds(({ camera }) => camera.azimuth),
    60,
  )
  assert.equal(
    kinds(({ background }) => background.isEnclosed),
    2,
  )
})
