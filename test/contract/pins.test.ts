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
    // Both have rested by then: one that closes before is stuck from the beginning.
    await hears('filament failed stuck')
    await sleep(200)
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

  test('one lamp tells off, watching, warning, failed and blind apart by its rhythm', async () => {
    const lamp = await startGpioProcess({ lamp: { pin: 22, isActiveLow: false } })
    const turns = new Map<string, number>()
    for (const mode of ['off', 'watching', 'warning', 'failed', 'blind']) {
      lamp.tell(mode)
      await waitUntil('it is told', () => lamp.said.includes(`did ${mode}`))
      const levels: string[] = []
      for (let sample = 0; sample < 200; sample += 1) {
        levels.push(lamp.read(22, 'value'))
        await sleep(20)
      }
      const changes = levels.filter((level, index) => index > 0 && level !== levels[index - 1]).length
      const litShare = levels.filter((level) => level === '1').length / levels.length
      turns.set(mode, changes)
      if (mode === 'off') assert.equal(litShare, 0)
      if (mode === 'watching') assert.equal(litShare, 1)
      if (mode === 'blind') assert.ok(litShare < 0.3, `${litShare} lit`)
    }
    // In about 4 s: a second each, a flicker, two flashes in each two seconds.
    const [off, watching, warning = 0, failed = 0, blind = 0] = turns.values()
    assert.deepEqual([off, watching], [0, 0])
    assert.ok(warning >= 2 && warning <= 6, `${warning} turns`)
    assert.ok(failed >= 12, `${failed} turns`)
    assert.ok(blind > warning && blind < failed, `${blind} turns`)
    lamp.tell('watching')
    await waitUntil('it is lit', () => lamp.read(22, 'value') === '1')
    lamp.tell('close')
    assert.equal(await lamp.ended, 0)
  })

  test('lamps of their own for each mode are lit one at a time', async () => {
    const pins = { watching: 22, warning: 23, failed: 24, blind: 25 }
    const lamps = await startGpioProcess({ lamp: { pins, isActiveLow: false } })
    const lit = () => Object.values(pins).filter((pin) => lamps.read(pin, 'value') === '1')
    for (const [mode, pin] of Object.entries(pins)) {
      lamps.tell(mode)
      await waitUntil(`${mode} is lit alone`, () => lit().join() === String(pin))
    }
    lamps.tell('off')
    await waitUntil('all are dark', () => lit().length === 0)
    lamps.tell('close')
    assert.equal(await lamps.ended, 0)
  })
})

describe('a light at a pin', { timeout: 180_000, ...(skip && { skip }) }, () => {
  test('is read, switched, and left as it is at the end', async () => {
    await buildGpioAddon()
    const gpio = await startGpioProcess({ light: { pin: 12, isActiveLow: false } }, { outputs: { 12: '1' } })
    const ask = async (line: string, answer: string) => {
      gpio.tell(line)
      await waitUntil(answer, () => gpio.said.at(-2) === answer || gpio.said.at(-1) === answer)
    }
    await ask('light?', 'light true')
    await ask('light off', 'did light off')
    assert.equal(gpio.read(12, 'value'), '0')
    await ask('light?', 'light false')
    await ask('light on', 'did light on')
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })
})
