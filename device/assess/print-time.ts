import type { PrinterStatus } from '../printer/printer.ts'

/** How long a print has been printing: what the printer last said, and how it goes on from there. */
export interface PrintTime {
  /** When it began to be followed, on the clock: what was seen before shows another print. */
  readonly beganMs: number
  readonly seconds: number
  readonly atMs: number
  /** Print seconds per second of the clock; 0 while the print stands. */
  readonly rate: number
}

export function startPrintTime(nowMs: number): PrintTime {
  return { beganMs: nowMs, seconds: 0, atMs: nowMs, rate: 0 }
}

/** Takes a status into account. Where the printer has no such clock, the time spent printing is counted here. */
export function readPrintTime(last: PrintTime, status: PrinterStatus, nowMs: number): PrintTime {
  const seconds = status.printSeconds ?? printSecondsAt(last, nowMs)
  return { ...last, seconds, atMs: nowMs, rate: status.state === 'printing' ? (status.timeScale ?? 1) : 0 }
}

/** Print seconds at a moment of the clock, which may lie a little before the last status. */
export function printSecondsAt(time: PrintTime, ms: number): number {
  return Math.max(0, time.seconds + ((ms - time.atMs) / 1000) * time.rate)
}
