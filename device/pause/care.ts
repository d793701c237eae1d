import type { EventInput } from '@layerwatch/shared/events.ts'
import type { CareName } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Entry } from '../watch/journal.ts'

/** One thing to be done for a paused printer. */
export interface Care {
  care: CareName
  /** Its name, where it is a macro. */
  macro?: string
}

/** Tells that it came to nothing; gives what was told. */
export function tellCareFailure(
  what: Care,
  error: unknown,
  { log, record }: { log: Logger; record: (entries: readonly Entry[]) => void },
): EventInput<'care.failed'> {
  log.warn({ ...what, err: error }, 'paused, but not cared for as configured')
  const data = { ...what, reason: reasonOf(error) }
  record([{ type: 'care.failed', data }])
  return data
}

/** What went wrong, as long as an event carries it. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message || error.name : String(error)).slice(0, 300)
}
