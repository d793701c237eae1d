import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationsSeconds } from '../../../device/assess/scene.ts'
import { createRandom } from '../../../device/simulator/random.ts'
import { natsOf } from '../../../shared/rarity.ts'
import { fitOffset, fitRises, fitTail, streamHeights, worstTail } from '../../bench/calibrate/fit.ts'
import { answers, webcam } from './pictures.ts'

/** Heights of prints of which one in e more reaches a step more. */
function draw(count: number, { from, slope, seed }: { from: number; slope: number; seed: number }): number[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => from - Math.log(1 - random.next()) / slope)
}

test('a tail says how many hours lie between two prints that reach a value', () => {
  const tail = fitTail(draw(20_000, { from: 1, slope: 1.5, seed: 5 }), 3)
  assert.ok(Math.abs(tail.slope - 1.5) < 0.1, `slope ${tail.slope}`)
  // One print in e^4.5 reaches 4: every 3 · e^4.5 hours.
  assert.ok(Math.abs(natsOf(4, tail) - Math.log(3 * Math.exp(4.5))) < 0.3)
})

test('of several tails the one that rises higher once in a thousand hours counts', () => {
  const [low, high] = [fitTail(draw(500, { from: 0, slope: 2, seed: 1 }), 3), { slope: 1, intercept: 0 }]
  assert.equal(worstTail([low, high]), high)
  assert.equal(worstTail([high, low]), high)
})

test('evidence that is as rare as it says gives nothing up, and one that is e times as common gives up one', () => {
  const heightsOf = (shift: number) => {
    // ln hours of prints of three hours whose evidence is honest: one print in a thousand reaches ln 3,000.
    const nats = draw(20_000, { from: Math.log(3) + shift, slope: 1, seed: 3 })
    return { hoursEach: 3, rises: nats.map((one) => [one]) }
  }
  const tails = [{ intercept: 0, slope: 1 }]
  assert.ok(fitOffset([heightsOf(-0.5)], tails) === 0)
  assert.ok(Math.abs(fitOffset([heightsOf(-0.5), heightsOf(1)], tails) - 1) < 0.2)
})

const cameras = [webcam('run', [-5, -4.5, -4, -3.5, -3]), webcam('photo', [-4])]
const plan = { cameras, answers, hours: 6, correlations: [10], seeds: [1, 2], say: () => {} }

test('each seed streams its own prints, and the same seeds the same', () => {
  const unknown = { rises: [], start: { intercept: 0, slope: 1 } }
  const [both, again] = [streamHeights(plan, 10, unknown), streamHeights(plan, 10, unknown)]
  assert.deepEqual(both, again)
  assert.ok(both.rises.length >= 2 && both.rises.every((row) => row.length === durationsSeconds.length))
  assert.ok(both.hoursEach >= 0.5 && both.hoursEach <= 8)
  assert.ok(both.rises.flat().every(Number.isFinite))
})

test('rises get a tail for each duration, steeper than nothing', () => {
  const tails = fitRises(plan)
  assert.equal(tails.length, durationsSeconds.length)
  assert.ok(tails.every(({ slope, intercept }) => slope > 0 && Number.isFinite(intercept)))
})
