import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followPrinter, type PrinterCourse, unknownCourse } from '../../../device/assess/prints.ts'
import type { PrinterStatus } from '../../../device/printer/printer.ts'

function follow(statuses: PrinterStatus[], start: PrinterCourse = unknownCourse) {
  let course = start
  let prints = 0
  const changes = statuses.flatMap((status) => {
    const [next, more] = followPrinter(course, status, { newPrintId: () => `print-${++prints}` })
    course = next
    return more
  })
  return { course, changes, told: changes.map(({ type, data }) => brief(type, data)) }
}

function brief(type: string, data: object): string {
  if ('outcome' in data) return `${type} ${data.outcome}`
  if ('by' in data && type !== 'printer.changed') return `${type} ${data.by}`
  return 'state' in data ? `${type} ${data.state}` : type
}

const job = { name: 'vase.gcode' }

test('a print is told from its start to its end', () => {
  const { told } = follow([
    { state: 'idle' },
    { state: 'printing', job },
    { state: 'printing', job },
    { state: 'pausing', job },
    { state: 'paused', job },
    { state: 'resuming', job },
    { state: 'printing', job },
    { state: 'finished', job },
  ])
  assert.deepEqual(told, [
    'printer.changed idle',
    'print.started',
    'printer.changed printing',
    'printer.changed pausing',
    'printer.changed paused',
    'printer.paused printer',
    'printer.changed resuming',
    'printer.changed printing',
    'printer.resumed printer',
    'print.finished finished',
    'printer.changed finished',
  ])
})

test('a print found running is said to be so', () => {
  const { changes } = follow([{ state: 'printing', job }])
  assert.deepEqual(changes[0], {
    type: 'print.started',
    printId: 'print-1',
    data: { job: 'vase.gcode', foundRunning: true },
  })
})

test('a restarted agent goes on with the print it knew, and does not say again that it is paused', () => {
  const before = follow([
    { state: 'printing', job, printSeconds: 100 },
    { state: 'paused', job },
  ])
  const saved = { ...before.course, state: undefined }
  const { told, course } = follow([{ state: 'paused', job, printSeconds: 101 }], saved)
  assert.deepEqual(told, ['printer.changed paused'])
  assert.equal(course.print?.printId, 'print-1')
})

test('a job started anew is another print', () => {
  const again = (statuses: PrinterStatus[]) => follow(statuses).told.filter((t) => t.startsWith('print.'))
  const expected = ['print.started', 'print.finished cancelled', 'print.started']
  const run = (runId: string) => ({ state: 'printing', job: { name: 'a', runId } }) as const
  assert.deepEqual(again([run('1'), run('1'), run('2')]), expected)
  const at = (printSeconds: number) => ({ state: 'printing', job, printSeconds }) as const
  assert.deepEqual(again([at(100), at(90), at(5)]), expected)
  const named = (name: string) => ({ state: 'printing', job: { name } }) as const
  assert.deepEqual(again([named('a'), named('b')]), expected)
})

test('lost contact ends no print', () => {
  const { told } = follow([{ state: 'printing', job }, { state: 'offline' }, { state: 'printing', job }])
  assert.ok(!told.some((one) => one.startsWith('print.finished')))
})

test('how a print ended is told by the state, and for an idle printer by its progress', () => {
  const end = (status: PrinterStatus) => follow([{ state: 'printing', job }, status]).told[2]
  assert.equal(end({ state: 'cancelled' }), 'print.finished cancelled')
  assert.equal(end({ state: 'error' }), 'print.finished failed')
  assert.equal(end({ state: 'idle' }), 'print.finished cancelled')
  assert.equal(end({ state: 'idle', progress: 1 }), 'print.finished finished')
})

test('a print whose next one begins before an end was heard has finished where it was almost done', () => {
  const runs = (progress: number) =>
    follow([
      { state: 'printing', job: { ...job, runId: '1' }, progress: 0.2 },
      { state: 'printing', job: { ...job, runId: '1' }, progress },
      { state: 'printing', job: { ...job, runId: '2' }, progress: 0 },
      { state: 'printing', job: { ...job, runId: '3' }, progress: 0 },
    ]).told.filter((line) => line.startsWith('print.finished'))
  assert.deepEqual(runs(0.99), ['print.finished finished', 'print.finished cancelled'])
  assert.deepEqual(runs(0.6), ['print.finished cancelled', 'print.finished cancelled'])
})
