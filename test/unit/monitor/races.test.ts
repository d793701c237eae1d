import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import pino from 'pino'
import { formatCourse, type PrinterCourse, parseCourse } from '../../../device/assess/prints.ts'
import { newId } from '../../../device/ids.ts'
import type { Fallback } from '../../../device/pause/fallback.ts'
import type { Printer } from '../../../device/printer/printer.ts'
import type { Journal } from '../../../device/watch/journal.ts'
import { failsAt, openScene } from '../../fakes/scripted-monitor.ts'
import { ScriptedPrint } from '../../fakes/scripted-print.ts'
import { VirtualClock } from '../../fakes/virtual-clock.ts'

/* What comes between an action and its end: another print, another wish, another look. */

const minute = 60_000

test('a stop meant for one print never stops the next', async (t) => {
  const { clock, print, monitor, find, signal } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.onAct = () => {
    // The answer is lost, the print ends, and somebody starts the next one at the printer.
    print.runId = '2'
    throw new UnavailableError('no answer')
  }
  const [outcome] = await Promise.all([
    monitor.link.act('cancel', 'person', signal),
    clock.runUntil(() => find('print.started').length === 2, minute),
  ])
  await clock.run(minute)
  assert.equal(outcome.isDone, true, 'the print it was meant for is over')
  assert.deepEqual(print.acts, ['cancel'])
  assert.equal(print.state, 'printing')
})

test('a pause meant for one print is not said to have failed because the next one runs', async (t) => {
  const { clock, print, find, types } = openScene(t, { score: failsAt(100) })
  print.onAct = () => {
    print.runId = '2'
    print.script.score = () => 0.1
    throw new UnavailableError('no answer')
  }
  await clock.runUntil(() => find('print.started').length === 2, 20 * minute)
  await clock.run(minute)
  assert.deepEqual(print.acts, ['pause'])
  assert.ok(!types().includes('pause.failed'))
})

test('a failure confirmed while a person stops the print does not get in the way of the stop', async (t) => {
  const { clock, print, monitor, types, signal } = openScene(t, { score: failsAt(100) })
  await clock.runUntil(() => types().includes('defect.suspected'), 20 * minute)
  // Stopping takes this printer a while, in which it still says that it prints.
  print.onAct = () => {}
  const stopping = monitor.link.act('cancel', 'person', signal)
  await clock.runUntil(() => types().includes('defect.confirmed'), minute)
  print.set('cancelled')
  const [outcome] = await Promise.all([
    stopping,
    clock.runUntil(() => types().includes('print.finished'), minute),
  ])
  assert.equal(outcome.isDone, true)
  assert.ok(!print.acts.includes('pause'), print.acts.join(' '))
})

test('a resume is asked for once, for the printer may have paused for a reason of its own since', async (t) => {
  const { clock, print, monitor, signal } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.set('paused')
  await clock.runUntil(() => monitor.link.course.state === 'paused', minute)
  print.onAct = () => {}
  const [outcome] = await Promise.all([monitor.link.act('resume', 'person', signal), clock.run(minute)])
  assert.equal(outcome.isDone, false)
  assert.deepEqual(print.acts, ['resume'])
})

test('a printer that takes a minute to heat up before it goes on has resumed', async (t) => {
  const { clock, print, monitor, signal } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.set('paused')
  await clock.runUntil(() => monitor.link.course.state === 'paused', minute)
  print.onAct = () => print.set('resuming')
  const resuming = monitor.link.act('resume', 'person', signal)
  await clock.run(minute)
  print.set('printing')
  const [outcome] = await Promise.all([resuming, clock.run(10_000)])
  assert.equal(outcome.isDone, true)
})

test('a pause the printer never comes to the end of is said to have failed', async (t) => {
  const { clock, print, find } = openScene(t, {
    score: failsAt(100),
    parts: { fallbacks: [{ means: 'relay', use: async () => {} }] },
  })
  print.onAct = () => print.set('pausing')
  await clock.runUntil(() => find('pause.failed').length > 0, 20 * minute)
  const data = find('pause.failed')[0]?.data
  assert.equal(data && 'reason' in data && data.reason, 'the printer stayed pausing')
  await clock.run(minute)
  assert.deepEqual(find('fallback.used'), [])
})

test('a pause cut short by the end of the agent is not said to have failed', async (t) => {
  const { clock, print, types, stop } = openScene(t, { score: failsAt(100) })
  print.onAct = () => {
    throw new RejectedError('not now')
  }
  await clock.runUntil(() => print.acts.length > 0, 20 * minute)
  await stop()
  assert.ok(!types().includes('pause.failed'))
})

test('one picture seen by several counts once', async (t) => {
  const { clock, print, monitor, find, types, signal } = openScene(t, { score: () => 0.1 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  // One picture that looks bad, taken while the live view and a person ask for one as well.
  print.script.score = () => 0.99
  await Promise.all([1, 2, 3, 4].map(() => monitor.lookNow(signal)))
  print.script.score = () => 0.1
  await clock.run(5 * minute)
  assert.ok(!types().includes('defect.suspected'))
  const frames = find('layer.judged').map(({ data }) => ('frames' in data ? data.frames : 0))
  assert.ok(Math.max(...frames) <= 6, `${Math.max(...frames)} pictures in 20 s`)
})

test('a print resumed after the agent was restarted is not paused again for what was in sight', async (t) => {
  let area = 0.05
  const print = { printId: newId(), job: 'vase.gcode', runId: '1' }
  const scene = openScene(t, {
    score: () => 0.97,
    area: () => area,
    state: 'paused',
    parts: { course: { state: undefined, print, isHeld: true } },
  })
  await scene.clock.run(minute)
  assert.deepEqual(scene.find('printer.paused'), [], 'it was told before the restart')
  await Promise.all([
    scene.monitor.link.act('resume', 'person', scene.signal),
    scene.clock.runUntil(() => scene.types().includes('printer.resumed'), minute),
  ])
  await scene.clock.run(10 * minute)
  assert.deepEqual(scene.print.acts, ['resume'])
  area = 0.3
  await scene.clock.runUntil(() => scene.print.state === 'paused', 5 * minute)
})

test('an agent that was away while the job was started anew follows a new print', async (t) => {
  let saved: PrinterCourse | undefined
  const journal: Journal = {
    record: () => {},
    saveCourse: async (course) => {
      saved = course
    },
    keepLayerPicture: () => {},
  }
  // This printer tells one run from the next by nothing but its clock.
  const before = openScene(t, { score: () => 0.1, tellsRun: false, parts: { journal } })
  await before.clock.runUntil(() => before.print.printSeconds > 600, 20 * minute)
  await before.stop()
  const after = openScene(t, {
    score: () => 0.1,
    tellsRun: false,
    parts: { course: parseCourse(formatCourse(kept(saved))) },
  })
  await after.clock.runUntil(() => after.types().includes('print.started'), minute)
  assert.ok(after.types().includes('print.finished'))
})

test('a printer that is not there is said so once, and found when it comes', async (t) => {
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  let isThere = false
  const printer: Printer = {
    ...new ScriptedPrint({ clock: new VirtualClock(), layerSeconds: 20, score: () => 0.1 }).printer,
    probe: async () => {
      if (!isThere) throw new UnavailableError('nobody there')
      return { description: 'late', actions: [], limits: [] }
    },
  }
  const { clock, monitor } = openScene(t, { score: () => 0.1, parts: { log, printer } })
  await clock.run(10 * minute)
  assert.equal(lines.filter((line) => line.includes('printer not found yet')).length, 1)
  isThere = true
  await clock.runUntil(() => monitor.link.capabilities?.description === 'late', 2 * minute)
})

function kept(course: PrinterCourse | undefined): PrinterCourse {
  assert.ok(course?.print)
  return course
}

test('a printer that says an unknown state is not paused, and both are said', async (t) => {
  const { clock, print, find } = openScene(t, { score: failsAt(100) })
  await clock.runUntil(() => print.printSeconds > 90, 5 * minute)
  print.isUnclear = true
  await clock.runUntil(() => find('pause.failed').length > 0, 20 * minute)
  assert.deepEqual(print.acts, [])
  const [lost] = find('printer.lost')
  assert.equal(lost?.type === 'printer.lost' && lost.data.reason, 'printer-unclear')
  const [failed] = find('pause.failed')
  assert.match(failed?.type === 'pause.failed' ? failed.data.reason : '', /not sure/)
  print.isUnclear = false
  await clock.runUntil(() => print.state === 'paused', 5 * minute)
  assert.deepEqual(print.acts, ['pause'])
})

test('a person pauses a printer that says an unknown state all the same', async (t) => {
  const { clock, print, monitor, signal } = openScene(t, { score: () => 0.05 })
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.isUnclear = true
  await clock.run(5_000)
  const pausing = monitor.link.act('pause', 'person', signal)
  await clock.runUntil(() => print.acts.length > 0, minute)
  print.isUnclear = false
  const [outcome] = await Promise.all([pausing, clock.run(minute)])
  assert.equal(outcome.isDone, true)
})

test('a stop from the phone that is not obeyed ends the print by other means, a pause from there does not', async (t) => {
  let calls = 0
  const plug: Fallback = {
    means: 'webhook',
    use: async () => {
      calls += 1
    },
  }
  const scene = openScene(t, { score: () => 0.05, parts: { fallbacks: [plug] } })
  const { clock, print, monitor, find, signal } = scene
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.onAct = () => {
    throw new RejectedError('not now')
  }
  for (const action of ['pause', 'cancel'] as const) {
    assert.equal(calls, 0)
    const [outcome] = await Promise.all([monitor.link.act(action, 'person', signal), clock.run(minute)])
    await Promise.all([monitor.pausing.seeThrough(action, outcome, signal), clock.run(minute)])
  }
  assert.equal(calls, 1)
  assert.equal(find('fallback.used').length, 1)
})

test('a stop that could not be asked for, contact being lost, ends nothing by other means', async (t) => {
  const plug: Fallback = { means: 'webhook', use: async () => {} }
  const scene = openScene(t, { score: () => 0.05, parts: { fallbacks: [plug] } })
  const { clock, print, monitor, find, signal } = scene
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  print.isReachable = false
  const [outcome] = await Promise.all([monitor.link.act('cancel', 'person', signal), clock.run(minute)])
  assert.equal(outcome.isDone, false)
  await Promise.all([monitor.pausing.seeThrough('cancel', outcome, signal), clock.run(minute)])
  assert.deepEqual(find('fallback.used'), [])
})

test('a stop that another wish overtook was not disobeyed, and ends nothing by other means', async (t) => {
  const plug: Fallback = { means: 'webhook', use: async () => {} }
  const scene = openScene(t, { score: () => 0.05, parts: { fallbacks: [plug] } })
  const { clock, print, monitor, find, signal } = scene
  await clock.runUntil(() => print.printSeconds > 60, 5 * minute)
  // It takes everything on and does nothing.
  print.onAct = () => {}
  const stopping = monitor.link.act('cancel', 'person', signal)
  const seenThrough = stopping.then((outcome) => monitor.pausing.seeThrough('cancel', outcome, signal))
  await clock.run(2_000)
  const pausing = monitor.link.act('pause', 'person', signal)
  await Promise.all([seenThrough, pausing, clock.run(2 * minute)])
  assert.deepEqual(find('fallback.used'), [])
})

test('a printer that can only be watched is not ended by other means while it does not answer', async (t) => {
  const clock = new VirtualClock()
  const scripted = new ScriptedPrint({ layerSeconds: 20, score: failsAt(60), clock })
  const probe = async () => ({ description: 'no link', actions: [], limits: ['Can only watch.'] })
  const plug: Fallback = { means: 'webhook', use: async () => {} }
  const status = async (signal: AbortSignal) => {
    if (clock.nowMs() > 55_000) throw new UnavailableError('gone')
    return scripted.printer.status(signal)
  }
  const parts = { printer: { ...scripted.printer, probe, status }, fallbacks: [plug] }
  const { types, find } = openScene(t, { clock, score: failsAt(60), parts })
  await clock.runUntil(() => types().includes('pause.failed'), 20 * minute)
  await clock.run(5 * minute)
  assert.deepEqual(find('fallback.used'), [])
})
