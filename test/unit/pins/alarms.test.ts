import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { PinAlarms } from '../../../device/pins/alarms.ts'
import { GpioConfig } from '../../../device/pins/config.ts'
import { openScene } from '../../fakes/scripted-monitor.ts'

const smoke = { pin: 5 }
const filament = { pin: 6 }
const tripped = { kind: 'tripped' } as const

/** A print that runs, and what is wired to the Pi beside it. */
async function openWired(
  t: TestContext,
  gpio: object,
  scene: Parameters<typeof openScene>[1] = { score: () => 0.05 },
) {
  const opened = openScene(t, scene)
  const { monitor, clock, signal, entries } = opened
  const cuts: string[] = []
  let onCut = () => void cuts.push('cut')
  const config = GpioConfig.parse(gpio)
  const alarms = new PinAlarms({
    config,
    monitor: () => monitor,
    cutPower: config.smoke?.cutsPower ? () => onCut() : undefined,
    log: pino({ level: 'silent' }),
    record: (more) => entries.push(...more),
    onChange: () => {},
  })
  await clock.run(1_000)
  return {
    ...opened,
    alarms,
    cuts,
    breakRelay: () => {
      onCut = () => {
        throw new Error('no such pin')
      }
    },
    hear: async (sensor: 'smoke' | 'filament', news: Parameters<PinAlarms['take']>[1]) => {
      alarms.take(sensor, news, signal)
      await clock.run(3_000)
    },
  }
}

test('smoke pauses the print, is told at once, and leaves the power alone unless its owner wants that', async (t) => {
  const { hear, find, print, cuts, alarms } = await openWired(t, {
    smoke,
    relay: { pin: 7, cutsPower: true },
  })
  await hear('smoke', tripped)
  assert.equal(print.state, 'paused')
  assert.deepEqual(find('sensor.tripped')[0]?.data, { sensor: 'smoke', print: 'pausing', layer: 1 })
  assert.ok(find('sensor.tripped')[0]?.printId)
  assert.deepEqual(find('pause.sent')[0]?.data, { by: 'layerwatch', sensor: 'smoke', layer: 1 })
  assert.deepEqual(cuts, [])
  assert.match(alarms.limits.join(), /reports smoke/)
  await hear('smoke', { kind: 'cleared', afterMs: 40_000 })
  assert.deepEqual(find('sensor.cleared')[0]?.data, { sensor: 'smoke', seconds: 40 })
  assert.deepEqual(alarms.limits, [])
  assert.equal(print.state, 'paused', 'nothing resumes by itself')
})

test('smoke cuts the power where its owner wants that, also while nothing prints, and says where it could not', async (t) => {
  const wired = await openWired(t, { smoke: { ...smoke, cutsPower: true }, relay: { pin: 7 } })
  const { hear, find, print, cuts, breakRelay } = wired
  print.set('idle')
  await wired.clock.run(10_000)
  await hear('smoke', tripped)
  assert.deepEqual(cuts, ['cut'])
  assert.deepEqual(print.acts, [])
  const [first] = find('sensor.tripped')
  assert.equal(first?.printId, undefined)
  assert.deepEqual(Object(first?.data), { sensor: 'smoke', print: 'none', power: 'cut', layer: 0 })
  breakRelay()
  await hear('smoke', tripped)
  assert.equal(Object(find('sensor.tripped')[1]?.data).power, 'failed')
})

test('a pause for smoke that fails is said, and uses nothing that is meant for a failing print', async (t) => {
  const used: string[] = []
  const fallbacks = [{ means: 'relay' as const, use: async () => void used.push('relay') }]
  const scene = { score: () => 0.05, parts: { fallbacks } }
  const { hear, find, print, clock } = await openWired(t, { smoke }, scene)
  print.onAct = () => {}
  await hear('smoke', tripped)
  await clock.run(60_000)
  assert.equal(Object(find('pause.failed')[0]?.data).sensor, 'smoke')
  assert.deepEqual(used, [])
})

test('contact that is lost is no smoke', async (t) => {
  const { print, clock, cuts, find } = await openWired(t, {
    smoke: { ...smoke, cutsPower: true },
    relay: { pin: 7 },
  })
  print.isReachable = false
  await clock.run(120_000)
  assert.deepEqual(cuts, [])
  assert.deepEqual(find('sensor.tripped'), [])
})

test('smoke alarms nobody believes do nothing but are said', async (t) => {
  const { hear, find, print, alarms, cuts } = await openWired(t, {
    smoke: { ...smoke, cutsPower: true },
    relay: { pin: 7 },
  })
  await hear('smoke', { kind: 'failed', fault: 'stuck' })
  assert.deepEqual(find('sensor.failed')[0]?.data, { sensor: 'smoke', fault: 'stuck' })
  assert.match(alarms.limits.join(), /is there smoke/)
  assert.deepEqual([print.acts, cuts], [[], []])
  await hear('smoke', { kind: 'restored', fault: 'stuck', afterMs: 61_000 })
  assert.deepEqual(find('sensor.restored')[0]?.data, { sensor: 'smoke', fault: 'stuck', seconds: 61 })
})

test('the end of the filament is told, and pauses where its owner wants that', async (t) => {
  const told = await openWired(t, { filament })
  await told.hear('filament', tripped)
  assert.deepEqual(told.print.acts, [])
  assert.deepEqual(told.find('sensor.tripped')[0]?.data, { sensor: 'filament', print: 'printing', layer: 1 })
  const paused = await openWired(t, { filament: { ...filament, pauses: true } })
  await paused.hear('filament', tripped)
  assert.equal(paused.print.state, 'paused')
})

test('a print that begins without filament is paused as well, once', async (t) => {
  const { hear, find, print, clock, alarms, signal } = await openWired(t, {
    filament: { ...filament, pauses: true },
  })
  alarms.follow(signal)
  print.set('idle')
  await clock.run(10_000)
  alarms.follow(signal)
  await hear('filament', tripped)
  assert.deepEqual(print.acts, [])
  print.runId = '2'
  print.set('printing')
  await clock.run(10_000)
  alarms.follow(signal)
  alarms.follow(signal)
  await clock.run(3_000)
  assert.deepEqual(print.acts, ['pause'])
  assert.equal(find('sensor.tripped').length, 2)
})
