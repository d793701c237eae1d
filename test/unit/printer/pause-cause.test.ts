import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { followPrinter, type PrinterCourse } from '../../../device/assess/prints.ts'
import { openBambu } from '../../../device/printer/bambu.ts'
import { openMoonraker } from '../../../device/printer/moonraker.ts'
import { openOctoprint } from '../../../device/printer/octoprint.ts'
import type { PrinterStatus } from '../../../device/printer/printer.ts'
import { openPrusaLink } from '../../../device/printer/prusalink.ts'
import { startFakeBambu } from '../../fakes/bambu.ts'
import { startFakeMoonraker } from '../../fakes/moonraker.ts'
import { startFakeOctoprint } from '../../fakes/octoprint.ts'
import { prusaLogin, startFakePrusaLink } from '../../fakes/prusalink.ts'
import { waitUntil } from '../../setup/wait.ts'

/* Who paused a printer, where it was not us: its own sensor, or a person there. */

const log = pino({ level: 'silent' })
const never = new AbortController().signal

test('Klipper stands because a filament sensor is empty; otherwise it does not tell', async (t) => {
  const moonraker = await startFakeMoonraker()
  t.after(() => moonraker.close())
  const { klipper } = moonraker
  klipper.says['filament_switch_sensor right one'] = { filament_detected: true, enabled: true }
  const printer = openMoonraker({ kind: 'moonraker', url: moonraker.url }, { log })
  const heard: PrinterStatus[] = []
  const ended = new AbortController()
  t.after(() => ended.abort())
  const watching = printer.watch((status) => heard.push(status), ended.signal)
  await waitUntil('it listens', () => heard.length > 0)
  klipper.start('a.gcode', 1000)
  await klipper.run('pause')
  moonraker.update()
  await waitUntil('the pause is heard', () => heard.at(-1)?.state === 'paused')
  assert.equal(heard.at(-1)?.pauseCause, undefined)
  await klipper.run('resume')
  moonraker.update()
  await waitUntil('it goes on', () => heard.at(-1)?.state === 'printing')
  klipper.says['filament_switch_sensor right one'] = { filament_detected: false, enabled: true }
  await klipper.run('pause')
  moonraker.update()
  await waitUntil('the next pause is heard', () => heard.at(-1)?.state === 'paused')
  const ranOut = { by: 'sensor', reason: 'filament ran out' }
  assert.deepEqual(heard.at(-1)?.pauseCause, ranOut)
  await printer.probe(never)
  assert.deepEqual((await printer.status(never)).pauseCause, ranOut)
  klipper.says['filament_switch_sensor right one'] = { filament_detected: false, enabled: false }
  assert.equal((await printer.status(never)).pauseCause, undefined, 'a sensor that is off pauses nothing')
  ended.abort()
  await watching
})

test('OctoPrint names who asked for a pause, and nobody where the firmware did', async (t) => {
  const octoprint = await startFakeOctoprint()
  t.after(() => octoprint.close())
  const printer = openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: 'key' }, { log })
  const ended = new AbortController()
  t.after(() => ended.abort())
  const watching = printer.watch(() => undefined, ended.signal)
  await waitUntil('it listens', () => octoprint.listeners() > 0)
  const causeAfter = async (payload: object) => {
    octoprint.push({ event: { type: 'PrintPaused', payload } })
    Object.assign(octoprint.says.flags, { paused: true, printing: false })
    return waitUntil('the cause', async () => (await printer.status(never)).pauseCause)
  }
  assert.deepEqual(await causeAfter({ user: 'owner' }), { by: 'hand' })
  Object.assign(octoprint.says.flags, { paused: false, printing: true })
  assert.equal((await printer.status(never)).pauseCause, undefined)
  octoprint.push({ event: { type: 'PrintResumed', payload: { user: 'owner' } } })
  octoprint.push({ event: { type: 'PrintPaused', payload: {} } })
  Object.assign(octoprint.says.flags, { paused: true, printing: false })
  await waitUntil('the firmware', async () => (await printer.status(never)).pauseCause?.by === 'sensor')
  ended.abort()
  await watching
})

test('a Bambu Lab printer tells by its stage', async (t) => {
  const fake = await startFakeBambu()
  t.after(() => fake.close())
  const { host, port, serial, accessCode, fingerprint } = fake
  const printer = openBambu({ kind: 'bambu', host, port, serial, accessCode, fingerprint }, { log })
  fake.start('vase')
  const causeAt = async (stage: number) => {
    fake.report({ gcode_state: 'PAUSE', stg_cur: stage })
    await fake.isHeard()
    return (await printer.status(never)).pauseCause
  }
  await printer.status(never)
  assert.deepEqual(await causeAt(16), { by: 'hand' })
  assert.deepEqual(await causeAt(6), { by: 'sensor', reason: 'filament ran out' })
  assert.deepEqual(await causeAt(34), { by: 'sensor', reason: 'first layer' })
  assert.equal(await causeAt(5), undefined, 'the job’s own G-code')
  assert.equal(await causeAt(999), undefined)
  fake.report({ gcode_state: 'RUNNING', stg_cur: 16 })
  await fake.isHeard()
  assert.equal((await printer.status(never)).pauseCause, undefined)
})

test('a Prusa that wants attention paused by itself', async (t) => {
  const prusa = await startFakePrusaLink()
  t.after(() => prusa.close())
  const printer = openPrusaLink({ kind: 'prusalink', url: prusa.url, ...prusaLogin }, { log })
  prusa.start('a.gcode', 'G28')
  prusa.printer.state = 'ATTENTION'
  assert.deepEqual((await printer.status(never)).pauseCause, { by: 'sensor' })
  prusa.printer.state = 'PAUSED'
  assert.equal((await printer.status(never)).pauseCause, undefined)
})

test('what the printer says of its pause is told only where nobody asked for it through us', () => {
  const printing: PrinterCourse = {
    state: 'printing',
    print: { printId: 'p', job: 'a' },
    isHeld: false,
  }
  const status: PrinterStatus = {
    state: 'paused',
    job: { name: 'a' },
    pauseCause: { by: 'sensor', reason: 'filament ran out' },
  }
  const told = (by?: 'person') =>
    followPrinter(printing, status, { newPrintId: () => 'q', by })[1].find(
      ({ type }) => type === 'printer.paused',
    )
  assert.deepEqual(told()?.data, { by: 'printer', cause: 'sensor', reason: 'filament ran out' })
  assert.deepEqual(told('person')?.data, { by: 'person' })
})
