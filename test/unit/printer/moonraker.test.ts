import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { systemClock } from '../../../device/clock.ts'
import { performAction } from '../../../device/pause/act.ts'
import { openMoonraker } from '../../../device/printer/moonraker.ts'
import { listWebcams, stopAtOnce } from '../../../device/printer/moonraker-api.ts'
import type { Printer, PrinterStatus } from '../../../device/printer/printer.ts'
import { json, raw } from '../../fakes/http-peer.ts'
import type { FakeMoonraker } from '../../fakes/moonraker.ts'
import { startFakeMoonraker } from '../../fakes/moonraker.ts'
import { waitUntil } from '../../setup/wait.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

describe('the Moonraker adapter', { timeout: 60_000 }, () => {
  let moonraker: FakeMoonraker
  let printer: Printer
  let ended: AbortController
  const config = () => ({ kind: 'moonraker' as const, url: moonraker.url, apiKey: 'key' })

  beforeEach(async () => {
    moonraker = await startFakeMoonraker({ apiKey: 'key' })
    printer = openMoonraker(config(), { log })
    ended = new AbortController()
  })
  afterEach(async () => {
    ended.abort()
    await moonraker.close()
  })

  const states: [string, PrinterStatus['state']][] = [
    ['standby', 'idle'],
    ['printing', 'printing'],
    ['paused', 'paused'],
    ['complete', 'finished'],
    ['cancelled', 'cancelled'],
    ['error', 'error'],
  ]
  for (const [word, state] of states) {
    test(`reads ${word}`, async () => {
      moonraker.klipper.says.print_stats = { state: word }
      assert.equal((await printer.status(never)).state, state)
    })
  }

  const hosts: [string, PrinterStatus['state']][] = [
    ['startup', 'offline'],
    ['shutdown', 'error'],
    ['error', 'error'],
  ]
  for (const [word, state] of hosts) {
    test(`reads a Klipper in ${word}, whatever it says of a print`, async () => {
      moonraker.klipper.start('a.gcode', 100)
      moonraker.klipper.says.webhooks = { state: word }
      assert.deepEqual(await printer.status(never), { state })
    })
  }

  test('calls the printer offline where Moonraker has no Klipper', async () => {
    moonraker.connectKlipper(false)
    assert.deepEqual(await printer.status(never), { state: 'offline' })
    // Moonraker does not know Klipper's paths before it has met it.
    moonraker.answers.set('/printer/objects/query', json(404, { error: { code: 404, message: 'Not Found' } }))
    assert.deepEqual(await printer.status(never), { state: 'offline' })
  })

  test('tells layer, height, place in the file, temperatures, run and what was left out', async () => {
    moonraker.klipper.start('a.gcode', 50_000)
    Object.assign(moonraker.klipper.says, {
      print_stats: { info: { current_layer: 7, total_layer: 90 }, print_duration: 61.5 },
      virtual_sdcard: { file_position: 1234, progress: 0.25 },
      gcode_move: { gcode_position: [1, 2, 1.4, 3] },
      exclude_object: { excluded_objects: ['CUBE_2'] },
    })
    assert.deepEqual(await printer.status(never), {
      state: 'printing',
      job: { name: 'a.gcode', runId: '000001' },
      layer: 7,
      layers: 90,
      fileBytes: 50_000,
      filePosition: 1234,
      progress: 0.25,
      printSeconds: 61.5,
      zMm: 1.4,
      temperatures: { nozzle: { actualC: 214.6, targetC: 215 }, bed: { actualC: 59.8, targetC: 60 } },
      excludedObjects: ['CUBE_2'],
    })
  })

  test('leaves out figures that make no sense and keeps the state', async () => {
    moonraker.klipper.start('a.gcode', 100)
    Object.assign(moonraker.klipper.says, {
      print_stats: { info: { current_layer: 'seven' }, print_duration: -5 },
      virtual_sdcard: { file_position: 5000, progress: 7 },
      gcode_move: { gcode_position: 'nowhere' },
      extruder: { temperature: 90_000 },
      heater_bed: { temperature: null },
    })
    assert.deepEqual(await printer.status(never), {
      state: 'printing',
      job: { name: 'a.gcode', runId: '000001' },
      fileBytes: 100,
    })
  })

  test('goes without a run where Moonraker keeps no history', async () => {
    moonraker.klipper.start('a.gcode', 100)
    moonraker.answers.set('/server/history/list', json(404, { error: { code: 404, message: 'Not Found' } }))
    assert.deepEqual((await printer.status(never)).job, { name: 'a.gcode' })
  })

  test('says pausing while Klipper runs its macro, asks for it once, and paused at its end', async () => {
    moonraker.klipper.start('a.gcode', 100)
    const macro = Promise.withResolvers<void>()
    moonraker.klipper.hold = macro.promise
    await printer.act('pause', never)
    assert.equal((await printer.status(never)).state, 'pausing')
    await printer.act('pause', never)
    assert.deepEqual(moonraker.klipper.ran, ['pause'])
    macro.resolve()
    await waitUntil('paused', async () => (await printer.status(never)).state === 'paused')
  })

  test('is paused by one call though its macro takes longer than any call may', async () => {
    moonraker.klipper.start('a.gcode', 100)
    const macro = Promise.withResolvers<void>()
    moonraker.klipper.hold = macro.promise
    const tools = {
      printer,
      readStatus: (signal: AbortSignal) => printer.status(signal),
      isOtherPrint: () => false,
      clock: systemClock,
      log,
    }
    const pausing = performAction('pause', tools, never)
    // As long as a nozzle may take to be hot: longer than a printer may take to begin.
    const heating = setTimeout(() => macro.resolve(), 6_000)
    assert.deepEqual(await pausing, { isDone: true, tries: 1 })
    clearTimeout(heating)
    assert.deepEqual(moonraker.klipper.ran, ['pause'])
  })

  test('takes a Moonraker that answers neither the action nor anything else for gone', async () => {
    moonraker.klipper.start('a.gcode', 100)
    moonraker.answers.set('/printer/print/pause', () => undefined)
    moonraker.answers.set('/server/info', () => undefined)
    await assert.rejects(printer.act('pause', never), UnavailableError)
  })

  test('passes on why Klipper refuses', async () => {
    moonraker.klipper.start('a.gcode', 100)
    const words = { error: { code: 400, message: 'Must home axis first' } }
    moonraker.answers.set('/printer/print/pause', json(400, words))
    await assert.rejects(printer.act('pause', never), (error: unknown) => {
      assert.ok(error instanceof RejectedError)
      assert.match(error.message, /Must home axis first/)
      return true
    })
  })

  test('lets nothing be paused, resumed or stopped that does not run, though Klipper would', async () => {
    for (const action of ['pause', 'resume', 'cancel'] as const) {
      await assert.rejects(printer.act(action, never), RejectedError)
    }
    assert.deepEqual(moonraker.klipper.ran, [])
  })

  test('takes a print that is paused already for paused', async () => {
    moonraker.klipper.start('a.gcode', 100)
    await moonraker.klipper.run('pause')
    await printer.act('pause', never)
    assert.deepEqual(moonraker.klipper.ran, ['pause'])
  })

  test('names what Klipper lacks and how to mend it', async () => {
    const objects = ['webhooks', 'print_stats', 'virtual_sdcard', 'pause_resume']
    moonraker.answers.set('/printer/objects/list', json(200, { result: { objects } }))
    const bare = await printer.probe(never)
    assert.deepEqual(bare.actions, ['pause', 'resume', 'cancel'])
    assert.match(bare.limits.join(' '), /PAUSE macro.*CANCEL_PRINT macro/)
    moonraker.answers.set('/printer/objects/list', json(200, { result: { objects: ['webhooks'] } }))
    const watching = await printer.probe(never)
    assert.deepEqual(watching.actions, [])
    assert.match(watching.limits.join('\n'), /\[pause_resume\].*mainsail\.cfg/)
  })

  test('waits for a Klipper that is not ready before it says what can be done', async () => {
    moonraker.klipper.says.webhooks = { state: 'shutdown', state_message: 'MCU lost' }
    await assert.rejects(printer.probe(never), /shutdown.*MCU lost/)
    moonraker.connectKlipper(false)
    await assert.rejects(printer.probe(never), UnavailableError)
  })

  test('says how to be let in where the key is refused or missing', async () => {
    const stranger = openMoonraker({ kind: 'moonraker', url: moonraker.url }, { log })
    await assert.rejects(stranger.status(never), /trusted_clients/)
    const wrong = openMoonraker({ ...config(), apiKey: 'other' }, { log })
    await assert.rejects(wrong.probe(never), RejectedError)
  })

  test('subscribes again when Klipper comes back, and connects again when the line is lost', async () => {
    const heard: PrinterStatus[] = []
    const watching = printer.watch((status) => heard.push(status), ended.signal)
    const tells = (state: PrinterStatus['state']) =>
      waitUntil(`the watch tells ${state}`, () => heard.at(-1)?.state === state)
    await tells('idle')
    moonraker.connectKlipper(false)
    await tells('offline')
    moonraker.klipper.start('a.gcode', 100)
    moonraker.connectKlipper(true)
    await tells('printing')
    moonraker.push('no JSON')
    moonraker.push({ method: 'notify_status_update', params: ['nonsense'] })
    moonraker.dropListeners()
    await moonraker.klipper.run('pause')
    await tells('paused')
    moonraker.push({ jsonrpc: '2.0', method: 'notify_klippy_shutdown' })
    await tells('error')
    ended.abort()
    await watching
  })

  test('gives the key to no address, but a token that is good for once', async () => {
    const asked: string[] = []
    moonraker.server.on('upgrade', (request) => asked.push(String(request.url)))
    void printer.watch(() => undefined, ended.signal)
    await waitUntil('the adapter listens', () => moonraker.listeners() === 1)
    assert.match(asked[0] ?? '', /^\/websocket\?token=[\w-]+$/)
    assert.ok(!asked[0]?.includes('key'))
  })

  test('finds the cameras that are shown for the printer, at the web server of the same host', async () => {
    const webcams = [
      {
        name: 'bed',
        stream_url: '/webcam/?action=stream',
        snapshot_url: '/webcam/?action=snapshot',
        rotation: 180,
      },
      { name: 'far', stream_url: 'http://cam.lan/stream', snapshot_url: '', flip_horizontal: true },
      { name: 'off', enabled: false, stream_url: '/off' },
    ]
    moonraker.answers.set('/server/webcams/list', json(200, { result: { webcams } }))
    const [bed, far, ...rest] = await listWebcams(config(), never)
    assert.deepEqual(rest, [])
    assert.deepEqual(bed, {
      name: 'bed',
      streamUrl: `${moonraker.url}/webcam/?action=stream`,
      snapshotUrl: `${moonraker.url}/webcam/?action=snapshot`,
      flipHorizontal: false,
      flipVertical: false,
      rotationDegrees: 180,
    })
    assert.equal(far?.streamUrl, 'http://cam.lan/stream')
    assert.equal(far?.snapshotUrl, undefined)
    moonraker.answers.set('/server/webcams/list', raw(200, 'text/html', '<html>'))
    await assert.rejects(listWebcams(config(), never), ProtocolError)
  })

  test('halts the printer at once where that is asked for by itself', async () => {
    moonraker.klipper.start('a.gcode', 100)
    await stopAtOnce(config(), never)
    assert.equal((await printer.status(never)).state, 'error')
  })

  test('refuses an address or a key that cannot be one', () => {
    const open = (url: string, apiKey: string) => openMoonraker({ kind: 'moonraker', url, apiKey }, { log })
    assert.throws(() => open('mainsail', 'key'), ConfigError)
    assert.throws(() => open('http://mainsail', 'key\r\nx: y'), ConfigError)
  })
})
