import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../../device/clock.ts'
import type { Eye } from '../../../device/watch/eyes.ts'
import { joinSights, openEyes } from '../../../device/watch/eyes.ts'
import type { Observation } from '../../../device/watch/watch.ts'

const never = new AbortController().signal

const seenAt = (capturedAtMs: number): Observation => ({
  kind: 'seen',
  frame: { jpeg: new Uint8Array(), capturedAtMs },
  judgement: {
    score: 0.1,
    detections: [],
    maps: [],
    figures: {
      width: 1,
      height: 1,
      brightness: 1,
      darkShare: 0,
      brightShare: 0,
      sharpness: 100,
      fineness: 0.24,
      thumbnail: new Uint8Array(),
    },
    decodeMs: 1,
    inferMs: 1,
  },
  frameMs: 1,
})
const unseen: Observation = { kind: 'unseen', reason: 'camera-dark', detail: 'the picture is black' }

/** A camera that sees at once, with so many milliseconds between its pictures. */
function steady(name: string, everyMs: number): Eye & { looks: number } {
  const eye = {
    name,
    looks: 0,
    observe: async () => {
      eye.looks += 1
      return seenAt(eye.looks * everyMs)
    },
  }
  return eye
}

/** A camera that answers when told to. */
function held(name: string) {
  const answers: PromiseWithResolvers<Observation>[] = []
  const observe = () => {
    const answer = Promise.withResolvers<Observation>()
    answers.push(answer)
    return answer.promise
  }
  return { name, observe, answers }
}

describe('several cameras on one printer', { timeout: 20_000 }, () => {
  test('are each looked through once a round', async () => {
    const fast = steady('fast', 1_000)
    const slow = steady('slow', 4_000)
    const lookAll = openEyes([fast, slow], { clock: systemClock })
    for (let round = 0; round < 5; round++) await lookAll(never)
    const news = await lookAll(never)
    assert.deepEqual([fast.looks, slow.looks], [6, 6])
    assert.deepEqual(
      news.map(({ camera }) => camera),
      ['fast', 'slow'],
    )
  })

  test('are not held up by one that hangs, which is asked once and heard when it answers', async () => {
    const good = steady('good', 1_000)
    const hung = held('hung')
    const lookAll = openEyes([hung, good], { clock: systemClock, patience: 50 })
    assert.deepEqual(
      (await lookAll(never)).map(({ camera }) => camera),
      ['good'],
    )
    // From now on nobody waits for it at all: a thousand rounds would else take 50 s.
    const began = performance.now()
    for (let round = 0; round < 1_000; round++) await lookAll(never)
    assert.ok(performance.now() - began < 5_000)
    assert.equal(hung.answers.length, 1)
    hung.answers[0]?.resolve(seenAt(7))
    await hung.answers[0]?.promise
    const late = await lookAll(never)
    assert.deepEqual(late.map(({ camera }) => camera).sort(), ['good', 'hung'])
    // Back in time, it is waited for again.
    const next = lookAll(never)
    hung.answers[1]?.resolve(seenAt(20))
    assert.equal((await next).length, 2)
  })

  test('that all hang end a round with the first that answers', async () => {
    const [one, other] = [held('one'), held('other')]
    const lookAll = openEyes([one, other], { clock: systemClock, patience: 1 })
    const round = lookAll(never)
    setTimeout(() => other.answers[0]?.resolve(unseen), 30)
    assert.deepEqual(
      (await round).map(({ camera }) => camera),
      ['other'],
    )
  })
})

describe('one sight of several cameras', () => {
  const sightOf = (...observations: Observation[]) => {
    const names = observations.map((_, index) => `${index}`)
    const news = observations.map((observation, index) => ({
      camera: `${index}`,
      observation,
    }))
    return joinSights(async () => news.toReversed(), names)(never)
  }

  test('is the first that sees, in the order of the configuration, with what the others see', async () => {
    const [one, two] = [seenAt(1), seenAt(2)]
    const { round, ...both } = await sightOf(one, two)
    assert.deepEqual(both, { ...one, others: [two] })
    assert.deepEqual(
      round?.map(({ camera, kind, capturedAtMs }) => [camera, kind, capturedAtMs]),
      [
        ['0', 'seen', 1],
        ['1', 'seen', 2],
      ],
    )
    assert.equal((await sightOf(unseen, two)).frame, two.frame)
    const { round: half, ...only } = await sightOf(one, unseen)
    assert.deepEqual(only, one)
    assert.equal(half?.[1]?.kind, 'unseen')
  })

  test('is why the first does not see, where none does', async () => {
    const other: Observation = { kind: 'unseen', reason: 'camera-unreachable', detail: 'gone' }
    const { round, ...first } = await sightOf(unseen, other)
    assert.deepEqual(first, unseen)
    assert.equal(round?.length, 2)
  })

  test('is shared by two who look at the same moment', async () => {
    let rounds = 0
    const look = joinSights(async () => {
      rounds += 1
      return [{ camera: 'a', observation: seenAt(rounds) }]
    }, ['a'])
    const [one, two] = await Promise.all([look(never), look(never)])
    assert.equal(one, two)
    assert.equal(rounds, 1)
  })
})
