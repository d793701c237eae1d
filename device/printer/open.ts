import type { Logger } from 'pino'
import type { Frame } from '../camera/camera.ts'
import type { PrinterConfig } from './config.ts'
import type { Printer } from './printer.ts'

/**
 * Opens the configured printer, loading only its own adapter. Contact is made by the first call.
 * @param parts.look takes a picture of it, which is all that is known of a printer without a link.
 * @throws ConfigError where the configuration can't work.
 */
export async function openPrinter(
  config: PrinterConfig,
  { log, look }: { log: Logger; look: (signal: AbortSignal) => Promise<Frame> },
): Promise<Printer> {
  switch (config.kind) {
    case 'simulated':
      return (await import('./simulated.ts')).openSimulatedPrinter(config)
    case 'octoprint':
      return (await import('./octoprint.ts')).openOctoprint(config, { log })
    case 'bambu':
      return (await import('./bambu.ts')).openBambu(config, { log })
    case 'none':
      return (await import('./none.ts')).openNoLink({ log, look })
    case 'prusalink':
      return (await import('./prusalink.ts')).openPrusaLink(config, { log })
    case 'moonraker':
      return (await import('./moonraker.ts')).openMoonraker(config, { log })
  }
}
