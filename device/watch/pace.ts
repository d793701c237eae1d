import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Eyes } from '../assess/blindness.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { PrinterStatus } from '../printer/printer.ts'

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

/**
 * How long after a printer said that a layer began it is looked at: it says so when it reads the line, its head follows
 * after what it has read ahead, and a layer counts once it was said twice (not measured on a printer).
 */
const layerDelayMs = 1_500

/** That delay, and the time between two looks, in milliseconds of a printer that may be faster than time. */
export function afterLayerMs({
  config,
  status,
}: {
  config: Pick<WatchedPrinterConfig, 'capture'>
  status: Pick<PrinterStatus, 'timeScale'> | undefined
}): { stepMs: number; delayMs: number } {
  const scale = status?.timeScale ?? 1
  return { stepMs: (config.capture.intervalSeconds * 1000) / scale, delayMs: layerDelayMs / scale }
}
