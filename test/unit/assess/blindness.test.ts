import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Look, look, openEyes } from '../../../device/assess/blindness.ts'

const dark: Look = { kind: 'unseen', reason: 'camera-dark' }
const gone: Look = { kind: 'unseen', reason: 'camera-unreachable', detail: 'refused' }
const seen: Look = { kind: 'seen' }

function watch(looks: [number, Look][]) {
  let eyes = openEyes(0)
  return looks.flatMap(([atSeconds, one]) => {
    const [next, changes] = look(eyes, one, atSeconds * 1000)
    eyes = next
    return changes.map(({ type, data }) => ({ type, data, atSeconds }))
  })
}

test('a frame that is late is not worth a word', () => {
  assert.deepEqual(
    watch([
      [5, seen],
      [10, gone],
      [12, seen],
    ]),
    [],
  )
})

test('blindness that lasts is said once, and its end with its length', () => {
  const told = watch([
    [5, seen],
    [10, gone],
    [16, gone],
    [30, gone],
    [65, seen],
    [70, seen],
  ])
  assert.deepEqual(told, [
    { type: 'camera.lost', data: { reason: 'camera-unreachable', detail: 'refused' }, atSeconds: 16 },
    { type: 'camera.restored', data: { reason: 'camera-unreachable', blindSeconds: 60 }, atSeconds: 65 },
  ])
})

test('another reason that lasts is another episode', () => {
  const told = watch([
    [12, dark],
    [20, { kind: 'unseen', reason: 'detector-failed' }],
    [31, { kind: 'unseen', reason: 'detector-failed' }],
  ])
  assert.deepEqual(
    told.map(({ type }) => type),
    ['camera.lost', 'camera.restored', 'detector.failed'],
  )
})

test('reasons that take turns are one episode, however long', () => {
  const looks = Array.from({ length: 1000 }, (_, i): [number, Look] => [12 + i * 5, i % 2 ? gone : dark])
  assert.deepEqual(
    watch([...looks, [6000, seen]]).map(({ type }) => type),
    ['camera.lost', 'camera.restored'],
  )
})
