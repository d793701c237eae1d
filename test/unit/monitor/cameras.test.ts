import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seen } from '../../../device/watch/watch.ts'
import { openScene } from '../../fakes/scripted-monitor.ts'
import { judgementOf } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

const minute = 60_000

/** A printer with two cameras, each with pictures of its own; the score of each by the time since the start. */
function twoCameras(scores: Readonly<Record<string, (seconds: number) => number>>) {
  const clock = new VirtualClock()
  const observe = async () => {
    const capturedAtMs = clock.nowMs()
    const [first, ...others] = Object.entries(scores).map(
      ([camera, score], index): Seen => ({
        kind: 'seen',
        frame: { jpeg: new Uint8Array([0xff, 0xd8, index]), capturedAtMs },
        judgement: judgementOf(score(capturedAtMs / 1000)),
        frameMs: 1,
        camera,
      }),
    )
    assert.ok(first)
    return { ...first, others }
  }
  return { clock, parts: { observe } }
}

test('an incident shows the pictures of the camera that sees it, before and now', async (t) => {
  const fails = (seconds: number) => (seconds < 300 ? 0.05 : 0.995)
  const { clock, parts } = twoCameras({ 'camera 1': () => 0.05, 'camera 2': fails })
  const { print, find } = openScene(t, { clock, score: () => 0.05, parts })
  await clock.runUntil(() => find('defect.suspected').length > 0, 15 * minute)
  const [suspected] = find('defect.suspected')
  assert.ok(suspected?.type === 'defect.suspected')
  assert.match((suspected.data.reasons ?? []).join(' '), /Only camera 2 shows it/)
  assert.deepEqual(print.acts, [], 'one of two cameras warns')
  assert.deepEqual(
    find('snapshot.taken').map((entry) => 'jpeg' in entry && entry.jpeg?.at(2)),
    [1, 1],
  )
})

test('a failure that both cameras of a printer see is paused within a minute', async (t) => {
  const fails = (seconds: number) => (seconds < 300 ? 0.05 : 0.98)
  const { clock, parts } = twoCameras({ 'camera 1': fails, 'camera 2': fails })
  const { print } = openScene(t, { clock, score: () => 0.05, parts })
  await clock.runUntil(() => print.state === 'paused', 15 * minute)
  assert.ok(clock.nowMs() <= 360_000, `after ${clock.nowMs() / 1000 - 300} s`)
})
