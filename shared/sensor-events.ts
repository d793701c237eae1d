import { z } from 'zod'
import { SensorName } from './vocabulary.ts'

/* What the sensors tell that are wired to the device, as `events.ts` has it. */

/** There is smoke, or no filament. Said once, when it has lasted. */
export const SensorTripped = z.object({
  sensor: SensorName,
  /** What becomes of the print: a pause is asked for, it stands paused already, it goes on, or there is none. */
  print: z.enum(['pausing', 'paused', 'printing', 'none']),
  /** What became of cutting the printer's power, where the owner wants that at smoke. */
  power: z.enum(['cut', 'failed']).optional(),
  layer: z.number().int().min(0).optional(),
})
/** The alarm is over by itself. */
export const SensorCleared = z.object({ sensor: SensorName, seconds: z.number().min(0) })

/** Alarms since the device began, flutters, can't be read: nothing is done at its alarms until it is mended. */
const SensorFault = z.enum(['stuck', 'unsteady', 'unreadable'])
export const SensorFailed = z.object({ sensor: SensorName, fault: SensorFault })
export const SensorRestored = SensorFailed.extend({ seconds: z.number().min(0) })
