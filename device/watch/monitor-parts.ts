import type { Logger } from 'pino'
import type { Hold } from '../assess/hold.ts'
import type { PrinterCourse } from '../assess/prints.ts'
import type { Clock } from '../clock.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { Tutor } from '../learn/tutor.ts'
import type { Fallback } from '../pause/fallback.ts'
import type { Printer } from '../printer/printer.ts'
import type { Journal } from './journal.ts'
import type { Observation } from './watch.ts'

/** What a monitor watches with. */
export interface MonitorParts {
  config: WatchedPrinterConfig
  printer: Printer
  /** Takes a picture and judges it; see `openEye`. */
  observe: (signal: AbortSignal) => Promise<Observation>
  modelSha256: string
  /** The print that ran when the agent was last alive. */
  course: PrinterCourse
  /** The pause that it was left in, if it was. */
  hold?: Hold | undefined
  /** Finds layers by byte in a job's file, for printers that do not tell the layer. */
  indexFile: (file: Uint8Array) => Promise<(byte: number) => number>
  clock: Clock
  /** Remembers what this printer's prints showed, and what it learned. */
  tutor?: Tutor | undefined
  newId: () => string
  journal: Journal
  log: Logger
  /** Something changed that the phone shows. */
  onChange: () => void
  /** What ends a print that the printer did not end, in this order; there only where the configuration says so. */
  fallbacks?: readonly Fallback[]
}
