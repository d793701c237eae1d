import type { HeaterName, PauseCause, PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'

/** What this printer lets us do, found out without moving it. */
export interface PrinterCapabilities {
  /** Name and version of what answers, such as `OctoPrint 1.11.8`. */
  description: string
  actions: readonly PrinterAction[]
  /** Why an action is missing and how to mend it, in a person's words. */
  limits: readonly string[]
}

/** One heater, in degrees Celsius as the printer measures them. */
export interface Heater {
  actualC: number
  /** What it heats to; 0 while it is off. */
  targetC?: number
}

/** What the printer says of itself now. Absent fields are not known. */
export interface PrinterStatus {
  state: PrinterState
  job?: {
    name: string
    /** Tells one run from the next where the printer has such an id. */
    runId?: string
  }
  /** Layer being printed, 1 the first, and how many there are. */
  layer?: number
  layers?: number
  /** Height of the nozzle in millimetres. */
  zMm?: number
  /** Byte of the G-code file being read, and the file's size. */
  filePosition?: number
  fileBytes?: number
  /** 0..1 */
  progress?: number
  /** Seconds this run has been printing, by the printer's clock. */
  printSeconds?: number
  secondsLeft?: number
  temperatures?: { nozzle?: Heater; bed?: Heater }
  /** Parts of the print that a person or a rule left out: they grow no more, and that is no failure. */
  excludedObjects?: readonly string[]
  /** While it stands paused: who at the printer paused it, and why, where the printer tells. */
  pauseCause?: { by: PauseCause; reason?: string }
  /** Print seconds per wall second; other than 1 for a simulated printer only. */
  timeScale?: number
}

/** A light that shows the print to the camera. */
export interface Light {
  /**
   * Whether it is on; undefined where it can't be told.
   * @throws UnavailableError | RejectedError | ProtocolError
   */
  isOn(signal: AbortSignal): Promise<boolean | undefined>
  /** @throws UnavailableError | RejectedError | ProtocolError */
  turn(to: 'on' | 'off', signal: AbortSignal): Promise<void>
}

/**
 * What can be done to a printer that stands paused. Each is refused unless the job last told of stands paused now.
 * Nothing here heats: the only temperature ever sent is 0.
 */
export interface PausedCare {
  /** @throws RejectedError | UnavailableError | ProtocolError */
  switchOff(heater: HeaterName, signal: AbortSignal): Promise<void>
  /** Runs a macro that the printer knows by this name; resolves when it has ended or, where that is not told, begun. */
  runMacro(name: string, signal: AbortSignal): Promise<void>
  /** Draws filament back and lifts the nozzle, in millimetres; the printer's own resume undoes the lift. */
  moveAway?(by: { retractMm: number; liftMm: number }, signal: AbortSignal): Promise<void>
  /**
   * Which of it can't be done, and how to mend that, in a person's words: by what the key may do, and whether these
   * macros are there.
   * @throws UnavailableError | RejectedError | ProtocolError
   */
  findLimits(macros: readonly string[], signal: AbortSignal): Promise<string[]>
  /** Gives back the filament that was drawn back. */
  giveBack?(retractedMm: number, signal: AbortSignal): Promise<void>
}

/** A printer, in our words. An adapter's file is the only one that knows its vendor's. */
export interface Printer {
  /** @throws UnavailableError | RejectedError | ProtocolError */
  probe(signal: AbortSignal): Promise<PrinterCapabilities>
  /** @throws UnavailableError | RejectedError | ProtocolError */
  status(signal: AbortSignal): Promise<PrinterStatus>
  /**
   * Calls back at each change it hears of, until aborted; then resolves. Reconnects by itself and never throws
   * for a lost peer: `status` tells that.
   */
  watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void>
  /**
   * Asks for an action once. Returning means accepted, not done: read the state back. Meant for the job last told of
   * by `status` or `watch`; where the printer has gone on to another, that is refused.
   * @throws RejectedError where the printer refused (no job, another job, wrong state); UnavailableError |
   * ProtocolError
   */
  act(action: PrinterAction, signal: AbortSignal): Promise<void>
  /** The G-code of the current job; undefined where the printer has none to give. */
  file(signal: AbortSignal): Promise<Uint8Array | undefined>
  /** There only where the printer has one that can be switched. */
  readonly light?: Light
  /** There only where the printer lets itself be cared for while it is paused. */
  readonly care?: PausedCare
}

/** Longest wait for a job's file. */
export const fileTimeoutMs = 120_000

/** Longest wait for one call to a printer. */
export const printerTimeoutMs = 5_000
