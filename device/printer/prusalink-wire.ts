import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { Heater, PrinterStatus } from './printer.ts'

/*
 * What PrusaLink says, as far as we use it: version 1 of its API, in the printer's own firmware (MK4, MINI, XL, Core
 * One) and in PrusaLink for the Raspberry Pi. https://github.com/prusa3d/Prusa-Link-Web/blob/master/spec/openapi.yaml
 * The state is read strictly, for we act on it; a figure that makes no sense is left out.
 */

/** A figure within its bounds, or undefined. */
const figure = (min: number, max: number) => z.number().min(min).max(max).nullish().catch(undefined)

const JobId = z.number().int().min(0)

/** `GET /api/version`. */
export const VersionReply = z.object({
  server: z.string().max(200).optional(),
  text: z.string().max(200).optional(),
  firmware: z.string().max(200).optional(),
})

/** `GET /api/v1/info`. */
export const InfoReply = z.object({ hostname: z.string().max(200).optional().catch(undefined) })

/** `GET /api/v1/status`. */
export const StatusReply = z.object({
  printer: z.object({
    state: z.string().max(100),
    /** Celsius. */
    temp_nozzle: figure(-50, 600),
    target_nozzle: figure(0, 600),
    temp_bed: figure(-50, 600),
    target_bed: figure(0, 600),
    /** Millimetres. */
    axis_z: figure(-1000, 100_000),
  }),
  job: z
    .object({
      id: JobId,
      /** Per cent. */
      progress: figure(0, 100),
      /** Seconds. */
      time_remaining: figure(0, 1e9),
      time_printing: figure(0, 1e9),
    })
    .nullish(),
})
export type StatusReply = z.infer<typeof StatusReply>

/** `GET /api/v1/job`; answered 204 where there is none. */
export const JobReply = z.object({
  id: JobId,
  file: z
    .object({
      name: z.string().max(1000).nullish(),
      display_name: z.string().max(1000).nullish(),
      size: figure(0, Number.MAX_SAFE_INTEGER),
      refs: z.object({ download: z.string().max(4000).nullish() }).nullish(),
    })
    .nullish(),
})
export type JobReply = z.infer<typeof JobReply>

/** Binary G-code begins with these bytes. https://github.com/prusa3d/libbgcode */
const binaryMagic = Buffer.from('GCDE')

/** Whether a file is binary G-code, whose layers can't be found here. */
export function isBinaryGcode(file: Uint8Array): boolean {
  return Buffer.from(file.buffer, file.byteOffset, Math.min(4, file.byteLength)).equals(binaryMagic)
}

/** Whether a job's file says by its name that it is binary; the short name has no room for it. */
export function isNamedBinary(job: JobReply | undefined): boolean {
  return [job?.file?.display_name, job?.file?.name].some((name) => /\.bgcode?$/i.test(name ?? ''))
}

/** PrusaLink's words, in ours. `BUSY` and `ATTENTION` depend on whether there is a job. */
const states = new Map<string, PrinterState>([
  ['IDLE', 'idle'],
  ['READY', 'idle'],
  ['PRINTING', 'printing'],
  ['PAUSED', 'paused'],
  ['FINISHED', 'finished'],
  ['STOPPED', 'cancelled'],
  ['ERROR', 'error'],
])

/** A status and what is known of its job, in our words. @throws ProtocolError for a state we do not know. */
export function toStatus({ printer, job }: StatusReply, file: JobReply | undefined): PrinterStatus {
  const state = readState(printer.state, job != null)
  const name = file?.file?.display_name ?? file?.file?.name ?? 'unnamed job'
  const temperatures = readHeaters(printer)
  return {
    state,
    ...(job && { job: { name, runId: String(job.id) } }),
    ...(typeof job?.progress === 'number' && { progress: job.progress / 100 }),
    ...(typeof job?.time_printing === 'number' && { printSeconds: job.time_printing }),
    ...(typeof job?.time_remaining === 'number' && { secondsLeft: job.time_remaining }),
    ...(typeof printer.axis_z === 'number' && { zMm: printer.axis_z }),
    ...(temperatures && { temperatures }),
    // It stands for a reason of its own, such as filament that ran out; which, it does not tell.
    ...(printer.state === 'ATTENTION' && job && { pauseCause: { by: 'sensor' as const } }),
  }
}

function readState(word: string, hasJob: boolean): PrinterState {
  // Heating, homing, loading: part of a print where there is one.
  if (word === 'BUSY') return hasJob ? 'printing' : 'idle'
  // It stands and waits for a person, as for new filament: nothing is left to pause.
  if (word === 'ATTENTION') return hasJob ? 'paused' : 'idle'
  const state = states.get(word)
  if (state === undefined)
    throw new ProtocolError(`PrusaLink says a state we do not know: ${word.slice(0, 60)}`)
  return state
}

function readHeaters(printer: StatusReply['printer']): PrinterStatus['temperatures'] {
  const nozzle = readHeater(printer.temp_nozzle, printer.target_nozzle)
  const bed = readHeater(printer.temp_bed, printer.target_bed)
  return nozzle || bed ? { ...(nozzle && { nozzle }), ...(bed && { bed }) } : undefined
}

function readHeater(
  actual: number | null | undefined,
  target: number | null | undefined,
): Heater | undefined {
  if (typeof actual !== 'number') return undefined
  return { actualC: actual, ...(typeof target === 'number' && { targetC: target }) }
}
