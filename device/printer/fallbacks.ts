import type { FallbackConfig } from '../pause/config.ts'
import type { Fallback } from '../pause/fallback.ts'
import type { PrinterConfig } from './config.ts'
import { stopAtOnce } from './moonraker-api.ts'
import { callWebhook } from './webhook.ts'

/** What ends a print that the printer did not end, as configured; a relay that may cut the power comes last. */
export function openFallbacks(
  configs: readonly FallbackConfig[],
  { printer, cutPower }: { printer: PrinterConfig; cutPower: (() => void) | undefined },
): Fallback[] {
  const configured = configs.flatMap((config): Fallback[] => {
    if (config.kind === 'webhook') return [{ means: 'webhook', use: (signal) => callWebhook(config, signal) }]
    if (printer.kind !== 'moonraker') return []
    return [{ means: 'emergency-stop', use: (signal) => stopAtOnce(printer, signal) }]
  })
  return cutPower ? [...configured, { means: 'relay', use: async () => cutPower() }] : configured
}
