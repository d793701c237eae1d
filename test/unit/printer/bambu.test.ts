import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openBambu } from '../../../device/printer/bambu.ts'
import type { BambuPrinterConfig } from '../../../device/printer/config.ts'
import type { PrinterStatus } from '../../../device/printer/printer.ts'
import type { BambuBehaviour, FakeBambu } from '../../fakes/bambu.ts'
import { makeCertificate, startFakeBambu } from '../../fakes/bambu.ts'
import { waitUntil } from '../../setup/wait.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

describe('the adapter of Bambu Lab', { timeout: 60_000 }, () => {
  let fake: FakeBambu
  const open = (change: Partial<BambuPrinterConfig> = {}) => {
    const { host, port, serial, accessCode, fingerprint } = fake
    return openBambu({ kind: 'bambu', host, port, serial, accessCode, fingerprint, ...change }, { log })
  }
  const restart = async (behaviour: Partial<BambuBehaviour>) => {
    await fake.close()
    fake = await startFakeBambu(behaviour)
  }
  beforeEach(async () => {
    fake = await startFakeBambu()
  })
  afterEach(() => fake.close())

  test('tells the fingerprint of a printer nobody pinned, and says nothing to it', async () => {
    await assert.rejects(open({ fingerprint: undefined }).probe(never), (error) => {
      assert.ok(error instanceof RejectedError)
      assert.ok(error.message.includes(fake.fingerprint) && error.message.includes(fake.serial))
      return true
    })
    assert.deepEqual([fake.clients(), fake.asked.length, fake.logins()], [0, 0, 0])
  })

  test('gives its access code to nobody but the pinned printer', async () => {
    const { fingerprint } = await makeCertificate(fake.serial)
    await assert.rejects(open({ fingerprint }).status(never), /not the pinned one/)
    assert.equal(fake.logins(), 0)
    assert.equal((await open({ fingerprint: fake.fingerprint.toLowerCase() }).status(never)).state, 'idle')
  })

  test('says where the access code is refused, and where the serial number leads nowhere', async () => {
    await assert.rejects(open({ accessCode: 'wrong' }).status(never), (error) => {
      assert.ok(error instanceof RejectedError)
      assert.match(error.message, /access code/)
      return true
    })
    await assert.rejects(open({ serial: '01P00A000000000' }).status(never), UnavailableError)
  })

  test('tells the objects that somebody had it skip', async () => {
    fake.start('vase')
    fake.report({ s_obj: [62, 118] })
    assert.deepEqual((await open().status(never)).excludedObjects, ['62', '118'])
  })

  test('reads layer, progress, time, temperatures and the run of a print', async () => {
    fake.start('vase')
    assert.deepEqual(await open().status(never), {
      state: 'printing',
      job: { name: 'vase', runId: '1' },
      layer: 12,
      layers: 100,
      progress: 0.11,
      secondsLeft: 2520,
      temperatures: {
        nozzle: { actualC: 219.5, targetC: 220 },
        bed: { actualC: 60, targetC: 60 },
      },
    })
  })

  test('knows no run by an id where the print was started without the vendor’s cloud', async () => {
    fake.report({ gcode_state: 'RUNNING', gcode_file: '/data/Metadata/plate_1.gcode', task_id: '0' })
    assert.deepEqual((await open().status(never)).job, { name: 'plate_1.gcode' })
  })

  test('joins what a P1 tells bit by bit, and asks for the whole once a connection', async () => {
    await restart({ series: 'P1' })
    fake.start('vase')
    const printer = open()
    await printer.status(never)
    fake.report({ layer_num: 13 })
    fake.report({ mc_percent: '12', bed_temper: 60.5 })
    const status = await waitUntil('what was told last', async () => {
      const now = await printer.status(never)
      return now.progress === 0.12 && now
    })
    assert.deepEqual([status.state, status.layer, status.layers], ['printing', 13, 100])
    assert.equal(status.temperatures?.bed?.actualC, 60.5)
    assert.equal(fake.asked.filter((request) => request === 'pushing.pushall').length, 1)
  })

  const words: [Record<string, unknown>, PrinterStatus['state']][] = [
    [{ gcode_state: 'IDLE' }, 'idle'],
    [{ gcode_state: 'SLICING' }, 'idle'],
    [{ gcode_state: 'PREPARE' }, 'printing'],
    [{ gcode_state: 'PAUSE' }, 'paused'],
    [{ gcode_state: 'FINISH' }, 'finished'],
    [{ gcode_state: 'FAILED', print_error: 0x0300_400c }, 'cancelled'],
    [{ gcode_state: 'FAILED', print_error: 0x0300_8004 }, 'error'],
  ]
  for (const [told, state] of words) {
    test(`calls a printer that is ${told.gcode_state} ${state}`, async () => {
      fake.report(told)
      assert.equal((await open().status(never)).state, state)
    })
  }

  test('acts on no state it does not know', async () => {
    for (const word of ['DANCING', 7, null]) {
      fake.report({ gcode_state: word })
      const printer = open()
      await assert.rejects(printer.status(never), ProtocolError)
      await assert.rejects(printer.act('pause', never), ProtocolError)
    }
    assert.ok(!fake.asked.includes('print.pause'))
  })

  test('is not led astray by messages that are none', async () => {
    fake.start('vase')
    const printer = open()
    await printer.status(never)
    for (const bad of [
      '',
      '{',
      '[]',
      'null',
      '{"print":7}',
      '{"print":{"command":"push_status","layer_num":"NaN"}}',
    ])
      fake.send(bad)
    fake.report({ layer_num: 14 })
    const status = await waitUntil('the next layer', async () => {
      const now = await printer.status(never)
      return now.layer === 14 && now
    })
    assert.equal(status.state, 'printing')
  })

  for (const series of ['X1', 'P1'] as const) {
    test(`finds out without moving that an ${series} obeys none but its maker's programs`, async () => {
      await restart({ series, isDeveloperMode: false })
      fake.start('vase')
      const printer = open()
      const { actions, limits } = await printer.probe(never)
      assert.deepEqual(actions, [])
      assert.match(limits.join(), /Can only watch, because .* Developer Mode/)
      assert.equal(fake.state.gcode_state, 'RUNNING')
      await assert.rejects(printer.act('pause', never), (error) => {
        assert.ok(error instanceof RejectedError)
        assert.match(error.message, /Developer Mode/)
        return true
      })
      assert.equal(await printer.light.isOn(never), false)
      await printer.light.turn('on', never)
      await waitUntil('the light', () => printer.light.isOn(never))
    })
  }

  test('claims nothing of a P1 that does not say whether it obeys', async () => {
    await restart({ series: 'P1' })
    const printer = open()
    await printer.status(never)
    fake.behaves.answers = 'none'
    const { actions, limits } = await printer.probe(never)
    assert.deepEqual(actions, ['pause', 'resume', 'cancel'])
    assert.match(limits.join(), /could not be found out/)
  })

  test('takes another program’s answer for none of its own', async () => {
    fake.start('vase')
    const printer = open()
    await printer.status(never)
    fake.behaves.answers = 'none'
    const pausing = printer.act('pause', never)
    await waitUntil('the question', () => fake.asked.includes('print.pause'))
    fake.send(JSON.stringify({ print: { command: 'pause', sequence_id: '1', result: 'success' } }))
    await assert.rejects(pausing, UnavailableError)
  })

  test('calls a pause refused where the printer says so, in its words', async () => {
    fake.start('vase')
    const printer = open()
    await printer.status(never)
    fake.behaves.answers = 'none'
    const pausing = printer.act('pause', never)
    await waitUntil('the question', () => fake.asked.includes('print.pause'))
    const { print } = Object(fake.lastRequest())
    fake.send(
      JSON.stringify({ print: { ...print, result: 'fail', reason: 'door is open', err_code: 0x0500_8051 } }),
    )
    await assert.rejects(pausing, /door is open \(05008051\)/)
  })

  test('is there again when the printer is, and tells of what it missed', async () => {
    fake.start('vase')
    const printer = open()
    const heard: PrinterStatus[] = []
    const ended = new AbortController()
    const watching = printer.watch((status) => heard.push(status), ended.signal)
    await waitUntil('the print', () => heard.at(-1)?.state === 'printing')
    await fake.goAway()
    await waitUntil('the loss', async () =>
      printer.status(never).then(
        () => false,
        (error) => error instanceof UnavailableError,
      ),
    )
    Object.assign(fake.state, { gcode_state: 'PAUSE' })
    await fake.comeBack()
    await waitUntil('the pause', () => heard.at(-1)?.state === 'paused')
    ended.abort()
    await watching
  })

  test('tells no news when nothing but temperatures changes', async () => {
    fake.start('vase')
    const heard: PrinterStatus[] = []
    const ended = new AbortController()
    const watching = open().watch((status) => heard.push(status), ended.signal)
    await waitUntil('the print', () => heard.length > 0)
    for (let step = 0; step < 5; step++) fake.report({ nozzle_temper: 220 + step / 10 })
    fake.report({ layer_num: 50 })
    await waitUntil('the layer', () => heard.at(-1)?.layer === 50)
    assert.equal(heard.length, 2)
    ended.abort()
    await watching
  })
})
