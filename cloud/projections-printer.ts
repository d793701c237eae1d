import { type EventData, eventSchema } from '@layerwatch/shared/events.ts'
import { Watching } from '@layerwatch/shared/status.ts'
import { type Actor, Mover, PrinterState, type PrintOutcome } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'

/*
 * What a printer's events say of its present: its state, who paused it, its print, whether it is watched.
 * A status says the same more directly; whichever of the two is newer on the agent's own clock counts.
 */

/** Events that change what a printer is doing or whether it is watched. */
export const presentTypes = [
  'print.started',
  'print.finished',
  'printer.changed',
  'printer.paused',
  'printer.resumed',
  'camera.lost',
  'camera.restored',
  'printer.lost',
  'printer.restored',
  'detector.failed',
  'detector.restored',
] as const
type PresentType = (typeof presentTypes)[number]
export type PresentEvent = { [T in PresentType]: { type: T; data: EventData<T> } }[PresentType] & {
  printId?: string | undefined
  at: Date
}

/** The columns of a printer that events change. */
export interface Present {
  state: PrinterState
  printId: string | null
  pausedBy: Mover | null
  pausedAt: Date | null
  watching: Watching
}

const StoredPresent = z.object({
  state: PrinterState,
  printId: z.string().nullable(),
  pausedBy: Mover.nullable(),
  pausedAt: z.date().nullable(),
  watching: Watching,
})

/** A printer's present as its row has it. */
export function presentOf(row: unknown): Present {
  return StoredPresent.parse(row)
}

/** A stored event as it concerns the present; undefined for one that does not. */
export function presentEventOf(row: {
  type: string
  data: unknown
  printId: string | null
  happenedAt: Date
}): PresentEvent | undefined {
  const type = presentTypes.find((one) => one === row.type)
  if (!type) return undefined
  const data = eventSchema(type).safeParse(row.data)
  if (!data.success) return undefined
  const printId = row.printId ?? undefined
  // The pair (type, data) was just checked against its own schema, which the compiler cannot follow.
  return { type, data: data.data, printId, at: row.happenedAt } as PresentEvent
}

/** The present after an event. */
export function foldPresent(present: Present, event: PresentEvent): Present {
  switch (event.type) {
    case 'print.started': {
      const printId = event.printId ?? present.printId
      // Found running: it may be paused, which its next event or status says.
      return event.data.foundRunning ? { ...present, printId } : { ...become(present, 'printing'), printId }
    }
    case 'print.finished':
      return become(present, stateAfter[event.data.outcome])
    case 'printer.changed':
      return changeState(present, event.data, event.at)
    case 'printer.paused':
      return { ...present, state: 'paused', pausedBy: event.data.cause ?? event.data.by, pausedAt: event.at }
    case 'printer.resumed':
      return become(present, 'printing')
    case 'camera.lost':
    case 'printer.lost':
    case 'detector.failed': {
      const { reason, detail } = event.data
      const since = event.at.toISOString()
      return { ...present, watching: { isWatching: false, since, reason, ...(detail && { detail }) } }
    }
    case 'camera.restored':
    case 'printer.restored':
    case 'detector.restored': {
      const { watching } = present
      // Another reason for not watching outlives the end of this one.
      if (watching.isWatching || watching.reason !== event.data.reason) return present
      return { ...present, watching: { isWatching: true, since: event.at.toISOString() } }
    }
  }
}

const stateAfter: Record<PrintOutcome, PrinterState> = {
  finished: 'finished',
  cancelled: 'cancelled',
  failed: 'error',
}

function changeState(
  present: Present,
  { state, by }: { state: PrinterState; by?: Actor | undefined },
  at: Date,
): Present {
  const next = become(present, state)
  if (state !== 'paused' || next.pausedAt) return next
  return { ...next, pausedBy: by ?? null, pausedAt: at }
}

/** Who paused it is known until it moves on. */
function become(present: Present, state: PrinterState): Present {
  if (keepsPause(state)) return { ...present, state }
  return { ...present, state, pausedBy: null, pausedAt: null }
}

/** States in which a pause goes on. */
export function keepsPause(state: PrinterState): boolean {
  return state === 'paused' || state === 'resuming' || state === 'cancelling' || state === 'offline'
}
