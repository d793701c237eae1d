import { HeaterName } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { PrinterStatus } from '../printer/printer.ts'

/*
 * A pause that was made through us, and what was done to the printer since. Kept on disk: the agent may be killed
 * between the pause and what follows from it.
 */

/** Degrees Celsius, of the heaters that are known. */
export const HeaterTemperatures = z.object({
  nozzle: z.number().exactOptional(),
  bed: z.number().exactOptional(),
})
export type HeaterTemperatures = z.infer<typeof HeaterTemperatures>

/** `asked` is written down before a heater is switched off: it may be off, or not. */
const Switched = z.enum(['asked', 'off'])

export const Hold = z.object({
  printId: z.string(),
  /** The pause was read back; before that it was only asked for. */
  isSeen: z.boolean(),
  /** Printing time when it was asked for; a much later one means that the print went on meanwhile. */
  printSeconds: z.number().exactOptional(),
  /** What the heaters had while it printed. */
  wasC: HeaterTemperatures,
  switched: z.object({ nozzle: Switched.exactOptional(), bed: Switched.exactOptional() }),
  /** Filament that was drawn back and not given back, in millimetres. */
  retractedMm: z.number(),
  /** What was to be done for it and was not, in a person's words. */
  failures: z.array(z.string().max(500)).max(8).exactOptional(),
})
export type Hold = z.infer<typeof Hold>

/** The hold in what was left on the disk; none where nothing was, or nothing that can be read. */
export function parseHold(text: string | undefined): Hold | undefined {
  try {
    return z.object({ hold: Hold }).parse(JSON.parse(text ?? '')).hold
  } catch {
    return undefined
  }
}

/** Printing time between asking for a pause and the pause: the move queue, and the first layer's slowest line. */
const queuedSeconds = 60

/** Whether a printer found by an agent that was restarted still stands in the pause that it was left in. */
export function isSameHold(
  hold: Hold,
  printId: string | undefined,
  { state, printSeconds }: PrinterStatus,
): boolean {
  if (state !== 'paused' || printId !== hold.printId) return false
  if (printSeconds === undefined || hold.printSeconds === undefined) return true
  return printSeconds <= hold.printSeconds + queuedSeconds
}

/** What the heaters are to have for this print: what they heat to, else what is measured. */
export function readTemperatures({ temperatures }: PrinterStatus): HeaterTemperatures {
  const wanted: HeaterTemperatures = {}
  for (const heater of HeaterName.options) {
    const told = temperatures?.[heater]
    if (told?.targetC) wanted[heater] = told.targetC
  }
  return wanted
}

/** A heater that has this much less, or more, than it had is not ready to go on. */
const toleranceC = 5

/** Heaters that we switched off and that have not the temperature of the pause again. */
export function findUnready(hold: Hold, status: PrinterStatus | undefined): HeaterName[] {
  return HeaterName.options.filter((heater) => {
    const wasC = hold.wasC[heater]
    if (hold.switched[heater] === undefined || wasC === undefined) return false
    const actualC = status?.temperatures?.[heater]?.actualC
    return actualC === undefined || Math.abs(actualC - wasC) > toleranceC
  })
}

/** What a person has to heat before this print may go on; undefined for nothing. */
export function describeHeating(hold: Hold, status: PrinterStatus | undefined): string | undefined {
  const needs = findUnready(hold, status).map((heater) => {
    const actualC = status?.temperatures?.[heater]?.actualC
    const now = actualC === undefined ? 'not told' : `${Math.round(actualC)}`
    return `the ${heater} to ${Math.round(hold.wasC[heater] ?? 0)} °C (now ${now})`
  })
  return needs.length === 0 ? undefined : `heat ${needs.join(' and ')} at the printer first`
}

/** What a person should know of a pause, and has to do before its print may go on. */
export function describeHold(
  hold: Hold,
  status: PrinterStatus | undefined,
  { resumeMacro }: { resumeMacro?: string | undefined },
): string[] {
  const failures = (hold.failures ?? []).map((one) => `${one.charAt(0).toUpperCase()}${one.slice(1)}.`)
  const heating = resumeMacro === undefined ? describeHeating(hold, status) : undefined
  if (heating === undefined) return failures
  return [`It can not be resumed yet, for a heater was switched off in the pause: ${heating}.`, ...failures]
}
