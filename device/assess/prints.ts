import type { EventInput, EventType } from '@layerwatch/shared/events.ts'
import type { Actor, PrinterState, PrintOutcome } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { PrinterStatus } from '../printer/printer.ts'
import type { Hold } from './hold.ts'

/*
 * Follows one printer from status to status: when a print (one run of a job) began and ended, when it was
 * paused and resumed, and by whom.
 */

/** An event about to be recorded. */
export type Change = { [T in EventType]: { type: T; data: EventInput<T>; printId?: string } }[EventType]

/** The run followed now; kept on disk, so that a restarted agent goes on with the same print. */
export interface RunningPrint {
  readonly printId: string
  readonly job: string
  readonly runId?: string
  /** Printing time last heard: a smaller one means that the job was started anew. */
  readonly printSeconds?: number
  /** 0..1 of it, as last heard. */
  readonly progress?: number
}

export interface PrinterCourse {
  readonly state: PrinterState | undefined
  readonly print: RunningPrint | undefined
  /** The print was seen paused and not yet printing again. */
  readonly isHeld: boolean
}

export const unknownCourse: PrinterCourse = { state: undefined, print: undefined, isHeld: false }

const SavedCourse = z.object({
  print: z
    .object({
      printId: z.string(),
      job: z.string(),
      runId: z.string().exactOptional(),
      printSeconds: z.number().exactOptional(),
      progress: z.number().exactOptional(),
    })
    .optional(),
  isHeld: z.boolean(),
})

/** What a course leaves on the disk. */
export function formatCourse({ print, isHeld }: PrinterCourse, hold?: Hold): string {
  return JSON.stringify({ print, isHeld, hold })
}

/** The course as it was left; unknown where nothing was, or nothing that can be read. */
export function parseCourse(text: string | undefined): PrinterCourse {
  if (text === undefined) return unknownCourse
  try {
    const { print, isHeld } = SavedCourse.parse(JSON.parse(text))
    return { state: undefined, print, isHeld }
  } catch {
    return unknownCourse
  }
}

const activeStates: readonly PrinterState[] = ['printing', 'pausing', 'paused', 'resuming', 'cancelling']

/** Whether a print is under way in this state, moving or held. */
export function isActive(state: PrinterState | undefined): boolean {
  return state !== undefined && activeStates.includes(state)
}

interface Circumstances {
  /** Who asked for the last change; undefined where nobody did through us. */
  by?: Actor | undefined
  layer?: number | undefined
  newPrintId: () => string
}

/** Printing time that may go back without meaning another run: the printer's own correction. */
const setbackSeconds = 30

/** The next course after a status, and what changed, in order. */
export function followPrinter(
  course: PrinterCourse,
  status: PrinterStatus,
  circumstances: Circumstances,
): [PrinterCourse, Change[]] {
  const { state } = status
  const changes: Change[] = []
  let { print, isHeld } = course
  if (state !== 'offline' && print && !(isActive(state) && isSameRun(print, status))) {
    const outcome = isActive(state) ? outcomeUnseen(print) : outcomeOf(state, status)
    changes.push(finishPrint(print, outcome, circumstances.layer))
    print = undefined
    isHeld = false
  }
  if (isActive(state) && !print) {
    print = startPrint(status, circumstances.newPrintId())
    const foundRunning = course.state === undefined
    changes.push({
      type: 'print.started',
      printId: print.printId,
      data: {
        job: print.job,
        foundRunning,
        ...(status.layers === undefined ? {} : { layers: status.layers }),
      },
    })
  }
  if (print && status.printSeconds !== undefined) print = { ...print, printSeconds: status.printSeconds }
  if (print && status.progress !== undefined) print = { ...print, progress: status.progress }
  if (state !== course.state) changes.push(...stateChanges(course, status, print, circumstances))
  if (state === 'paused') isHeld = true
  if (state === 'printing') isHeld = false
  return [{ state, print, isHeld }, changes]
}

function stateChanges(
  course: PrinterCourse,
  { state, pauseCause }: PrinterStatus,
  print: RunningPrint | undefined,
  { by, layer }: Circumstances,
): Change[] {
  const at = layer === undefined ? {} : { layer }
  const whose = print ? { printId: print.printId } : {}
  const changed: EventInput<'printer.changed'> = { state, ...at }
  if (course.state) changed.previous = course.state
  if (by) changed.by = by
  const changes: Change[] = [{ type: 'printer.changed', data: changed, ...whose }]
  if (state === 'paused' && !course.isHeld) {
    const told = by === undefined ? pauseCause : undefined
    const why = told && { cause: told.by, ...(told.reason !== undefined && { reason: told.reason }) }
    changes.push({ type: 'printer.paused', data: { by: by ?? 'printer', ...at, ...why }, ...whose })
  }
  if (state === 'printing' && course.isHeld) {
    changes.push({ type: 'printer.resumed', data: { by: by ?? 'printer', ...at }, ...whose })
  }
  return changes
}

function isSameRun(print: RunningPrint, { job, printSeconds }: PrinterStatus): boolean {
  if (job && print.runId !== undefined && job.runId !== undefined) return job.runId === print.runId
  if (job && job.name !== print.job) return false
  if (printSeconds === undefined || print.printSeconds === undefined) return true
  return printSeconds >= print.printSeconds - setbackSeconds
}

function startPrint({ job }: PrinterStatus, printId: string): RunningPrint {
  const print = { printId, job: (job?.name ?? 'unnamed job').slice(0, 500) }
  return job?.runId === undefined ? print : { ...print, runId: job.runId }
}

function finishPrint(print: RunningPrint, outcome: PrintOutcome, layer: number | undefined): Change {
  const data = layer === undefined ? { outcome } : { outcome, layer }
  return { type: 'print.finished', printId: print.printId, data }
}

/** A print that is heard of so late runs to its end before the next status, where nobody stops it just then. */
const almostDone = 0.97

/** How a print ended that gave way to the next with nothing heard between: by how far it had come. */
function outcomeUnseen({ progress = 0 }: RunningPrint): PrintOutcome {
  return progress >= almostDone ? 'finished' : 'cancelled'
}

function outcomeOf(state: PrinterState, { progress }: PrinterStatus): PrintOutcome {
  if (state === 'finished') return 'finished'
  if (state === 'error') return 'failed'
  // An idle printer only tells by its progress whether the job ran to its end.
  return state === 'idle' && progress !== undefined && progress >= 0.995 ? 'finished' : 'cancelled'
}
