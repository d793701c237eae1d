import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { judgeStillness } from '../../../device/assess/stillness.ts'
import { watchStandstill } from '../../../device/pause/standstill.ts'
import { motionSize } from '../../../device/printer/motion.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

const { width, height } = motionSize

/** A dark square on a grey plate with a sensor's noise; `at` is where the square stands. */
function scene(at: number, seed: number): Uint8Array {
  let state = seed + 1
  const noise = () => {
    state = (state * 48_271) % 2_147_483_647
    return (state % 5) - 2
  }
  return Uint8Array.from({ length: width * height }, (_, cell) => {
    const [x, y] = [cell % width, Math.floor(cell / width)]
    const isSquare = x >= at && x < at + 10 && y > 20 && y < 30
    return (isSquare ? 40 : 128) + noise()
  })
}

const standing = [0, 1, 2, 3].map((seed) => scene(20, seed))
const moving = [0, 1, 2, 3, 4].map((seed) => scene(5 + 8 * seed, seed))

test('a printer that stands still is told so by four pictures, noise and all', () => {
  assert.equal(judgeStillness(standing.slice(0, 3)), undefined, 'too few')
  assert.equal(judgeStillness(standing), 'still')
})

test('a printer that goes on moving is told so', () => {
  assert.equal(judgeStillness(moving), 'moving')
})

test('a head that parks first and then stands is still', () => {
  assert.equal(judgeStillness([scene(40, 9), ...standing]), 'still')
})

test('a hand that reaches in once is no printer that moves', () => {
  assert.equal(judgeStillness([standing, scene(40, 7), standing].flat().slice(0, 6)), undefined)
})

test('the same picture again and again is a camera that stands still, and tells nothing', () => {
  assert.equal(judgeStillness(Array.from({ length: 6 }, () => scene(20, 1))), undefined)
})

test('a lamp that is switched on is no motion', () => {
  const bright = [5, 6, 7].map((seed) => scene(20, seed).map((value) => value + 60))
  assert.equal(judgeStillness([scene(20, 1), ...bright]), 'still')
})

const jpegOf = (picture: Uint8Array) =>
  sharp(picture, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 95 })
    .toBuffer()

interface Look {
  camera?: string
  at: (picture: number) => number
  isThere?: boolean
}

async function watch(cameras: readonly Look[], isWanted = () => true) {
  const clock = new VirtualClock()
  let pictures = 0
  const look = async () => {
    pictures += 1
    const shots = cameras
      .filter(({ isThere = true }) => isThere)
      .map(async ({ camera = 'a', at }) => ({ camera, jpeg: await jpegOf(scene(at(pictures), pictures)) }))
    return Promise.all(shots)
  }
  const watching = watchStandstill({ look, clock, isWanted }, new AbortController().signal)
  let isOver = false
  void watching.then(() => {
    isOver = true
  })
  while (!isOver) {
    await clock.run(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return watching
}

test('a paused printer is looked at once its head has had time to park', async () => {
  const told = await watch([{ at: () => 20 }])
  assert.equal(told?.picture, 'still')
  assert.ok(told && told.seconds >= 8 && told.seconds <= 40, `${told?.seconds} s`)
})

test('one that moves on is seen by any of its cameras', async () => {
  const told = await watch([
    { camera: 'a', at: () => 20 },
    { camera: 'b', at: (picture) => 2 + ((picture * 11) % 50) },
  ])
  assert.equal(told?.picture, 'moving')
})

test('without a picture nothing is said but that', async () => {
  assert.equal((await watch([{ at: () => 20, isThere: false }]))?.picture, 'unseen')
})

test('nobody looks on once the print goes on', async () => {
  let rounds = 0
  const told = await watch([{ at: () => 20 }], () => ++rounds < 3)
  assert.equal(told, undefined)
})
