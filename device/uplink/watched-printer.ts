import type { Tutor } from '../learn/tutor.ts'
import type { PrinterMonitor } from '../monitor.ts'
import type { PinAlarms } from '../pins/alarms.ts'
import type { Journal } from '../watch/journal.ts'
import type { LightKeeper } from '../watch/light.ts'

/** A configured printer with the monitor that watches it. */
export interface WatchedPrinter {
  printerId: string
  name: string
  kind: string
  monitor: PrinterMonitor
  journal: Journal
  tutor?: Tutor | undefined
  /** There only where something is wired to the Pi's pins. */
  alarms?: PinAlarms | undefined
  /** There only where a light is configured. */
  light?: LightKeeper | undefined
}
