import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Printer, PrinterStatus } from '../../device/printer/printer.ts'
import { waitUntil } from '../setup/wait.ts'

/** What a printer can say wrong. `redirect` leads to the address that the bench is given. */
export type BadWords =
  | 'silence'
  | 'without end'
  | 'redirect'
  | 'web page'
  | 'another protocol'
  | 'not a number'
  | 'unknown state'

/** A printer under test that can be told to misbehave. */
export interface BadPrinterBench {
  printer: Printer
  /** Starts a job on the printer, ending what ran there. */
  start(job: string): void | Promise<void>
  /** Answers whatever it is asked like this from now on; undefined: as it should. */
  say(words: BadWords | undefined): void | Promise<void>
  /** Whether anybody paused the printer. */
  isPaused(): boolean
  close(): Promise<void>
}

export interface BadPrinter {
  /** `elsewhere` is the address that a redirect leads to. */
  open(elsewhere: string): Promise<BadPrinterBench>
  /** What this vendor's protocol can not say, and why not. */
  impossible?: Partial<Record<BadWords, string>>
}

const never = new AbortController().signal
/** More than a reply may hold, and more than the agent may take of it. */
const maxGrowthBytes = 48 * 1024 * 1024

/** What bad input gets, tried on one adapter: no state, no action, no memory, no secret given away. */
export function describeBadPrinter(name: string, { open, impossible = {} }: BadPrinter): void {
  describe(`a printer behind ${name}, misbehaving`, { timeout: 120_000 }, () => {
    let bench: BadPrinterBench
    let visitors: string[]
    let elsewhere: ReturnType<typeof createServer>
    let ended: AbortController
    beforeEach(async () => {
      ended = new AbortController()
      visitors = []
      elsewhere = createServer((request, response) => {
        visitors.push(`${request.method} ${request.url}`)
        response.end('{}')
      }).listen(0, '127.0.0.1')
      await once(elsewhere, 'listening')
      bench = await open(`http://127.0.0.1:${Object(elsewhere.address()).port}`)
      await bench.start('first')
    })
    afterEach(async () => {
      ended.abort()
      await bench.close()
      elsewhere.closeAllConnections()
      elsewhere.close()
    })

    /** A case that is left out, with its reason, where the protocol has no such thing. */
    const unless = (words: BadWords, title: string, work: () => Promise<void>) => {
      const skip = impossible[words]
      test(title, skip === undefined ? {} : { skip }, work)
    }
    const isPrinting = () =>
      waitUntil('the print is told', async () => (await bench.printer.status(never)).state === 'printing')

    unless('silence', 'is unavailable within seconds where it says nothing', async () => {
      await isPrinting()
      await bench.say('silence')
      const began = performance.now()
      await assert.rejects(bench.printer.status(never), UnavailableError)
      await assert.rejects(bench.printer.act('pause', never), UnavailableError)
      const waitedMs = performance.now() - began
      assert.ok(waitedMs < 12_000, `waited ${waitedMs} ms`)
    })

    unless('without end', 'is cut off where it answers without end', async () => {
      await isPrinting()
      await bench.say('without end')
      const before = process.memoryUsage.rss()
      await assert.rejects(bench.printer.status(never), isOurs)
      const grownBytes = process.memoryUsage.rss() - before
      assert.ok(grownBytes < maxGrowthBytes, `grew by ${grownBytes} bytes`)
    })

    unless('redirect', 'is not followed to another address', async () => {
      await isPrinting()
      await bench.say('redirect')
      await assert.rejects(bench.printer.status(never), ProtocolError)
      await assert.rejects(bench.printer.act('pause', never), ProtocolError)
      await assert.rejects(bench.printer.probe(never), ProtocolError)
      assert.deepEqual(visitors, [])
    })

    unless('web page', 'is not believed where a web page answers', async () => {
      await isPrinting()
      await bench.say('web page')
      await assert.rejects(bench.printer.status(never), ProtocolError)
      await assert.rejects(bench.printer.act('pause', never), ProtocolError)
    })

    unless('another protocol', 'is not believed where it speaks another protocol', async () => {
      await isPrinting()
      await bench.say('another protocol')
      await assert.rejects(bench.printer.status(never), isOurs)
    })

    unless('not a number', 'gives no figure that is none', async () => {
      await isPrinting()
      await bench.say('not a number')
      const status = await bench.printer.status(never).catch((error: unknown) => error)
      if (status instanceof Error) return assert.ok(isOurs(status), String(status))
      for (const [field, value] of Object.entries(Object(status))) {
        assert.ok(typeof value !== 'number' || Number.isFinite(value), `${field} is ${value}`)
      }
    })

    unless('unknown state', 'has no state where it says one we do not know, and is not moved', async () => {
      await isPrinting()
      await bench.say('unknown state')
      await assert.rejects(bench.printer.status(never), ProtocolError)
      const heard: PrinterStatus[] = []
      const watching = bench.printer.watch((status) => heard.push(status), ended.signal)
      await bench.say(undefined)
      await waitUntil('the watch tells of the print again', () => heard.at(-1)?.state === 'printing', {
        timeoutMs: 20_000,
      })
      ended.abort()
      await watching
      assert.ok(!bench.isPaused())
    })

    test('is not paused where it has gone on to another job since it was last told of', async () => {
      await isPrinting()
      await bench.start('second')
      await assert.rejects(bench.printer.act('pause', never), RejectedError)
      assert.ok(!bench.isPaused())
      await isPrinting()
      await bench.printer.act('pause', never)
      await waitUntil('the pause of the job it was told of', () => bench.isPaused())
    })
  })
}

function isOurs(error: unknown): boolean {
  return error instanceof ProtocolError || error instanceof UnavailableError
}
