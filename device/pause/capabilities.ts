import type { Printer, PrinterCapabilities } from '../printer/printer.ts'
import { isCareWanted, type PauseConfig } from './config.ts'

/**
 * What a printer lets us do, and what it does not of what its owner wants done around a pause. Moves nothing.
 * @throws UnavailableError | RejectedError | ProtocolError
 */
export async function probeCapabilities(
  printer: Pick<Printer, 'probe' | 'care'>,
  pause: PauseConfig,
  signal: AbortSignal,
): Promise<PrinterCapabilities> {
  const found = await printer.probe(signal)
  const macros = [pause.macro, pause.resumeMacro].filter((name) => name !== undefined)
  if (!printer.care || (!isCareWanted(pause) && macros.length === 0)) return found
  const limits = await printer.care.findLimits([...new Set(macros)], signal)
  return { ...found, limits: [...found.limits, ...limits] }
}
