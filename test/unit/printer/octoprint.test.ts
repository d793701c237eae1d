import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { openOctoprint } from '../../../device/printer/octoprint.ts'
import type { Printer, PrinterStatus } from '../../../device/printer/printer.ts'
import { json, raw } from '../../fakes/http-peer.ts'
import type { FakeOctoprint } from '../../fakes/octoprint.ts'
import { startFakeOctoprint } from '../../fakes/octoprint.ts'
import { waitUntil } from '../../setup/wait.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

describe('the OctoPrint adapter', { timeout: 60_000 }, () => {
  let octoprint: FakeOctoprint
  let printer: Printer

  beforeEach(async () => {
    octoprint = await startFakeOctoprint()
    printer = openOctoprint({ kind: 'octoprint', url: octoprint.url, apiKey: 'key' }, { log })
  })
  afterEach(() => octoprint.close())

  const states: [string, Record<string, boolean>, PrinterStatus['state']][] = [
    ['pausing, which counts as printing too', { printing: true, pausing: true }, 'pausing'],
    ['paused', { paused: true }, 'paused'],
    ['resuming', { paused: true, resuming: true }, 'resuming'],
    ['cancelling', { printing: true, cancelling: true }, 'cancelling'],
    ['finishing', { printing: true, finishing: true }, 'printing'],
    ['closed', { operational: false, closedOrError: true }, 'offline'],
    ['in error', { operational: false, closedOrError: true, error: true }, 'error'],
    ['connecting', { operational: false }, 'offline'],
  ]
  for (const [name, flags, state] of states) {
    test(`reads a printer that is ${name}`, async () => {
      Object.assign(octoprint.says.flags, flags)
      assert.equal((await printer.status(never)).state, state)
    })
  }

  test('takes a print at 100 % with an idle printer for a finished one', async () => {
    octoprint.says.progress = { completion: 100, filepos: 10, printTime: 5, printTimeLeft: 0 }
    assert.equal((await printer.status(never)).state, 'finished')
  })

  test('gives the temperatures that make sense, and leaves out the others', async () => {
    const temperature = {
      tool0: { actual: 214.8, target: 215, offset: 0 },
      bed: { actual: null, target: null },
      W: { actual: 21.5, target: null },
    }
    const flags = octoprint.says.flags
    octoprint.answers.set('/api/printer', json(200, { state: { flags }, temperature }))
    const { temperatures } = await printer.status(never)
    assert.deepEqual(temperatures, { nozzle: { actualC: 214.8, targetC: 215 } })
    octoprint.answers.set('/api/printer', json(200, { state: { flags }, temperature: 'hot' }))
    assert.equal((await printer.status(never)).temperatures, undefined)
  })

  test('calls the printer offline where OctoPrint has none connected', async () => {
    octoprint.answers.set('/api/printer', json(409, { error: 'Printer is not operational' }))
    assert.deepEqual(await printer.status(never), { state: 'offline' })
  })

  test('takes no state from flags that contradict each other, are missing or are not truth values', async () => {
    const mistakes = [
      { printing: true, closedOrError: true },
      { printing: true, paused: true },
      { printing: undefined },
      { printing: 'yes' },
    ]
    for (const flags of mistakes) {
      octoprint.answers.set(
        '/api/printer',
        json(200, { state: { flags: { ...octoprint.says.flags, ...flags } } }),
      )
      await assert.rejects(printer.status(never), ProtocolError)
    }
  })

  test('leaves out figures that make no sense and keeps the state', async () => {
    Object.assign(octoprint.says.flags, { printing: true, ready: false })
    octoprint.says.job = { file: { name: 'a.gcode', path: 'a.gcode', size: 100, origin: 'local' } }
    octoprint.says.progress = { completion: -3, filepos: 5000, printTime: 'soon', printTimeLeft: 12 }
    assert.deepEqual(await printer.status(never), {
      state: 'printing',
      job: { name: 'a.gcode' },
      fileBytes: 100,
      secondsLeft: 12,
    })
  })

  test('reads no state from NaN', async () => {
    octoprint.answers.set(
      '/api/job',
      raw(200, 'application/json', '{"job":{},"progress":{"completion":NaN}}'),
    )
    await assert.rejects(printer.status(never), ProtocolError)
  })

  test('says that a web page, an endless answer or no HTTP at all is no OctoPrint', async () => {
    octoprint.answers.set('/api/printer', raw(200, 'text/html', '<html>Welcome to your router</html>'))
    await assert.rejects(printer.status(never), ProtocolError)
    octoprint.answers.set('/api/printer', raw(200, 'application/json', Buffer.alloc(2 * 1024 * 1024, 32)))
    await assert.rejects(printer.status(never), ProtocolError)
    octoprint.answers.set('/api/printer', (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    await assert.rejects(printer.status(never), ProtocolError)
  })

  test('never takes the key to another address', async () => {
    const visitors: string[] = []
    const other = createServer((request, response) => {
      visitors.push(String(request.headers['x-api-key']))
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = Object(other.address())
    for (const path of ['/api/job', '/api/printer', '/api/login', '/api/version']) {
      octoprint.answers.set(
        path,
        raw(302, 'text/plain', '', { location: `http://127.0.0.1:${address.port}/` }),
      )
    }
    await assert.rejects(printer.status(never), ProtocolError)
    await assert.rejects(printer.act('pause', never), ProtocolError)
    await assert.rejects(printer.probe(never), ProtocolError)
    other.close()
    assert.deepEqual(visitors, [])
  })

  test('says a refused key is refused and a broken server unavailable', async () => {
    octoprint.answers.set('/api/job', json(403, {}))
    await assert.rejects(printer.act('pause', never), RejectedError)
    octoprint.answers.set('/api/job', raw(502, 'text/html', 'Bad Gateway'))
    await assert.rejects(printer.act('pause', never), UnavailableError)
  })

  test('waits five seconds for a silent OctoPrint and no longer', async () => {
    octoprint.answers.set('/api/job', () => undefined)
    const began = performance.now()
    await assert.rejects(printer.act('pause', never), UnavailableError)
    const waitedMs = performance.now() - began
    assert.ok(waitedMs > 4_500 && waitedMs < 7_000, `waited ${waitedMs} ms`)
  })

  test('takes nothing but OctoPrint’s own word of acceptance for one', async () => {
    octoprint.answers.set('/api/job', raw(200, 'text/html', 'Please log in'))
    await assert.rejects(printer.act('pause', never), ProtocolError)
  })

  test('sends pause, resume and cancel so that saying them twice changes nothing', async () => {
    for (const action of ['pause', 'resume', 'cancel'] as const) await printer.act(action, never)
    assert.deepEqual(octoprint.asked, [
      'POST /api/job {"command":"pause","action":"pause"}',
      'POST /api/job {"command":"pause","action":"resume"}',
      'POST /api/job {"command":"cancel"}',
    ])
  })

  test('names what a key may not do, and offers no action then', async () => {
    octoprint.answers.set('/api/login', json(200, { name: 'a', session: 'b', needs: { role: ['status'] } }))
    const { actions, limits } = await printer.probe(never)
    assert.deepEqual(actions, [])
    assert.match(limits.join('\n'), /"Print"/)
    assert.match(limits.join('\n'), /"File Download"/)
  })

  test('asks for the file by its path at the configured address, and has none of a card', async () => {
    octoprint.says.job = { file: { name: 'ä b.gcode', path: 'dir/ä b.gcode', size: 3, origin: 'local' } }
    octoprint.answers.set('/downloads/files/local/dir/%C3%A4%20b.gcode', raw(200, 'text/plain', 'G28'))
    assert.equal(Buffer.from((await printer.file(never)) ?? []).toString(), 'G28')
    octoprint.says.job = { file: { name: 'A.GCO', path: 'A.GCO', size: 3, origin: 'sdcard' } }
    assert.equal(await printer.file(never), undefined)
  })

  test('tells the height only while the push socket is there', async () => {
    const heard: PrinterStatus[] = []
    const ended = new AbortController()
    const watching = printer.watch((status) => heard.push(status), ended.signal)
    await waitUntil('the adapter listens', () => octoprint.listeners() === 1)
    await waitUntil('the adapter logged in', () => octoprint.heard.length === 3)
    assert.deepEqual(octoprint.heard.at(-1), { auth: 'owner:session' })
    octoprint.push('no JSON')
    octoprint.push({ current: { state: 'garbled' } })
    octoprint.push({ plugin: { any: 1 } })
    const { flags, job, progress } = octoprint.says
    octoprint.push({
      current: { state: { flags: { ...flags, printing: true } }, job, progress, currentZ: 0.4 },
    })
    await waitUntil('the height is heard', () => heard.at(-1)?.zMm === 0.4)
    assert.equal(heard.length, 1)
    assert.equal((await printer.status(never)).zMm, 0.4)
    octoprint.dropListeners()
    await waitUntil('the height is forgotten', async () => (await printer.status(never)).zMm === undefined)
    await waitUntil('the adapter comes back', () => octoprint.listeners() === 1)
    ended.abort()
    await watching
  })

  test('tells a cancelled run from an idle printer while it listens', async () => {
    const ended = new AbortController()
    const watching = printer.watch(() => undefined, ended.signal)
    await waitUntil('the adapter listens', () => octoprint.heard.length === 3)
    octoprint.push({ event: { type: 'PrintCancelled', payload: {} } })
    octoprint.push({ event: { type: 'PrintFailed', payload: { reason: 'cancelled' } } })
    await waitUntil('cancelled', async () => (await printer.status(never)).state === 'cancelled')
    octoprint.push({ event: { type: 'FileSelected', payload: {} } })
    await waitUntil('idle', async () => (await printer.status(never)).state === 'idle')
    ended.abort()
    await watching
  })

  test('logs in again where OctoPrint ends its session', async () => {
    const ended = new AbortController()
    const watching = printer.watch(() => undefined, ended.signal)
    await waitUntil('the adapter listens', () => octoprint.heard.length === 3)
    octoprint.push({ reauthRequired: { reason: 'stale' } })
    await waitUntil('it logs in again', () => octoprint.heard.length === 6)
    ended.abort()
    await watching
  })

  test('stops a watch at once, whatever it waits for', async () => {
    await octoprint.close()
    const ended = new AbortController()
    const watching = printer.watch(() => undefined, ended.signal)
    ended.abort()
    await watching
  })

  test('refuses an address or a key that cannot be one', () => {
    const open = (url: string, apiKey: string) => openOctoprint({ kind: 'octoprint', url, apiKey }, { log })
    assert.throws(() => open('octopi', 'key'), ConfigError)
    assert.throws(() => open('http://octopi', 'key\r\nx: y'), ConfigError)
  })
})
