import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { openCare } from '../../fakes/cared-print.ts'
import { failsAt } from '../../fakes/scripted-monitor.ts'

/* What is done to a printer that stands paused, and what is not: heaters, macros, and the resume after them. */

const minute = 60_000

test('the hotend of a print that we paused is switched off after its minutes, once, and the bed stays on', async (t) => {
  const { clock, asked, find, heaters } = openCare(t, {
    pause: 'hotendOffAfterMinutes: 10',
    score: failsAt(100),
  })
  await clock.runUntil(() => find('printer.paused').length > 0, 20 * minute)
  await clock.run(9 * minute)
  assert.deepEqual(asked, [])
  await clock.run(2 * minute)
  assert.deepEqual(asked, ['nozzle off'])
  assert.deepEqual(find('heater.switched')[0]?.data, {
    heater: 'nozzle',
    result: 'off',
    minutes: 10,
    wasC: 215,
  })
  await clock.run(60 * minute)
  assert.deepEqual(asked, ['nozzle off'])
  // Heated again by a person who is about to resume.
  Object.assign(heaters.nozzle, { actualC: 215, targetC: 215 })
  await clock.run(60 * minute)
  assert.deepEqual(asked, ['nozzle off'], 'what a person heats again stays on')
})

test('a pause that somebody made at the printer is left alone', async (t) => {
  const { clock, print, asked, reaches, pauseFromPhone } = openCare(t, {
    pause: 'hotendOffAfterMinutes: 1, macro: PARK, liftMm: 5',
  })
  await reaches(60)
  print.set('paused')
  await clock.run(minute)
  await pauseFromPhone()
  await clock.run(30 * minute)
  assert.deepEqual(asked, [])
})

test('the bed goes off only after it was warned of', async (t) => {
  const { clock, asked, find, reaches, pauseFromPhone } = openCare(t, { pause: 'bedOffAfterMinutes: 30' })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(24 * minute)
  assert.deepEqual(find('heater.warned'), [])
  await clock.run(2 * minute)
  assert.deepEqual(find('heater.warned')[0]?.data, { heater: 'bed', minutesLeft: 5 })
  assert.deepEqual(asked, [])
  await clock.run(5 * minute)
  assert.deepEqual(asked, ['bed off'])
  assert.equal(find('heater.warned').length, 1)
})

test('a resume is refused while what we switched off is cold, and says what to heat', async (t) => {
  const care = openCare(t, { pause: 'hotendOffAfterMinutes: 1' })
  const { clock, print, heaters, monitor, reaches, pauseFromPhone, resumeFromPhone } = care
  await reaches(60)
  await pauseFromPhone()
  await clock.run(2 * minute)
  const refusal = 'heat the nozzle to 215 °C (now 25) at the printer first'
  assert.deepEqual(await resumeFromPhone(), { refusal })
  assert.match(monitor.keeper.limits.join(), /heat the nozzle to 215 °C/)
  heaters.nozzle.actualC = 209
  assert.deepEqual(await resumeFromPhone(), { refusal: refusal.replace('25', '209') })
  assert.equal(print.state, 'paused')
  heaters.nozzle.actualC = 211
  assert.deepEqual(await resumeFromPhone(), { isDone: true, tries: 1 })
  assert.equal(print.state, 'printing')
  assert.deepEqual(monitor.keeper.limits, [])
  assert.deepEqual(print.acts, ['pause', 'resume'])
})

test('a macro of the owner that heats runs before the resume, which then is done', async (t) => {
  const { clock, print, asked, reaches, pauseFromPhone, resumeFromPhone } = openCare(t, {
    pause: 'hotendOffAfterMinutes: 1, resumeMacro: HEAT',
  })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(2 * minute)
  assert.deepEqual(await resumeFromPhone(), { isDone: true, tries: 1 })
  assert.deepEqual(asked, ['nozzle off', 'HEAT'])
  assert.equal(print.state, 'printing')
})

test('a macro that does not heat leaves the print paused, and what it heated goes off again', async (t) => {
  const { clock, print, asked, heaters, reaches, pauseFromPhone, resumeFromPhone } = openCare(t, {
    pause: 'hotendOffAfterMinutes: 3, resumeMacro: LUKEWARM',
  })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(4 * minute)
  const outcome = await resumeFromPhone()
  assert.ok('refusal' in outcome && outcome.refusal.startsWith('heat the nozzle'))
  heaters.nozzle.targetC = 215
  await clock.run(4 * minute)
  assert.deepEqual(asked, ['nozzle off', 'LUKEWARM', 'nozzle off'])
  assert.deepEqual(print.acts, ['pause'])
})

test('a print that was stopped while it heated is not resumed, nor is the one after it', async (t) => {
  const care = openCare(t, { pause: 'hotendOffAfterMinutes: 1, resumeMacro: SLOW' })
  const { clock, print, heaters, monitor, reaches, pauseFromPhone } = care
  await reaches(60)
  await pauseFromPhone()
  await clock.run(2 * minute)
  const signal = new AbortController().signal
  const act = () => monitor.pausing.act('resume', 'person', signal)
  const resuming = monitor.keeper.resume(act, signal)
  await clock.run(10_000)
  print.runId = '2'
  print.set('printing')
  await clock.run(10_000)
  print.set('paused')
  await clock.run(10_000)
  heaters.nozzle.actualC = 215
  const [outcome] = await Promise.all([resuming, clock.run(100_000)])
  assert.deepEqual(outcome, { refusal: 'the print is not paused any more' })
  assert.deepEqual(print.acts, ['pause'])
})

test('filament that was drawn back is given back once, before our resume', async (t) => {
  const { asked, clock, reaches, pauseFromPhone, resumeFromPhone } = openCare(t, {
    pause: 'retractMm: 2, liftMm: 10, macro: PARK',
  })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(minute)
  assert.deepEqual(asked, ['away 2 10', 'PARK'])
  assert.deepEqual(await resumeFromPhone(), { isDone: true, tries: 1 })
  assert.deepEqual(asked, ['away 2 10', 'PARK', 'back 2'])
})

test('an agent killed between the pause and the heater switches it off after it is back, and parks nothing twice', async (t) => {
  const pause = 'hotendOffAfterMinutes: 10, macro: PARK'
  const before = await killedInPause(t, pause, 6)
  assert.deepEqual(before.asked, ['PARK'])
  const after = openCare(t, { pause, left: before.leave(), state: 'paused' })
  await after.clock.run(9 * minute)
  assert.deepEqual(after.asked, [], 'the minutes count anew')
  await after.clock.run(2 * minute)
  assert.deepEqual(after.asked, ['nozzle off'])
})

test('an agent killed after it switched the heater off still refuses to resume a cold print', async (t) => {
  const pause = 'hotendOffAfterMinutes: 1'
  const before = await killedInPause(t, pause, 2)
  const after = openCare(t, { pause, left: before.leave(), state: 'paused' })
  Object.assign(after.heaters.nozzle, { actualC: 25, targetC: 0 })
  await after.clock.run(minute)
  const outcome = await after.resumeFromPhone()
  assert.deepEqual(outcome, { refusal: 'heat the nozzle to 215 °C (now 25) at the printer first' })
  assert.deepEqual([after.asked, after.print.acts], [[], []])
})

test('an agent killed before its pause was read back takes the pause it finds for its own', async (t) => {
  const pause = 'hotendOffAfterMinutes: 5'
  const before = openCare(t, { pause })
  await before.reaches(60)
  before.print.onAct = () => {}
  void before.monitor.pausing.act('pause', 'person', new AbortController().signal)
  await before.stop()
  assert.equal(before.leave().hold?.isSeen, false)
  const after = openCare(t, { pause, left: before.leave(), state: 'paused' })
  await after.clock.run(6 * minute)
  assert.deepEqual(after.asked, ['nozzle off'])
})

test('an agent that finds its print going on, or another paused, forgets the pause it left', async (t) => {
  const pause = 'hotendOffAfterMinutes: 1'
  const before = await killedInPause(t, pause, 0)
  const going = openCare(t, { pause, left: before.leave(), state: 'printing' })
  await going.clock.run(minute)
  going.print.set('paused')
  await going.clock.run(10 * minute)
  assert.deepEqual(going.asked, [])
  const left = before.leave()
  const another = openCare(t, { pause, left, state: 'paused' })
  another.print.runId = '2'
  await another.clock.run(10 * minute)
  assert.deepEqual(another.asked, [])
})

test('a heater that can not be switched off is tried again, and said once', async (t) => {
  const { clock, asked, find, reaches, pauseFromPhone, onSwitch } = openCare(t, {
    pause: 'hotendOffAfterMinutes: 1',
  })
  onSwitch(() => {
    throw new RejectedError('the key may not')
  })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(10 * minute)
  assert.ok(asked.length > 5)
  const told = find('heater.switched')
  assert.equal(told.length, 1)
  const data = Object(told[0]?.data)
  assert.deepEqual([data.result, data.reason], ['failed', 'the key may not'])
})

test('nothing is switched off once the print goes on', async (t) => {
  const { clock, print, asked, reaches, pauseFromPhone } = openCare(t, { pause: 'hotendOffAfterMinutes: 5' })
  await reaches(60)
  await pauseFromPhone()
  await clock.run(4 * minute)
  print.set('printing')
  await clock.run(2 * minute)
  print.set('paused')
  await clock.run(30 * minute)
  assert.deepEqual(asked, [])
})

/** An agent that paused its print from the phone, and was killed so many minutes later. */
async function killedInPause(t: TestContext, pause: string, minutes: number) {
  const before = openCare(t, { pause })
  await before.reaches(60)
  await before.pauseFromPhone()
  await before.clock.run(minutes * minute)
  await before.stop()
  return before
}

test('a lift that fails is told and kept, keeps no macro from its run, and is known after a restart', async (t) => {
  const setup = { pause: 'macro: PARK, liftMm: 5, retractMm: 2' }
  const first = openCare(t, setup)
  first.care.moveAway = async () => {
    throw new RejectedError('must home first')
  }
  await first.reaches(60)
  await first.pauseFromPhone()
  assert.deepEqual(first.asked, ['PARK'])
  assert.deepEqual(first.find('care.failed')[0]?.data, { care: 'lift', reason: 'must home first' })
  assert.match(first.monitor.keeper.limits.join(), /^The nozzle was not moved away .*must home first\.$/)
  await first.stop()
  const again = openCare(t, { ...setup, left: first.leave(), state: 'paused' })
  await again.clock.run(5_000)
  assert.match(again.monitor.keeper.limits.join(), /not moved away/)
  await again.resumeFromPhone()
  assert.deepEqual(again.asked, [], 'what was not drawn back is not given back')
  assert.deepEqual(again.monitor.keeper.limits, [])
})

test('a macro that fails after the pause, or before the resume, is told with its name', async (t) => {
  const { care, find, reaches, pauseFromPhone, resumeFromPhone, monitor, heaters, clock } = openCare(t, {
    pause: 'macro: PARK, hotendOffAfterMinutes: 1, resumeMacro: HEAT',
  })
  care.runMacro = async () => {
    throw new RejectedError('unknown command')
  }
  await reaches(60)
  await pauseFromPhone()
  assert.deepEqual(find('care.failed')[0]?.data, { care: 'macro', macro: 'PARK', reason: 'unknown command' })
  await clock.run(2 * minute)
  assert.equal(heaters.nozzle.targetC, 0)
  const outcome = await resumeFromPhone()
  assert.ok('refusal' in outcome)
  assert.equal(Object(find('care.failed')[1]?.data).care, 'resume-macro')
  assert.match(monitor.keeper.limits.join(), /HEAT did not heat up/)
})
