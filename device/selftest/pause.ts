import type { Logger } from 'pino'
import { openCamera } from '../camera/open.ts'
import { systemClock, within } from '../clock.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import { performAction } from '../pause/act.ts'
import { openPrinter } from '../printer/open.ts'
import type { Printer } from '../printer/printer.ts'
import { printerTimeoutMs } from '../printer/printer.ts'
import type { Outcome } from './selftest.ts'

interface PauseParts {
  readonly log: Logger
  readonly signal: AbortSignal
  readonly mayPause: boolean
}

const answerTimeoutMs = 15_000

/** Asks the printer whether it can be paused and, where its owner says so, pauses what it prints. */
export async function tryPause(config: WatchedPrinterConfig, parts: PauseParts): Promise<Outcome> {
  const { log, signal, mayPause } = parts
  const look = async (limit: AbortSignal) => {
    const camera = await openCamera(config.camera, { log })
    return camera.capture(limit).finally(() => camera.close())
  }
  const printer = await openPrinter(config.printer, { log, look })
  const { actions, limits } = await within(answerTimeoutMs, signal, (limit) => printer.probe(limit))
  const { state } = await within(answerTimeoutMs, signal, (limit) => printer.status(limit))
  if (!actions.includes('pause')) {
    const why = limits.length > 0 ? `: ${limits.join(' ')}` : ''
    return { result: 'unproven', detail: `this printer can only be watched${why}` }
  }
  if (!mayPause) {
    const detail = `it can be paused; not tried (the printer is ${state}): --pause tries it on what is being printed`
    return { result: 'skipped', detail }
  }
  if (state !== 'printing') {
    const detail = `the printer is ${state}: start a print, and only then --pause can show that it pauses`
    return { result: 'unproven', detail }
  }
  return pauseOnce(printer, parts)
}

async function pauseOnce(printer: Printer, { log, signal }: PauseParts): Promise<Outcome> {
  const readStatus = (limit: AbortSignal) =>
    within(printerTimeoutMs, limit, (inTime) => printer.status(inTime)).catch(() => undefined)
  const tools = { printer, readStatus, isOtherPrint: () => false, clock: systemClock, log }
  const outcome = await performAction('pause', tools, signal)
  if (outcome.isDone) {
    const detail = 'paused, and read back as paused; resume it at the printer or on the phone'
    return { result: 'passed', detail }
  }
  const tries = outcome.tries === 1 ? 'one try' : `${outcome.tries} tries`
  return { result: 'failed', detail: `not paused after ${tries}: ${outcome.reason}` }
}
