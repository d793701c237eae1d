import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  confirmedMessage,
  finishedMessage,
  lostMessage,
  type Message,
  pausedMessage,
  pauseFailedMessage,
  restoredMessage,
  selftestMessage,
  suspectedMessage,
  testMessage,
  viewLostMessage,
  viewRestoredMessage,
} from '../../../cloud/notify/messages.ts'

const trouble = {
  printerId: 'p1',
  printerName: 'Ender 3',
  job: 'benchy.gcode',
  layer: 41,
  at: new Date('2026-11-24T13:02:00Z'),
  timeZone: 'Europe/Berlin',
  incidentId: 'i1',
  defect: 'spaghetti',
  beganAtLayer: 38,
}

function say({ title, body, path }: Message): string[] {
  return [title, body, path]
}

test('a suspicion says since which layer, and that nothing was paused', () => {
  assert.deepEqual(say(suspectedMessage(trouble)), [
    'Suspected: spaghetti, Ender 3',
    'Since layer 38, 14:02. Not paused. Layerwatch goes on watching. benchy.gcode.',
    '/incidents/i1',
  ])
})

test('a pause says who paused, at which layer and when', () => {
  assert.deepEqual(say(pausedMessage({ ...trouble, by: 'layerwatch' })), [
    'Paused by Layerwatch at layer 41, 14:02',
    'Ender 3: spaghetti since layer 38. benchy.gcode.',
    '/incidents/i1',
  ])
})

test('sent is not paused', () => {
  assert.equal(
    confirmedMessage({ ...trouble, isPauseSent: true }).body,
    'Seen at layer 41, since layer 38, 14:02. Pause sent, not confirmed yet. benchy.gcode.',
  )
  assert.match(confirmedMessage({ ...trouble, isPauseSent: false }).body, /Not paused/)
})

test('a pause that failed says that it may still be printing and what to do', () => {
  assert.deepEqual(say(pauseFailedMessage({ ...trouble, reason: 'no answer' })), [
    'Pause not confirmed, Ender 3',
    'It may still be printing. Spaghetti since layer 38, 14:02. Reason: no answer. Try again or cut the power.',
    '/incidents/i1',
  ])
})

test('the end of a print, blindness and its end are said with their time', () => {
  assert.equal(finishedMessage({ ...trouble, outcome: 'finished' }).title, 'Finished: Ender 3, 14:02')
  assert.equal(finishedMessage({ ...trouble, outcome: 'cancelled' }).title, 'Stopped: Ender 3, 14:02')
  assert.equal(
    lostMessage({ ...trouble, reason: 'camera-frozen' }).title,
    'Not watching since 14:02: camera picture frozen',
  )
  assert.deepEqual(say(restoredMessage({ ...trouble, reason: 'camera-frozen', blindSeconds: 420 })), [
    'Watching again since 14:02',
    'Ender 3: 7 min not watched, camera picture frozen. benchy.gcode.',
    '/printers/p1',
  ])
})

test('a hostile name stays on one line and within reason', () => {
  const printerName = `Ender\r\nBcc: all@example.org\u202e${'x'.repeat(500)}`
  const { title } = suspectedMessage({ ...trouble, printerName })
  assert.equal(/[\r\n\u202e]/.test(title), false)
  assert.ok([...title].length < 100, title)
})

test('no message shouts, apologises or says cancel', () => {
  const all = [
    suspectedMessage(trouble),
    confirmedMessage({ ...trouble, isPauseSent: true }),
    pausedMessage({ ...trouble, by: 'button' }),
    pauseFailedMessage({ ...trouble, reason: 'no answer' }),
    finishedMessage({ ...trouble, outcome: 'cancelled' }),
    lostMessage({ ...trouble, reason: 'printer-unreachable' }),
    restoredMessage({ ...trouble, reason: 'printer-unreachable', blindSeconds: 60 }),
    testMessage(trouble),
  ]
  for (const { title, body } of all) assert.doesNotMatch(`${title} ${body}`, /!|cancel|sorry|oops|undefined/i)
})

test('a self-test says that no print is meant, and how it went', () => {
  const passed = { ...trouble, isPassed: true, confirmedAfterSeconds: 25, reasons: [] }
  assert.deepEqual(say(selftestMessage(passed)), [
    'Self-test passed: Ender 3, 14:02',
    'No print is meant. A known failing print was found after 25 s.',
    '/printers/p1',
  ])
  const failed = { ...trouble, isPassed: false, reasons: ['camera: cannot reach it'] }
  assert.deepEqual(say(selftestMessage(failed)), [
    'Self-test failed: Ender 3, 14:02',
    'No print is meant. camera: cannot reach it.',
    '/printers/p1',
  ])
})

test('of a camera that sees nothing is said which one, and that the print is still watched', () => {
  const lost = viewLostMessage({ ...trouble, camera: 'camera 2', reason: 'camera-dark' })
  assert.deepEqual(say(lost), [
    'Camera 2 sees nothing since 14:02: camera picture too dark',
    'Ender 3 is watched by its other cameras alone. benchy.gcode.',
    '/printers/p1',
  ])
  const back = viewRestoredMessage({ ...trouble, camera: 'camera 2', blindSeconds: 95 })
  assert.match(say(back).join(' '), /^Camera 2 sees again since 14:02 Ender 3: it saw nothing for /)
})
