import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Eyes } from './assess/blindness.ts'
import type { WatchedPrinterConfig } from './config.ts'
import type { PrinterStatus } from './printer/printer.ts'

/*
 * How often a printer is looked at.
 */

const idlePollMs = 2_000
const retryMs = 1_000
/** How long a printer may heat and home before its first layer. After that, pictures count all the same. */
const preparingSeconds = 900

/** The head is not at its first layer yet: what is in sight is how the printer looks, not how it prints. */
export function isPreparing(layer: number, atSeconds: number): boolean {
  return layer === 0 && atSeconds < preparingSeconds
}

/** Milliseconds from one look at the printer to the next; sooner where a picture is missing. */
export function pauseBetweenMs(now: {
  config: Pick<WatchedPrinterConfig, 'capture'>
  status: Pick<PrinterStatus, 'timeScale'> | undefined
  state: PrinterState | undefined
  eyes: Eyes
  nowMs: number
}): number {
  const intervalMs = (now.config.capture.intervalSeconds * 1000) / (now.status?.timeScale ?? 1)
  if (now.state !== 'printing') return Math.min(idlePollMs, Math.max(intervalMs, 200))
  const isMissing = !now.eyes.blind && now.eyes.lastSightMs < now.nowMs - intervalMs
  return isMissing ? Math.min(retryMs, intervalMs) : intervalMs
}
