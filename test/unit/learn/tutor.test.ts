import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { rarityOf, shippedSha256 } from '../../../device/assess/rarities.ts'
import type { TaughtCamera, Tutor } from '../../../device/learn/tutor.ts'
import { openEye } from '../../../device/watch/watch.ts'
import { openScene } from '../../fakes/scripted-monitor.ts'
import { judgementOf, type ScriptedPrint } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'
import { waitUntil } from '../../setup/wait.ts'
import { learningTime, openMemory, openTutorOn } from './tutors.ts'

const minute = 60_000
/** Where something looks like a failure, and from which second of printing on. */
interface Looks {
  spoolFrom?: number
  failureFrom?: number
}

/** A monitor on a print of a 10 × 10 map: a spool in the upper left corner, a failure in the middle. */
function watch(t: TestContext, { tutor }: { tutor: Tutor }, looks: Looks) {
  const clock = new VirtualClock()
  const scene: { print?: ScriptedPrint } = {}
  const judge = async () => {
    const seconds = scene.print?.printSeconds ?? 0
    const judgement = judgementOf(0.02, 0)
    for (const { cells } of judgement.maps) {
      if (seconds >= (looks.spoolFrom ?? Infinity)) for (const cell of [0, 1, 10, 11]) cells[cell] = 0.98
      if (seconds >= (looks.failureFrom ?? Infinity)) for (const cell of [55, 56, 65, 66]) cells[cell] = 0.98
    }
    return judgement
  }
  const quality = { start: null, judge: (): [null, { isUsable: true }] => [null, { isUsable: true }] }
  const camera = { description: 's', capture: () => frame(), close: async () => {} }
  const frame = async () => ({ jpeg: new Uint8Array([0xff, 0xd8]), capturedAtMs: clock.nowMs() })
  const detector = { backend: 'onnx' as const, modelSha256: shippedSha256, judge, close: async () => {} }
  const observe = openEye({ camera, detector, clock, quality })
  const opened = openScene(t, { clock, score: () => 0, parts: { tutor, observe } })
  scene.print = opened.print
  return opened
}

test('a false alarm, marked: after the print a mask is kept, the same print is quiet, and a failure is found', async (t) => {
  const learning = await openMemory(t)
  const { tutor, entries } = await openTutorOn(learning)
  const { clock, print, find, types, monitor } = watch(t, { tutor }, { spoolFrom: 300, failureFrom: 1500 })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  assert.ok(print.printSeconds < 400)
  const printId = find('print.started')[0]?.printId ?? ''
  await tutor.mark({ printId, verdict: 'fine', ignore: [], revision: 1 })
  // While the print is under way nothing changes.
  assert.equal(entries.length, 0)
  assert.deepEqual(tutor.viewOf('camera'), { mask: undefined })
  print.set('finished')
  await clock.runUntil(() => types().includes('print.finished'), minute)
  await waitUntil('the lesson', () => entries.find(({ type }) => type === 'printer.tuned'), learningTime)
  const tuned = entries.find((entry) => entry.type === 'printer.tuned')
  assert.ok(tuned?.type === 'printer.tuned' && tuned.data.canUndo)
  assert.match(tuned.data.words?.join(' ') ?? '', /Ignores one place.*false pauses 1 → 0/)
  const answer = entries.find((entry) => entry.type === 'print.marked')
  assert.ok(answer?.type === 'print.marked' && answer.data.printId === printId)
  assert.match(answer.data.words ?? '', /^Learned/)

  print.runId = '2'
  print.set('printing')
  await clock.runUntil(() => find('print.started').length === 2, minute)
  assert.ok(tutor.viewOf('camera').mask)
  const confirmedBefore = find('defect.confirmed').length
  const beganMs = print.printSeconds
  assert.ok(beganMs >= 0)
  // The spool is in the picture from the start on by now; the failure begins later.
  await clock.runUntil(() => print.printSeconds > 1450, 40 * minute)
  assert.equal(find('defect.confirmed').length, confirmedBefore)
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  assert.ok(print.printSeconds >= 1500 && print.printSeconds < 1700, `paused at ${print.printSeconds}`)
  assert.ok(monitor.link.course.print)
})

test('what was learned comes back after a restart, is taken back, and is told once each time', async (t) => {
  const learning = await openMemory(t)
  const first = await openTutorOn(learning)
  const { clock, print, find, types, stop } = watch(t, first, { spoolFrom: 300 })
  await clock.runUntil(() => print.state === 'paused', 20 * minute)
  print.set('cancelled')
  await clock.runUntil(() => types().includes('print.finished'), minute)
  const printId = find('print.started')[0]?.printId ?? ''
  await first.tutor.mark({ printId, verdict: 'fine', ignore: [], revision: 1 })
  await waitUntil(
    'the lesson',
    () => first.entries.find(({ type }) => type === 'printer.tuned'),
    learningTime,
  )
  await stop()

  const second = await openTutorOn(learning)
  assert.equal(second.entries.length, 0)
  assert.deepEqual(second.tutor.viewOf(), first.tutor.viewOf())
  assert.ok(second.tutor.viewOf().mask)
  assert.equal(await second.tutor.undo(), true)
  assert.equal(second.tutor.viewOf().mask, undefined)
  const told = second.entries.map((entry) => (entry.type === 'printer.tuned' ? entry.data.words : undefined))
  assert.deepEqual(told, [[]])
  assert.equal(await second.tutor.undo(), false)
  assert.equal(second.entries.length, 1)
})

test('what the configuration says to ignore is ignored, and much of it is told', async (t) => {
  const learning = await openMemory(t)
  const mask = { boxes: [[0, 0, 0.5, 0.7]] as [number, number, number, number][] }
  const { tutor } = await openTutorOn(learning, { cameras: [{ name: 'camera', mask } as TaughtCamera] })
  assert.deepEqual(tutor.viewOf(), { mask })
  assert.match(tutor.limits.join(' '), /3\d % of the picture is ignored/)
  const { clock, print } = watch(t, { tutor }, { spoolFrom: 300 })
  await clock.runUntil(() => print.printSeconds > 900, 40 * minute)
  assert.equal(print.state, 'printing')
})

test('a model that was never measured is told to be one', async (t) => {
  const learning = await openMemory(t)
  const { tutor } = await openTutorOn(learning, { modelSha256: 'c'.repeat(64) })
  assert.equal(rarityOf('c'.repeat(64)).isMeasured, false)
  assert.match(tutor.limits.join(' '), /never measured/)
  assert.deepEqual((await openTutorOn(learning)).tutor.limits, [])
})
