import type { EventInput } from '@layerwatch/shared/events.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { within } from '../clock.ts'
import type { PrinterStatus } from '../printer/printer.ts'

/** A way to end a print that the printer itself did not end. Used only after a pause or a stop that came to nothing. */
export interface Fallback {
  readonly means: EventInput<'fallback.used'>['means']
  /** Resolves where it was taken on. May be called again. */
  use(signal: AbortSignal): Promise<void>
}

interface FallbackTools {
  /** Reads the printer's state; undefined where it can't be reached. */
  readStatus: (signal: AbortSignal) => Promise<PrinterStatus | undefined>
  /** The print that did not obey still runs, as far as is known: nobody paused it meanwhile or began another. */
  isMeant: () => boolean
  clock: Clock
  log: Logger
  onOutcome: (outcome: EventInput<'fallback.used'>) => void
}

const maxTries = 3
const callTimeoutMs = 5_000
const tryAgainMs = 1_000
/** How long a printer may go on saying that it prints after its power was cut: OctoPrint waits for its serial line. */
const confirmWithinMs = 30_000
const readEveryMs = 1_000
/** A printer without power says nothing any more; one reading alone that got no answer may be a hiccup. */
const silentReadings = 3

const movingStates: readonly (PrinterState | undefined)[] = ['printing', 'pausing', 'resuming', 'cancelling']

/** What a printer says that goes on all the same. */
export function goesOn(state: PrinterState | undefined): boolean {
  return movingStates.includes(state)
}

/**
 * Uses one way after the other until the printer is seen to have ended, each three times at most, and none once the
 * print is another. Tells the outcome of each and gives those that were taken on. Never throws.
 */
export async function useFallbacks(
  fallbacks: readonly Fallback[],
  tools: FallbackTools,
  signal: AbortSignal,
): Promise<Fallback[]> {
  const used: Fallback[] = []
  for (const fallback of fallbacks) {
    const { tries, reason } = await useOne(fallback, tools, signal)
    if (tries === 0) break
    if (reason !== undefined) {
      tools.onOutcome({ means: fallback.means, result: 'failed', tries, reason: reason.slice(0, 300) })
      continue
    }
    used.push(fallback)
    const hasEnded = await awaitEnd(tools, signal)
    tools.onOutcome({ means: fallback.means, result: hasEnded ? 'confirmed' : 'unconfirmed', tries })
    if (hasEnded) break
  }
  return used
}

async function useOne(
  fallback: Fallback,
  { readStatus, isMeant, clock, log }: FallbackTools,
  signal: AbortSignal,
): Promise<{ tries: number; reason?: string }> {
  let reason = 'not tried'
  for (let tries = 1; tries <= maxTries; tries++) {
    // Read anew before each call: it may have obeyed at last, or be at another print.
    await readStatus(signal)
    if (signal.aborted || !isMeant()) return { tries: tries - 1, reason }
    try {
      await within(callTimeoutMs, signal, (limit) => fallback.use(limit))
      return { tries }
    } catch (error) {
      log.error({ means: fallback.means, err: error }, 'fallback did not work')
      reason = error instanceof Error ? error.message || error.name : String(error)
    }
    await clock.sleep(tryAgainMs * tries, signal)
  }
  return { tries: maxTries, reason }
}

async function awaitEnd({ readStatus, clock }: FallbackTools, signal: AbortSignal): Promise<boolean> {
  const beganMs = clock.nowMs()
  let silent = 0
  while (!signal.aborted && clock.nowMs() - beganMs <= confirmWithinMs) {
    const state = (await readStatus(signal))?.state
    silent = state === undefined ? silent + 1 : 0
    if (silent === silentReadings || (state !== undefined && !goesOn(state))) return true
    await clock.sleep(readEveryMs, signal)
  }
  return false
}
