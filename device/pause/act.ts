import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { within } from '../clock.ts'
import type { Printer, PrinterStatus } from '../printer/printer.ts'
import { printerTimeoutMs } from '../printer/printer.ts'

/** What became of an action. Only a state that was read back counts as done. */
export type ActionOutcome =
  | { isDone: true; tries: number }
  | { isDone: false; tries: number; reason: string; isInContact: boolean }

export interface ActionTools {
  printer: Printer
  /** Reads the printer's state; undefined where it can't be reached. */
  readStatus: (signal: AbortSignal) => Promise<PrinterStatus | undefined>
  /** Another print runs than the one this is meant for. */
  isOtherPrint: () => boolean
  clock: Clock
  log: Logger
}

const goals: Record<PrinterAction, { done: readonly PrinterState[]; underWay: readonly PrinterState[] }> = {
  pause: { done: ['paused'], underWay: ['pausing'] },
  resume: { done: ['printing', 'finished'], underWay: ['resuming'] },
  cancel: { done: ['cancelled', 'idle', 'finished', 'error'], underWay: ['cancelling'] },
}

/** A resume is asked for once: said again, it could undo a pause that came meanwhile. */
const maxTries: Record<PrinterAction, number> = { pause: 3, resume: 1, cancel: 3 }
const readEveryMs = 250
/** How long a printer may take from accepting to beginning. */
const beginWithinMs = 5_000
/** And from there to the end of its move queue, or until a cold nozzle is hot again. */
const settleWithinMs: Record<PrinterAction, number> = { pause: 30_000, resume: 100_000, cancel: 30_000 }

/**
 * Moves the printer: asks up to three times, a resume once, and reads the state back each time. Ends as soon as
 * another print runs, which nobody meant. Never throws.
 */
export async function performAction(
  action: PrinterAction,
  tools: ActionTools,
  signal: AbortSignal,
): Promise<ActionOutcome> {
  let outcome: ActionOutcome = { isDone: false, tries: 0, reason: 'not tried', isInContact: false }
  for (let tries = 1; tries <= maxTries[action] && !signal.aborted; tries++) {
    const refusal = await askOnce(action, tools, signal)
    const end = await awaitState(action, tools, { signal, hasRefused: refusal !== undefined })
    if (end.isReached) return { isDone: true, tries }
    const isInContact = end.state !== undefined && end.state !== 'offline'
    const stayed = end.state === undefined ? 'the printer does not answer' : `the printer stayed ${end.state}`
    const reason = tools.isOtherPrint() ? 'the print ended' : (refusal ?? stayed)
    outcome = { isDone: false, tries, reason: reason.slice(0, 300), isInContact }
    if (tools.isOtherPrint() || (end.state !== undefined && isOver(end.state))) break
    if (refusal !== undefined) await tools.clock.sleep(readEveryMs * tries, signal)
  }
  return outcome
}

/** Asks once; what went wrong, or undefined where the printer accepted. */
async function askOnce(action: PrinterAction, tools: ActionTools, signal: AbortSignal) {
  try {
    await within(printerTimeoutMs, signal, (limit) => tools.printer.act(action, limit))
    return undefined
  } catch (error) {
    tools.log.warn({ action, err: error }, 'printer refused an action')
    return error instanceof Error ? error.message || error.name : 'the printer refused'
  }
}

async function awaitState(
  action: PrinterAction,
  { readStatus, isOtherPrint, clock }: ActionTools,
  { signal, hasRefused }: { signal: AbortSignal; hasRefused: boolean },
): Promise<{ isReached: boolean; state: PrinterState | undefined }> {
  const { done, underWay } = goals[action]
  const beganMs = clock.nowMs()
  let state: PrinterState | undefined
  while (!signal.aborted) {
    state = (await readStatus(signal))?.state
    if (isOtherPrint()) return { isReached: action === 'cancel', state }
    if (state && done.includes(state)) return { isReached: true, state }
    const isUnderWay = state !== undefined && underWay.includes(state)
    if (hasRefused && !isUnderWay) break
    if (state && isOver(state)) break
    if (clock.nowMs() - beganMs > (isUnderWay ? settleWithinMs[action] : beginWithinMs)) break
    await clock.sleep(readEveryMs, signal)
  }
  return { isReached: false, state }
}

/** No print is left to move. */
function isOver(state: PrinterState): boolean {
  return state === 'idle' || state === 'finished' || state === 'cancelled' || state === 'error'
}

/** Asked to pause, a printer in this state has not done so. */
export function isUnpaused(state: PrinterState | undefined): boolean {
  return state === 'printing' || state === 'pausing' || state === 'offline'
}
