import type { Clock } from '../clock.ts'
import type { PausedCare } from '../printer/printer.ts'
import type { PrinterLink } from '../watch/printer-link.ts'

interface Heating {
  care: PausedCare
  /** Of the owner's own, on the printer: no temperature is ever sent from here. */
  macro: string
  link: PrinterLink
  clock: Clock
  /** The macro came to nothing; temperatures may tell otherwise. */
  onFailure: (error: unknown) => Promise<void>
  /** By what the printer said last. */
  isReady: () => boolean
}

/** A resume that has to heat first: the command for it is given up soon after. */
const heatWithinMs = 80_000
const readEveryMs = 2_000

/** Runs the macro and waits until it has heated, as long as a resume may take. Never throws. */
export async function heatUp(
  { care, macro, link, clock, onFailure, isReady }: Heating,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(heatWithinMs)])
  const beganMs = clock.nowMs()
  try {
    await care.runMacro(macro, limit)
  } catch (error) {
    if (!signal.aborted) await onFailure(error)
  }
  await link.read(limit)
  while (!limit.aborted && !isReady() && clock.nowMs() - beganMs < heatWithinMs) {
    await clock.sleep(readEveryMs, limit)
    await link.read(limit)
  }
}
