import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError, RejectedError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import type { Printer, PrinterStatus } from '../../../device/printer/printer.ts'
import { openPrusaLink } from '../../../device/printer/prusalink.ts'
import { json, raw } from '../../fakes/http-peer.ts'
import type { FakePrusaLink } from '../../fakes/prusalink.ts'
import { prusaKey, prusaLogin, startFakePrusaLink } from '../../fakes/prusalink.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

describe('the PrusaLink adapter', { timeout: 60_000 }, () => {
  let prusa: FakePrusaLink
  let printer: Printer
  beforeEach(async () => {
    prusa = await startFakePrusaLink()
    printer = openPrusaLink({ kind: 'prusalink', url: prusa.url, ...prusaLogin }, { log })
  })
  afterEach(() => prusa.close())

  const states: [string, PrinterStatus['state'], PrinterStatus['state']][] = [
    ['IDLE', 'idle', 'idle'],
    ['READY', 'idle', 'idle'],
    ['BUSY', 'idle', 'printing'],
    ['PRINTING', 'printing', 'printing'],
    ['PAUSED', 'paused', 'paused'],
    ['FINISHED', 'finished', 'finished'],
    ['STOPPED', 'cancelled', 'cancelled'],
    ['ERROR', 'error', 'error'],
    ['ATTENTION', 'idle', 'paused'],
  ]
  for (const [word, alone, withJob] of states) {
    test(`reads ${word} without and with a job`, async () => {
      prusa.printer.state = word
      assert.equal((await printer.status(never)).state, alone)
      prusa.start('a.gcode', 'G28')
      prusa.printer.state = word
      assert.equal((await printer.status(never)).state, withJob)
    })
  }

  test('logs in by digest, and again when the nonce is old', async () => {
    await printer.status(never)
    const before = prusa.asked.length
    await printer.status(never)
    assert.equal(prusa.asked.length - before, 1, 'one nonce serves several questions')
    prusa.forgetNonces()
    assert.equal((await printer.status(never)).state, 'idle')
  })

  test('comes in by the API key alone', async () => {
    const byKey = openPrusaLink(
      { kind: 'prusalink', url: prusa.url, username: 'maker', apiKey: prusaKey },
      { log },
    )
    assert.equal((await byKey.status(never)).state, 'idle')
    assert.equal(prusa.asked.length, 1)
  })

  test('says where the login is to be found when it is refused', async () => {
    const stranger = openPrusaLink(
      { kind: 'prusalink', url: prusa.url, username: 'maker', password: 'no' },
      { log },
    )
    await assert.rejects(stranger.status(never), (error: unknown) => {
      assert.ok(error instanceof RejectedError)
      assert.match(error.message, /printer's screen/)
      return true
    })
  })

  test('tells run, progress, times, height and temperatures', async () => {
    prusa.start('part.gcode', 'G28')
    assert.deepEqual(await printer.status(never), {
      state: 'printing',
      job: { name: 'part.gcode', runId: '1' },
      progress: 0.12,
      printSeconds: 0,
      secondsLeft: 600,
      zMm: 0.4,
      temperatures: { nozzle: { actualC: 214.8, targetC: 215 }, bed: { actualC: 60.1, targetC: 60 } },
    })
  })

  test('asks for the name of a job once, not each time', async () => {
    prusa.start('part.gcode', 'G28')
    for (let round = 0; round < 3; round++) await printer.status(never)
    assert.equal(prusa.asked.filter((words) => words === 'GET /api/v1/job').length, 1)
  })

  test('names the job in each call, so that no other can be meant', async () => {
    prusa.start('part.gcode', 'G28')
    await printer.act('pause', never)
    await printer.act('resume', never)
    await printer.act('cancel', never)
    assert.deepEqual(
      prusa.asked.filter((words) => /^(PUT|DELETE)/.test(words)),
      ['PUT /api/v1/job/1/pause', 'PUT /api/v1/job/1/resume', 'DELETE /api/v1/job/1'],
    )
  })

  test('has no layers to give of binary G-code, by its name or by its first bytes, and says so', async () => {
    prusa.start('part.bgcode', 'GCDE')
    assert.equal(await printer.file(never), undefined)
    assert.match((await printer.probe(never)).limits.join(), /binary G-code/)
    prusa.start('renamed.gcode', 'GCDE\u0001')
    assert.equal(await printer.file(never), undefined)
  })

  test('fetches the file from its own address only, and goes without where it is not given', async () => {
    prusa.start('part.gcode', 'G28')
    const job = (download: string) => json(200, { id: 1, file: { name: 'part.gcode', refs: { download } } })
    prusa.answers.set('/api/v1/job', job('http://127.0.0.1:9/usb/part.gcode'))
    assert.equal(await printer.file(never), undefined)
    prusa.start('next.gcode', 'G28')
    prusa.answers.clear()
    prusa.answers.set('/usb/next.gcode', raw(404, 'text/plain', ''))
    assert.equal(await printer.file(never), undefined)
  })

  test('refuses an address or a key that cannot be one', () => {
    const open = (url: string, apiKey: string) =>
      openPrusaLink({ kind: 'prusalink', url, username: 'maker', apiKey }, { log })
    assert.throws(() => open('prusa', 'key'), ConfigError)
    assert.throws(() => open('http://prusa', 'key\r\nx: y'), ConfigError)
  })
})
