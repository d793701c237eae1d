import type { Logger } from 'pino'
import type { PrinterConfig } from '../config.ts'
import type { Printer } from './printer.ts'

/**
 * Opens the configured printer, loading only its own adapter. Contact is made by the first call.
 * @throws ConfigError where the configuration can't work.
 */
export async function openPrinter(config: PrinterConfig, { log }: { log: Logger }): Promise<Printer> {
  switch (config.kind) {
    case 'simulated':
      return (await import('./simulated.ts')).openSimulatedPrinter(config)
    case 'octoprint':
      return (await import('./octoprint.ts')).openOctoprint(config, { log })
    case 'bambu':
      return (await import('./bambu.ts')).openBambu(config, { log })
  }
}
