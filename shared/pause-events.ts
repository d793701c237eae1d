import { z } from 'zod'
import { CareName, FallbackMeans, HeaterName } from './vocabulary.ts'

/* What follows from a pause, as `events.ts` has it. */

/**
 * A printer that says it has paused was looked at: it stands still in the picture, goes on moving, or can't be told.
 */
export const PauseChecked = z.object({
  picture: z.enum(['still', 'moving', 'unseen']),
  /** Seconds since the printer said so. */
  seconds: z.number().min(0),
})
/** A printer that did not obey was ended by other means: seen to have ended, taken on but not seen, or not even that. */
export const FallbackUsed = z.object({
  means: FallbackMeans,
  result: z.enum(['confirmed', 'unconfirmed', 'failed']),
  tries: z.number().int().min(0),
  reason: z.string().max(300).optional(),
})
/** A heater of a printer that we paused is switched off soon, as its owner configured. */
export const HeaterWarned = z.object({ heater: HeaterName, minutesLeft: z.number().min(0) })
/** A heater of a printer that we paused was switched off, or could not be. A resume waits for it to be hot again. */
export const HeaterSwitched = z.object({
  heater: HeaterName,
  result: z.enum(['off', 'failed']),
  /** Minutes since the pause. */
  minutes: z.number().min(0),
  /** Degrees Celsius it had while it printed: what it is to be heated to again. */
  wasC: z.number().optional(),
  reason: z.string().max(300).optional(),
})

/** What was to be done for a printer that we paused, or before its resume, and came to nothing. */
export const CareFailed = z.object({
  care: CareName,
  /** The macro's name, where it is one. */
  macro: z.string().max(64).optional(),
  reason: z.string().max(300),
})
