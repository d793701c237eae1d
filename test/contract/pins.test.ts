import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GpioProcess, startGpioProcess, whyNoNamespace } from '../fakes/sysfs-gpio.ts'
import { buildGpioAddon } from '../setup/native.ts'
import { waitUntil } from '../setup/wait.ts'

/* What is wired to the Pi, through onoff on a stand-in for sysfs in a mount namespace of its own. */

const skip = whyNoNamespace()

describe('the pins on a stand-in for sysfs', { timeout: 180_000, ...(skip && { skip }) }, () => {
  let gpio: GpioProcess
  before(async () => {
    await buildGpioAddon()
    gpio = await startGpioProcess(
      {
        smoke: { pin: 5, isActiveLow: false, debounceMs: 200 },
        filament: { pin: 6, isActiveLow: true, debounceMs: 200 },
      },
      { inputs: { 6: '1' } },
    )
  })
  after(async () => {
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })
  const hears = (line: string) => waitUntil(line, () => gpio.said.includes(line))
  const count = (line: string) => gpio.said.filter((one) => one === line).length

  test('the contact of a smoke alarm that closes is told once, when it has lasted', async () => {
    // Both have rested by then.
    await hears('filament failed stuck')
    gpio.write(5, 'value', '1')
    await hears('smoke tripped')
    await sleep(500)
    assert.equal(count('smoke tripped'), 1)
  })

  test('a spark is no alarm', async () => {
    gpio.write(6, 'value', '0')
    await hears('filament restored stuck')
    gpio.write(6, 'value', '1')
    await sleep(100)
    gpio.write(6, 'value', '0')
    await sleep(600)
    assert.equal(count('filament tripped'), 0)
  })

  test('a contact that alarms from the beginning is not believed until it rested once', async () => {
    assert.ok(gpio.said.indexOf('filament failed stuck') < gpio.said.indexOf('filament restored stuck'))
    gpio.write(6, 'value', '1')
    await hears('filament tripped')
  })

  test('a contact that flutters is said, and believed again once it rests', async () => {
    const fluttering = await startGpioProcess({ smoke: { pin: 5, isActiveLow: false, debounceMs: 1000 } })
    for (let turn = 0; !fluttering.said.includes('smoke failed unsteady') && turn < 200; turn += 1) {
      fluttering.write(5, 'value', turn % 2 === 0 ? '1' : '0')
      await sleep(120)
    }
    assert.ok(fluttering.said.includes('smoke failed unsteady'))
    fluttering.write(5, 'value', '0')
    await waitUntil('it is believed again', () => fluttering.said.includes('smoke restored unsteady'), {
      timeoutMs: 20_000,
    })
    assert.ok(!fluttering.said.includes('smoke tripped'))
    fluttering.tell('close')
    assert.equal(await fluttering.ended, 0)
  })
})
