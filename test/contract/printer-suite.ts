import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Printer, PrinterStatus } from '../../device/printer/printer.ts'
import { waitUntil } from '../setup/wait.ts'

/** A printer under test, and the ways to it that do not go through the adapter. */
export interface PrinterBench {
  printer: Printer
  /** The job that `start` starts. */
  jobName: string
  /** Undefined where the printer keeps its file to itself. */
  gcode: string | undefined
  /** Starts a print that lasts for minutes. */
  start(): Promise<void>
  /** Ends what runs, so that the printer is idle. */
  reset(): Promise<void>
  /** Takes the printer off the line for good. */
  vanish(): Promise<void>
  close(): Promise<void>
}

const never = new AbortController().signal

/** What the port promises, tried on one adapter. */
export function describePrinter(
  name: string,
  open: () => Promise<PrinterBench>,
  options: { skip?: string } = {},
): void {
  describe(`a printer behind ${name}`, { timeout: 120_000, ...options }, () => {
    let bench: PrinterBench
    before(async () => {
      bench = await open()
    })
    after(() => bench.close())

    const reaches = (state: PrinterStatus['state']) =>
      waitUntil(`the state ${state}`, async () => {
        const status = await bench.printer.status(never)
        return status.state === state && status
      })

    test('says what it is and what may be done with it', async () => {
      const { description, actions, limits } = await bench.printer.probe(never)
      assert.match(description, /\w/)
      assert.deepEqual([...actions].sort(), ['cancel', 'pause', 'resume'])
      assert.deepEqual(limits, [])
    })

    test('refuses to pause where nothing is printed', async () => {
      await bench.reset()
      await assert.rejects(bench.printer.act('pause', never), RejectedError)
    })

    test('is paused, resumed and cancelled, each seen in the state read back', async () => {
      await bench.reset()
      await bench.start()
      const printing = await reaches('printing')
      assert.equal(printing.job?.name, bench.jobName)
      await bench.printer.act('pause', never)
      await reaches('paused')
      await bench.printer.act('resume', never)
      await reaches('printing')
      await bench.printer.act('cancel', never)
      await waitUntil('the print is over', async () => {
        const { state } = await bench.printer.status(never)
        return state === 'idle' || state === 'cancelled'
      })
    })

    test('does not resume a print by being told to pause twice', async () => {
      await bench.reset()
      await bench.start()
      await reaches('printing')
      await bench.printer.act('pause', never)
      await reaches('paused')
      // Accepted or refused, both are well; moving on is not.
      await bench.printer.act('pause', never).catch((error) => assert.ok(error instanceof RejectedError))
      await reaches('paused')
    })

    test('gives figures within their bounds while it prints', async () => {
      await bench.reset()
      await bench.start()
      const status = await waitUntil('some progress', async () => {
        const now = await bench.printer.status(never)
        return (now.filePosition ?? now.progress ?? 0) > 0 && now
      })
      assert.ok(status.progress === undefined || (status.progress >= 0 && status.progress <= 1))
      if (status.filePosition !== undefined && status.fileBytes !== undefined) {
        assert.ok(status.filePosition <= status.fileBytes)
      }
    })

    test('gives the G-code of its job', async () => {
      await bench.reset()
      await bench.start()
      await reaches('printing')
      const file = await bench.printer.file(never)
      assert.equal(file === undefined ? undefined : Buffer.from(file).toString('utf8'), bench.gcode)
    })

    test('tells of changes while it is watched, and stops when told', async () => {
      await bench.reset()
      await bench.start()
      await reaches('printing')
      const heard: PrinterStatus[] = []
      const ended = new AbortController()
      const watching = bench.printer.watch((status) => heard.push(status), ended.signal)
      await waitUntil('the watch tells of printing', () => heard.some(({ state }) => state === 'printing'))
      await bench.printer.act('pause', never)
      await waitUntil('the watch tells of the pause', () => heard.at(-1)?.state === 'paused')
      ended.abort()
      await watching
    })

    test('lets go of a question nobody waits for any more', async () => {
      const given = new AbortController()
      given.abort(new Error('given up'))
      await assert.rejects(bench.printer.status(given.signal), /given up/)
    })

    test('is unavailable once it is gone, and a watch lives on', async () => {
      const ended = new AbortController()
      const watching = bench.printer.watch(() => undefined, ended.signal)
      await bench.vanish()
      await assert.rejects(bench.printer.status(never), UnavailableError)
      await assert.rejects(bench.printer.act('pause', never), UnavailableError)
      ended.abort()
      await watching
    })
  })
}
