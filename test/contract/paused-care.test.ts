import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openMoonraker } from '../../device/printer/moonraker.ts'
import { openOctoprint } from '../../device/printer/octoprint.ts'
import type { Printer, PrinterStatus } from '../../device/printer/printer.ts'
import type { FakeKlipper } from '../fakes/klipper.ts'
import { startFakeMoonraker } from '../fakes/moonraker.ts'
import { findMoonraker, startMoonraker } from '../setup/moonraker.ts'
import { installOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { waitUntil } from '../setup/wait.ts'

/* What may be done to a printer that stands paused, on each kind that lets it be done. */

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const gcode = `G28\n${Array.from({ length: 4000 }, (_, line) => `G1 X${line % 200} F600`).join('\n')}\n`

interface CareBench {
  printer: Printer
  /** A print that goes on for minutes, nozzle and bed hot. */
  start(): Promise<void>
  /** What the printer itself says it heats to. */
  targets(): Promise<{ nozzle: number; bed: number }>
  hasRunMacro(): Promise<boolean>
  /** A key of somebody who may do nothing but look, where there is such. */
  guest?: Printer
  close(): Promise<void>
}

const macro = 'PARK_IT'

function describeCare(name: string, open: () => Promise<CareBench>, options: { skip?: string } = {}): void {
  describe(`care for a paused printer behind ${name}`, { timeout: 180_000, ...options }, () => {
    let bench: CareBench
    before(async () => {
      bench = await open()
    })
    after(() => bench.close())
    const reaches = (state: PrinterStatus['state']) =>
      waitUntil(`the state ${state}`, async () => (await bench.printer.status(never)).state === state)
    const care = () => {
      assert.ok(bench.printer.care)
      return bench.printer.care
    }

    test('a printer that prints keeps its heaters and runs no macro', async () => {
      await bench.start()
      await reaches('printing')
      await assert.rejects(care().switchOff('nozzle', never), RejectedError)
      await assert.rejects(care().runMacro(macro, never), RejectedError)
      const { nozzle, bed } = await bench.targets()
      assert.ok(nozzle > 0 && bed > 0)
      assert.equal(await bench.hasRunMacro(), false)
    })

    test('a paused one has each heater switched off by itself, and says so', async () => {
      await bench.printer.act('pause', never)
      await reaches('paused')
      await care().switchOff('nozzle', never)
      await waitUntil('the nozzle is off', async () => (await bench.targets()).nozzle === 0)
      assert.ok((await bench.targets()).bed > 0)
      await care().switchOff('bed', never)
      await waitUntil('the bed is off', async () => (await bench.targets()).bed === 0)
      await waitUntil('both are told', async () => {
        const { temperatures } = await bench.printer.status(never)
        return temperatures?.nozzle?.targetC === 0 && temperatures.bed?.targetC === 0
      })
    })

    test('a macro that is not there, and a key that may not, are said with how to mend them', async () => {
      assert.deepEqual(await care().findLimits([macro], never), [])
      const [said, ...others] = await care().findLimits([macro, 'NOWHERE_TO_BE_FOUND'], never)
      assert.match(said ?? '', /can not run .*NOWHERE_TO_BE_FOUND/)
      assert.deepEqual(others, [])
      const guest = bench.guest?.care
      if (guest) assert.match((await guest.findLimits([macro], never)).join(), /give "Control" to/)
    })

    test('a macro runs by its name', async () => {
      await care().runMacro(macro, never)
      await waitUntil('it ran', () => bench.hasRunMacro())
    })
  })
}

describeCare('OctoPrint 1.11.8', async () => {
  await installOctoprint()
  const octoprint = await startOctoprint()
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const reply = await octoprint.ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.ok(reply.ok, `${path}: ${reply.status}`)
    await reply.body?.cancel()
  }
  const targets = async () => {
    const told = Object(await (await octoprint.ask('/api/printer')).json()).temperature
    return { nozzle: Number(told.tool0.target), bed: Number(told.bed.target) }
  }
  // What runs shows by the bed's temperature.
  await post('/api/settings', { scripts: { gcode: { [macro]: 'M140 S41' } } })
  return {
    printer: openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: octoprint.apiKey }, { log }),
    guest: openOctoprint(
      { kind: 'octoprint', url: octoprint.url, apiKey: octoprint.readOnlyApiKey },
      { log },
    ),
    start: async () => {
      await octoprint.upload('long.gcode', gcode, { start: true })
      await post('/api/printer/tool', { command: 'target', targets: { tool0: 50 } })
      await post('/api/printer/bed', { command: 'target', target: 40 })
      await waitUntil('it heats', async () => Math.min(...Object.values(await targets())) > 0)
    },
    targets,
    hasRunMacro: async () => (await targets()).bed === 41,
    close: () => octoprint.stop(),
  }
})

function benchOf(klipper: FakeKlipper) {
  // Klipper tells a macro as its configuration writes it, and takes it in any case.
  klipper.says[`gcode_macro ${macro.toLowerCase()}`] = {}
  const targetOf = (name: string) => Number(klipper.objects()[name]?.target)
  return {
    targets: async () => ({ nozzle: targetOf('extruder'), bed: targetOf('heater_bed') }),
    hasRunMacro: async () => klipper.ran.includes(macro),
  }
}

describeCare('Moonraker (stand-in)', async () => {
  const moonraker = await startFakeMoonraker()
  return {
    ...benchOf(moonraker.klipper),
    printer: openMoonraker({ kind: 'moonraker', url: moonraker.url }, { log }),
    start: async () => moonraker.klipper.start('long.gcode', gcode.length),
    close: () => moonraker.close(),
  }
})

describeCare(
  'Moonraker 0.11.0',
  async () => {
    const moonraker = await startMoonraker()
    await moonraker.upload('long.gcode', gcode)
    return {
      ...benchOf(moonraker.klipper),
      printer: openMoonraker({ kind: 'moonraker', url: moonraker.url, apiKey: moonraker.apiKey }, { log }),
      start: () => moonraker.start('long.gcode'),
      close: () => moonraker.stop(),
    }
  },
  findMoonraker() === undefined ? { skip: 'Moonraker is not installed: npm test gets it from PyPI' } : {},
)

test('Klipper is asked for nothing while a macro runs, or by another job than it was last told of', async (t) => {
  const { klipper, printer } = await pausedKlipper(t)
  klipper.says.idle_timeout = { state: 'Printing' }
  await assert.rejects(async () => printer.care?.switchOff('bed', never), RejectedError)
  klipper.says.idle_timeout = { state: 'Ready' }
  klipper.start('two.gcode', 1000)
  await klipper.run('pause')
  await assert.rejects(async () => printer.care?.switchOff('bed', never), RejectedError)
  assert.deepEqual(klipper.ran, ['pause', 'pause'])
})

test('Klipper draws back and lifts in modes of its own, and gives back as much', async (t) => {
  const { klipper, printer } = await pausedKlipper(t)
  await printer.care?.moveAway?.({ retractMm: 2.5, liftMm: 10 }, never)
  await printer.care?.giveBack?.(2.5, never)
  const around = (moves: string[]) =>
    [
      'SAVE_GCODE_STATE NAME=layerwatch',
      'G91',
      'M83',
      ...moves,
      'RESTORE_GCODE_STATE NAME=layerwatch MOVE=0',
    ].join('\n')
  assert.deepEqual(klipper.ran, [
    'pause',
    around(['G1 E-2.5 F1800', 'G1 Z10 F600']),
    around(['G1 E2.5 F1800']),
  ])
})

test('OctoPrint tells a pause by its firmware from one by a person', { timeout: 120_000 }, async (t) => {
  await installOctoprint()
  const octoprint = await startOctoprint()
  t.after(() => octoprint.stop())
  const printer = openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: octoprint.apiKey }, { log })
  const ended = new AbortController()
  const heard: PrinterStatus[] = []
  const watching = printer.watch((status) => heard.push(status), ended.signal)
  t.after(() => ended.abort())
  await octoprint.upload('long.gcode', gcode, { start: true })
  await waitUntil('it prints', () => heard.at(-1)?.state === 'printing')
  const headers = { 'content-type': 'application/json' }
  // What a printer with a filament sensor sends its host.
  const body = JSON.stringify({ command: '!!DEBUG:action_custom paused' })
  await (await octoprint.ask('/api/printer/command', { method: 'POST', headers, body })).body?.cancel()
  const cause = () => waitUntil('the pause', async () => (await printer.status(never)).pauseCause)
  assert.deepEqual(await cause(), { by: 'sensor' })
  await printer.act('resume', never)
  await waitUntil('it goes on', () => heard.at(-1)?.state === 'printing')
  await printer.act('pause', never)
  assert.deepEqual(await cause(), { by: 'hand' })
  ended.abort()
  await watching
})

/** A stand-in for Klipper whose first job is paused, and the printer that was told so. */
async function pausedKlipper(t: TestContext) {
  const moonraker = await startFakeMoonraker()
  t.after(() => moonraker.close())
  const { klipper } = moonraker
  const printer = openMoonraker({ kind: 'moonraker', url: moonraker.url }, { log })
  klipper.start('one.gcode', 1000)
  await klipper.run('pause')
  await printer.status(never)
  return { klipper, printer }
}
