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

test('a camera that gives every third picture is said to be lost, and not every few seconds', () => {
  const looks = Array.from({ length: 720 }, (_, i): [number, Look] => [
    5 * (i + 1),
    i % 3 === 2 ? seen : gone,
  ])
  const told = watch(looks)
  assert.deepEqual(
    told.map(({ type }) => type),
    ['camera.lost', 'camera.restored', 'camera.lost'],
  )
})

test('a relapse ends once there was something to see for half a minute without a break', () => {
  const told = watch([
    [12, gone],
    [20, seen],
    [35, gone],
    [40, seen],
    [45, seen],
    [50, gone],
    [55, seen],
    [70, seen],
    [84, seen],
    [85, seen],
    [90, seen],
  ])
  assert.deepEqual(
    told.map(({ type, atSeconds }) => [type, atSeconds]),
    [
      ['camera.lost', 12],
      ['camera.restored', 20],
      ['camera.lost', 35],
      ['camera.restored', 85],
    ],
  )
})

test('a relapse long after the last episode ends at once, as a first one does', () => {
  const told = watch([
    [12, gone],
    [20, seen],
    [400, seen],
    [415, gone],
    [420, seen],
  ])
  assert.deepEqual(
    told.map(({ atSeconds }) => atSeconds),
    [12, 20, 415, 420],
  )
})
