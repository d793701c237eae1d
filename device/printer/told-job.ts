import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { PrinterStatus } from './printer.ts'

/** Printing time that may go back without meaning another run: the printer's own correction. */
const setbackSeconds = 30

/**
 * Refuses an action where another run is on the printer than the adapter last told of: whoever asks knows of that
 * one alone, and means it.
 * @throws RejectedError
 */
export function refuseOtherJob(told: PrinterStatus | undefined, now: PrinterStatus): void {
  if (told !== undefined && isOtherJob(told, now)) {
    const name = now.job?.name ?? 'another job'
    throw new RejectedError(`the printer has gone on to another job meanwhile: ${name}`)
  }
}

/**
 * Refuses what is meant for a printer that stands paused at the job last told of.
 * @throws RejectedError
 */
export function refuseUnpaused(told: PrinterStatus | undefined, now: PrinterStatus): void {
  refuseOtherJob(told, now)
  if (now.state !== 'paused') throw new RejectedError(`the printer is not paused: it is ${now.state}`)
}

function isOtherJob(told: PrinterStatus, now: PrinterStatus): boolean {
  if (!told.job || !now.job) return false
  if (told.job.runId !== undefined && now.job.runId !== undefined) return told.job.runId !== now.job.runId
  if (told.job.name !== now.job.name) return true
  if (told.printSeconds === undefined || now.printSeconds === undefined) return false
  return now.printSeconds < told.printSeconds - setbackSeconds
}
