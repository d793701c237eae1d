import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { Heater, PrinterStatus } from './printer.ts'

/*
 * What a Bambu Lab printer says in LAN mode, as far as we use it. The vendor documents nothing of it; followed is
 * https://github.com/Doridian/OpenBambuAPI/blob/main/mqtt.md (read in November 2026). The X1 sends its whole state
 * each time, the P1 and A1 only what changed, so every field may be missing from a message.
 * The state is read strictly, for we act on it; a figure that makes no sense is left out.
 */

/** A figure within its bounds, or undefined; some firmwares write numbers as text. */
const figure = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .optional()
    .catch(undefined)
const text = (longest: number) => z.string().max(longest).optional().catch(undefined)

const Print = z.object({
  /** `IDLE`, `PREPARE`, `RUNNING`, `PAUSE`, `FINISH`, `FAILED`, `SLICING` … */
  gcode_state: z.string().max(40).optional().catch('unreadable'),
  layer_num: figure(0, 1_000_000),
  total_layer_num: figure(0, 1_000_000),
  /** Per cent. */
  mc_percent: figure(0, 100),
  /** Minutes. */
  mc_remaining_time: figure(0, 1_000_000),
  gcode_file: text(1000),
  subtask_name: text(1000),
  /** Ids of the run in the vendor's cloud; `0` where it was started without. */
  task_id: text(100),
  subtask_id: text(100),
  /** Seconds since 1970 by the printer's clock; `0` where it does not tell. */
  gcode_start_time: text(20),
  nozzle_temper: figure(-273, 1000),
  nozzle_target_temper: figure(0, 1000),
  bed_temper: figure(-273, 1000),
  bed_target_temper: figure(0, 1000),
  /** Why it stopped: a code of the vendor's list; 0 for nothing. */
  print_error: figure(0, 0xffff_ffff),
  /** What it is at; a pause has a stage of its own for each reason. */
  stg_cur: figure(-1, 1000),
  lights_report: z
    .array(z.object({ node: z.string().max(100), mode: z.string().max(100) }))
    .max(20)
    .optional()
    .catch(undefined),
  /** Objects that somebody had it skip, by their numbers. */
  s_obj: z.array(z.number()).max(1000).optional().catch(undefined),
  /** What it can do and wants, as bits in hexadecimal. The X1, P2 and H2 series have it, the P1 and A1 do not. */
  fun: z
    .string()
    .regex(/^[0-9a-fA-F]{1,16}$/)
    .optional()
    .catch(undefined),
})
export type BambuPrint = z.infer<typeof Print>

/** What comes back for a request, under the same heading and with the same sequence id. */
const Reply = z.object({
  command: z.string().max(100),
  sequence_id: z.coerce.string().max(40),
  result: z.string().max(200).optional(),
  reason: z.string().max(500).optional(),
  err_code: z.number().optional().catch(undefined),
})
export type BambuReply = z.infer<typeof Reply>

/** `info.get_version`: the printer's parts and their firmware. */
const Module = z.object({
  name: z.string().max(100),
  sw_ver: z.string().max(100),
  product_name: z.string().max(100).optional(),
})
export type BambuModule = z.infer<typeof Module>

const Heading = z.looseObject({ command: z.string().max(100).optional() })
const Report = z.object({
  print: Heading.optional().catch(undefined),
  system: Heading.optional().catch(undefined),
  info: Heading.optional().catch(undefined),
  fun: Print.shape.fun,
})

/** One message on `device/{serial}/report`. */
export interface BambuMessage {
  /** State that changed, or all of it. */
  changed?: BambuPrint
  reply?: BambuReply
  modules?: readonly BambuModule[]
}

/** Reads one message; undefined where it is none we can read. */
export function readReport(payload: Uint8Array): BambuMessage | undefined {
  const report = Report.safeParse(parseJson(payload)).data
  if (report === undefined) return undefined
  const { print, system, info, fun } = report
  const isStatus = print !== undefined && (print.command === undefined || print.command === 'push_status')
  const changed = isStatus ? Print.safeParse({ fun, ...print }).data : undefined
  const reply = Reply.safeParse(isStatus ? (system ?? info) : (print ?? system ?? info)).data
  const modules = z.array(Module).safeParse(info?.module).data
  return {
    ...(changed && { changed: withoutGaps(changed) }),
    ...(reply && { reply }),
    ...(modules && { modules }),
  }
}

/** A request as it is published: what it is about, and what it asks. */
export type BambuRequest = { heading: 'print' | 'system' | 'info' | 'pushing'; command: string } & {
  fields?: Record<string, string | number>
}

/**
 * The firmware drops an action without `param` unheard.
 * https://github.com/BambuTools/bambulabs_api/issues/183
 */
export const actionRequests: Record<PrinterAction, BambuRequest> = {
  pause: { heading: 'print', command: 'pause', fields: { param: '' } },
  resume: { heading: 'print', command: 'resume', fields: { param: '' } },
  cancel: { heading: 'print', command: 'stop', fields: { param: '' } },
}

export const versionRequest: BambuRequest = { heading: 'info', command: 'get_version' }

/** The whole state once. P1 printers suffer where it is asked for more than once in five minutes. */
export const wholeStateRequest: BambuRequest = {
  heading: 'pushing',
  command: 'pushall',
  fields: { version: 1, push_target: 1 },
}

/** Reads the table of flow calibrations and changes nothing; of the class of requests that move the printer. */
export const harmlessRequest: BambuRequest = {
  heading: 'print',
  command: 'extrusion_cali_get',
  fields: { filament_id: '', nozzle_diameter: '0.4' },
}

const chamberLight = 'chamber_light'

/** Whether the chamber light is on, as it told last; undefined where it told nothing of it. `flashing` is on. */
export function isLit({ lights_report: lights }: BambuPrint): boolean | undefined {
  const mode = lights?.find(({ node }) => node === chamberLight)?.mode
  return mode === undefined ? undefined : mode !== 'off'
}

/** Switches the chamber light. The times are for blinking, but are wanted all the same. */
export function lightRequest(mode: 'on' | 'off'): BambuRequest {
  const times = { led_on_time: 500, led_off_time: 500, loop_times: 0, interval_time: 0 }
  return {
    heading: 'system',
    command: 'ledctrl',
    fields: { led_node: chamberLight, led_mode: mode, ...times },
  }
}

/** Whether the printer wants requests of the moving kind signed by the vendor's own programs; undefined: not told. */
export function wantsSignature({ fun }: BambuPrint): boolean | undefined {
  return fun === undefined ? undefined : (BigInt(`0x${fun}`) & signatureBit) !== 0n
}

/** Bit 29 of `fun`. https://github.com/greghesp/ha-bambulab/pull/1449 */
const signatureBit = 1n << 29n

/** "MQTT message verify failed", and the same with a signature that is wrong. */
const unsignedCodes: readonly number[] = [0x0502_4007, 0x0502_4009]

/** How a reply judges its request. */
export function judgeReply(reply: BambuReply): { isAccepted: boolean; isUnsigned: boolean; reason: string } {
  const isUnsigned = reply.err_code !== undefined && unsignedCodes.includes(reply.err_code)
  const isRefused = /^fail/i.test(reply.result ?? '') || (reply.err_code ?? 0) !== 0
  const code = reply.err_code ? ` (${reply.err_code.toString(16).toUpperCase().padStart(8, '0')})` : ''
  return { isAccepted: !isRefused, isUnsigned, reason: `${reply.reason ?? 'no reason given'}${code}` }
}

/** The printer's words for itself, in ours. @throws ProtocolError where its state is a word we do not know. */
export function toStatus(print: BambuPrint): PrinterStatus {
  const state = toState(print)
  const name = print.subtask_name || print.gcode_file?.split('/').at(-1)
  const runId = [print.task_id, print.subtask_id, print.gcode_start_time].find((id) => id && id !== '0')
  return {
    state,
    ...(name && { job: { name, ...(runId !== undefined && { runId }) } }),
    ...(print.layer_num && { layer: print.layer_num }),
    ...(print.total_layer_num && { layers: print.total_layer_num }),
    ...(print.mc_percent !== undefined && { progress: print.mc_percent / 100 }),
    ...(print.mc_remaining_time !== undefined && { secondsLeft: print.mc_remaining_time * 60 }),
    ...toTemperatures(print),
    ...(print.s_obj?.length && { excludedObjects: print.s_obj.map(String) }),
    ...(state === 'paused' && readCause(print)),
  }
}

/**
 * Stages that are pauses, as the community wrote them down; 16 is a person's, whether on its screen or in an app.
 * https://github.com/greghesp/ha-bambulab
 */
const pauseStages: ReadonlyMap<number, string> = new Map([
  [6, 'filament ran out'],
  [17, 'front cover fell off'],
  [20, 'nozzle temperature'],
  [21, 'bed temperature'],
  [23, 'motor lost steps'],
  [26, 'lost contact with the AMS'],
  [27, 'heat break fan too slow'],
  [28, 'chamber temperature'],
  [32, 'filament clings to the nozzle'],
  [33, 'filament cutter'],
  [34, 'first layer'],
  [35, 'nozzle clogged'],
])
const personStage = 16

function readCause({ stg_cur: stage }: BambuPrint): Pick<PrinterStatus, 'pauseCause'> {
  if (stage === personStage) return { pauseCause: { by: 'hand' } }
  const reason = stage === undefined ? undefined : pauseStages.get(stage)
  return reason === undefined ? {} : { pauseCause: { by: 'sensor', reason } }
}

const states: Readonly<Record<string, PrinterState>> = {
  IDLE: 'idle',
  INIT: 'idle',
  // In the vendor's cloud: nothing moves yet.
  SLICING: 'idle',
  PREPARE: 'printing',
  RUNNING: 'printing',
  PAUSE: 'paused',
  FINISH: 'finished',
  OFFLINE: 'offline',
}

/** "The task was cancelled", which is no failure of the print. */
const cancelledCode = 0x0300_400c

function toState({ gcode_state: word, print_error: error = 0 }: BambuPrint): PrinterState {
  // Also what a print is called that was stopped; the error is gone once somebody has seen it.
  if (word === 'FAILED') return error === 0 || error === cancelledCode ? 'cancelled' : 'error'
  const state = word === undefined ? undefined : states[word]
  if (state === undefined) throw new ProtocolError(`the printer is in a state we do not know: ${word}`)
  return state
}

function toTemperatures(print: BambuPrint): Pick<PrinterStatus, 'temperatures'> {
  const nozzle = toHeater(print.nozzle_temper, print.nozzle_target_temper)
  const bed = toHeater(print.bed_temper, print.bed_target_temper)
  return nozzle || bed ? { temperatures: { ...(nozzle && { nozzle }), ...(bed && { bed }) } } : {}
}

function toHeater(actualC: number | undefined, targetC: number | undefined): Heater | undefined {
  if (actualC === undefined) return undefined
  return { actualC, ...(targetC !== undefined && { targetC }) }
}

/** Only the fields that were told, so that merging them forgets nothing. */
function withoutGaps(print: BambuPrint): BambuPrint {
  return Object.fromEntries(Object.entries(print).filter(([, value]) => value !== undefined))
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
