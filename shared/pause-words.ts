import type { EventData } from './events.ts'
import type { CareName, FallbackMeans } from './vocabulary.ts'

/* What follows a pause that came to nothing, in a person's words: on the timeline and in notifications. */

const means: Record<FallbackMeans, string> = {
  relay: 'its power was cut by the relay',
  webhook: 'its power was switched off by the smart plug',
  'emergency-stop': 'Klipper was halted',
}
const short: Record<FallbackMeans, string> = {
  relay: 'relay',
  webhook: 'smart plug',
  'emergency-stop': 'emergency stop',
}
const vain: Record<FallbackMeans, string> = {
  relay: 'the relay could not be switched',
  webhook: 'the smart plug could not be switched off',
  'emergency-stop': 'Klipper could not be halted',
}

/** The same in as few words as a line of the timeline has room for, under a title that says whether it has ended. */
export function outlineFallback({ means: way, result, reason }: EventData<'fallback.used'>): string {
  if (result === 'confirmed') return `by the ${short[way]}`
  return `${short[way]}: ${result === 'failed' ? (reason ?? 'failed') : 'still printing'}`
}

/** What became of ending a printer that did not obey. */
export function describeFallback({ means: way, result, reason }: EventData<'fallback.used'>): string {
  if (result === 'confirmed') return `${means[way]}, and it has ended`
  if (result === 'unconfirmed') return `${means[way]}, but it still says that it prints`
  return reason === undefined ? vain[way] : `${vain[way]}: ${reason}`
}

/** What was done to a heater of a paused printer, in as few words as a line of the timeline has room for. */
export function outlineHeater({ heater, result, minutes, reason }: EventData<'heater.switched'>): string {
  if (result === 'off') return `after ${minutes} min`
  return `${heater}: ${reason ?? 'the printer refused'}`
}

/** What was to be done for a paused printer and was not, in a person's words. */
export function describeCareFailure({ care, macro, reason }: EventData<'care.failed'>): string {
  const called = macro === undefined ? 'the macro' : `the macro ${macro}`
  const said: Record<CareName, string> = {
    lift: 'the nozzle was not moved away and may lie on the part',
    macro: `${called} did not run to its end after the pause`,
    'resume-macro': `${called} did not heat up before the resume`,
    'give-back': 'the filament that was drawn back was not given back before the resume',
  }
  return `${said[care]}: ${reason}`
}
