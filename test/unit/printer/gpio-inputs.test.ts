import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { followButton, followContact } from '../../../device/printer/gpio-inputs.ts'
import { openLamp } from '../../../device/printer/gpio-lamp.ts'
import { waitUntil } from '../../setup/wait.ts'

test('a pin that fails to be read ends nothing, is logged once, and is read again', async () => {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line) => void lines.push(line) })
  let reads = 0
  const pin = {
    readSync: () => {
      reads += 1
      if (reads % 40 !== 0) throw new Error('EIO')
      return 0 as const
    },
    watch: () => {
      throw new Error('EPERM')
    },
    unwatchAll: () => {},
    unexport: () => {},
  }
  const stops = [
    followButton(pin, { debounceMs: 30, onPress: () => assert.fail('no press'), log }),
    followContact(pin, { name: 'smoke', debounceMs: 100, onNews: () => assert.fail('no news'), log }),
  ]
  await waitUntil('many readings', () => reads > 30)
  for (const stop of stops) stop()
  assert.equal(lines.filter((line) => line.includes('can not be read')).length, 2, 'once for each pin')
})

test('a lamp that throws ends nothing, is logged once, and is lit again when it can be', () => {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line) => void lines.push(line) })
  let isBroken = true
  const levels: number[] = []
  const pin = {
    writeSync: (level: 0 | 1) => {
      if (isBroken) throw new Error('EIO')
      levels.push(level)
    },
    unexport: () => {
      throw new Error('EIO')
    },
  }
  const lamp = openLamp(pin, log)
  for (const mode of ['watching', 'off', 'watching', 'off'] as const) lamp.show(mode)
  assert.equal(lines.length, 1)
  isBroken = false
  lamp.show('watching')
  assert.deepEqual(levels, [1])
  lamp.close()
  assert.deepEqual(levels, [1, 0])
})
