import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openBambu } from '../../device/printer/bambu.ts'
import { openMoonrakerLight } from '../../device/printer/moonraker-light.ts'
import type { Light } from '../../device/printer/printer.ts'
import { openSimulatedPrinter } from '../../device/printer/simulated.ts'
import { createSimulator } from '../../device/simulator/server.ts'
import { startFakeBambu } from '../fakes/bambu.ts'
import { listenOnLoopback } from '../fakes/loopback-server.ts'
import { startFakeMoonraker } from '../fakes/moonraker.ts'
import { findMoonraker, startMoonraker } from '../setup/moonraker.ts'
import { waitUntil } from '../setup/wait.ts'

/* Every light that can be switched for the pictures; the one at a pin is in `pins.test.ts`. */

const log = pino({ level: 'silent' })
const limit = () => AbortSignal.timeout(8_000)

/** A light that is off, and what ends the other side. */
interface LightBench {
  light: Light
  vanish(): Promise<void>
}

function describeLight(name: string, open: () => Promise<LightBench>, options: { skip?: string } = {}): void {
  describe(`a light ${name}`, { timeout: 120_000, ...options }, () => {
    let bench: LightBench
    before(async () => {
      bench = await open()
    })
    after(() => bench?.vanish())

    test('tells that it is off', async () => {
      assert.equal(await bench.light.isOn(limit()), false)
    })

    test('is on after it was switched on, and off after it was switched off', async () => {
      for (const to of ['on', 'on', 'off', 'off'] as const) {
        await bench.light.turn(to, limit())
        await waitUntil(`it is ${to}`, async () => (await bench.light.isOn(limit())) === (to === 'on'))
      }
    })

    test('that can not be reached any more is said to be so', async () => {
      await bench.vanish()
      await assert.rejects(bench.light.turn('on', limit()), UnavailableError)
    })
  })
}

describeLight('that Moonraker (stand-in) switches', async () => {
  const moonraker = await startFakeMoonraker({ apiKey: 'key' })
  moonraker.powered.set('chamber lamp', 'off')
  const config = { kind: 'moonraker', url: moonraker.url, apiKey: 'key' } as const
  return { light: openMoonrakerLight(config, 'chamber lamp'), vanish: () => moonraker.close() }
})

describeLight(
  'that Moonraker 0.11.0 switches',
  async () => {
    const moonraker = await startMoonraker()
    const { url, apiKey } = moonraker
    const light = openMoonrakerLight({ kind: 'moonraker', url, apiKey }, 'lamp')
    await waitUntil('Moonraker knows of its lamp', async () => (await light.isOn(limit())) !== undefined)
    return { light, vanish: () => moonraker.stop() }
  },
  findMoonraker() === undefined ? { skip: 'Moonraker is not installed: npm test gets it from PyPI' } : {},
)

describeLight('in a Bambu Lab printer (stand-in)', async () => {
  const fake = await startFakeBambu({ series: 'P1' })
  const { host, port, serial, accessCode, fingerprint } = fake
  const { light } = openBambu({ kind: 'bambu', host, port, serial, accessCode, fingerprint }, { log })
  return { light, vanish: () => fake.close() }
})

describeLight('over the simulated printer', async () => {
  const server = createSimulator(
    {
      ...{ speed: 1, size: { width: 64, height: 64 }, isRepeating: false, streamRate: 1, isDark: true },
      spec: { world: 'train', seed: 1, run: 0, layers: 3, failures: [] },
    },
    {
      studio: { render: async () => new Uint8Array() },
      now: () => performance.now(),
      createJobId: () => 'job',
    },
  )
  const { port, goAway } = await listenOnLoopback(server)
  const url = `http://127.0.0.1:${port}`
  return { light: openSimulatedPrinter({ kind: 'simulated', url }).light, vanish: goAway }
})

describe('a light that Moonraker does not know of', () => {
  test('is refused, in Moonraker’s words', async () => {
    const moonraker = await startFakeMoonraker()
    const light = openMoonrakerLight({ kind: 'moonraker', url: moonraker.url }, 'lamp')
    await assert.rejects(light.isOn(limit()), (error) => {
      assert.ok(error instanceof RejectedError)
      assert.match(error.message, /No valid device named lamp/)
      return true
    })
    await moonraker.close()
  })

  test('or that it can not reach, is neither on nor off, and is not switched', async () => {
    const moonraker = await startFakeMoonraker()
    moonraker.powered.set('lamp', 'error')
    const light = openMoonrakerLight({ kind: 'moonraker', url: moonraker.url }, 'lamp')
    assert.equal(await light.isOn(limit()), undefined)
    await assert.rejects(light.turn('on', limit()), RejectedError)
    await moonraker.close()
  })
})
