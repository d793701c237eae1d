import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { findHeader } from '../../../device/printer/gpio-pins.ts'
import { startGpioProcess, whyNoNamespace } from '../../fakes/sysfs-gpio.ts'
import { buildGpioAddon } from '../../setup/native.ts'
import { waitUntil } from '../../setup/wait.ts'

const relay = { pin: 17, isActiveLow: false, cutsPower: true }
const button = { pin: 27, isActiveLow: true, debounceMs: 30 }

describe('GPIO through onoff', { skip: whyNoNamespace(), timeout: 180_000 }, () => {
  test('the relay is off until it is told to cut the power, and stays so', async () => {
    await buildGpioAddon()
    const gpio = await startGpioProcess({ relay })
    assert.deepEqual(gpio.said, ['open cutPower close'])
    assert.equal(gpio.read(17, 'direction'), 'low')
    assert.equal(gpio.read(17, 'value'), '0')
    gpio.tell('cut')
    await waitUntil('the relay is on', () => gpio.read(17, 'value') === '1')
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })

  test('an active-low relay is never on for a moment while its pin is taken', async () => {
    const gpio = await startGpioProcess({ relay: { ...relay, isActiveLow: true } })
    assert.equal(gpio.read(17, 'active_low'), '1')
    assert.equal(gpio.read(17, 'direction'), 'high')
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })

  test('a restart does not give the printer its power back', async () => {
    const gpio = await startGpioProcess({ relay }, { outputs: { 17: '1' } })
    assert.equal(gpio.read(17, 'direction'), 'out')
    assert.equal(gpio.read(17, 'value'), '1')
    assert.match(gpio.said.join('\n'), /log relay still cuts the power/)
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })

  test('a relay that is not meant to cut power offers no way to do it', async () => {
    const gpio = await startGpioProcess({ relay: { ...relay, cutsPower: false } })
    assert.deepEqual(gpio.said, ['open close'])
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })

  test('a press is told once, a press already there at the start never', async () => {
    const gpio = await startGpioProcess({ button })
    assert.equal(gpio.read(27, 'active_low'), '1')
    const presses = () => gpio.said.filter((line) => line === 'pressed').length
    const press = async (value: '0' | '1') => gpio.write(27, 'value', value)
    await press('1')
    await waitUntil('the press is told', () => presses() === 1)
    await press('0')
    gpio.tell('wait')
    await waitUntil('the agent goes on', () => gpio.said.includes('did wait'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await press('1')
    await waitUntil('the second press is told', () => presses() === 2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(presses(), 2)
    gpio.tell('close')
    assert.equal(await gpio.ended, 0)
  })

  test('a pin that the header lacks and a board that is no Pi are matters of configuration', async () => {
    const noPi = await startGpioProcess({ relay }, { label: 'INT34BB:00' })
    assert.match(noPi.said.join('\n'), /^ConfigError .*INT34BB:00/)
    assert.equal(await noPi.ended, 1)
    const noPin = await startGpioProcess({ relay: { ...relay, pin: 99 } })
    assert.match(noPin.said.join('\n'), /^ConfigError .*no pin 99/)
    assert.equal(await noPin.ended, 1)
  })
})

describe('the pins of the header', () => {
  const layOut = async (chips: [string, number][]) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-gpio-'))
    for (const [label, base] of chips) {
      const chip = path.join(folder, `gpiochip${base}`)
      await mkdir(chip)
      await writeFile(path.join(chip, 'label'), `${label}\n`)
      await writeFile(path.join(chip, 'base'), `${base}\n`)
      await writeFile(path.join(chip, 'ngpio'), '54\n')
    }
    return folder
  }
  const kernels: [string, [string, number][], number][] = [
    [
      'Linux before 6.6',
      [
        ['pinctrl-bcm2835', 0],
        ['raspberrypi-exp-gpio', 504],
      ],
      17,
    ],
    [
      'Linux from 6.6 on',
      [
        ['raspberrypi-exp-gpio', 570],
        ['pinctrl-bcm2711', 512],
      ],
      529,
    ],
    [
      'a Pi 5',
      [
        ['gpio-brcmstb@107d508500', 512],
        ['pinctrl-rp1', 571],
      ],
      588,
    ],
  ]
  for (const [name, chips, number] of kernels) {
    test(`are found on ${name}`, async () => {
      const folder = await layOut(chips)
      const sysfsNumber = await findHeader(folder)
      assert.equal(sysfsNumber(17), number)
      await rm(folder, { recursive: true })
    })
  }

  test('are missing on a machine without GPIO, which says so plainly', async () => {
    await assert.rejects(findHeader('/nowhere/gpio'), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /no GPIO/)
      return true
    })
  })
})
