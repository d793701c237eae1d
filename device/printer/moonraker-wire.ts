import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { Heater, PrinterStatus } from './printer.ts'

/*
 * What Klipper says through Moonraker, as far as we use it. https://www.klipper3d.org/Status_Reference.html
 * The state is read strictly, for we act on it; a figure that makes no sense is left out.
 */

/** A figure within its bounds, or undefined. */
const figure = (min: number, max: number) => z.number().min(min).max(max).nullish().catch(undefined)

/** Celsius; hotter than any nozzle is no measurement. */
const HeaterObject = z
  .object({ temperature: figure(-50, 600), target: figure(0, 600) })
  .optional()
  .catch(undefined)

/** Klipper's objects that we watch; all but `webhooks` are there only where the printer is configured so. */
const Objects = z.object({
  webhooks: z.object({ state: z.string(), state_message: z.string().optional().catch(undefined) }),
  print_stats: z
    .object({
      state: z.string().optional(),
      filename: z.string().max(4000).optional(),
      /** Seconds of printing without the pauses. */
      print_duration: figure(0, 1e9),
      total_duration: figure(0, 1e9),
      /** As the slicer tells by SET_PRINT_STATS_INFO; null without. */
      info: z
        .object({ current_layer: figure(0, 1e6), total_layer: figure(0, 1e6) })
        .nullish()
        .catch(undefined),
    })
    .optional(),
  virtual_sdcard: z
    .object({
      /** Bytes. */
      file_position: figure(0, Number.MAX_SAFE_INTEGER),
      file_size: figure(0, Number.MAX_SAFE_INTEGER),
      /** 0..1 of the file. */
      progress: figure(0, 1),
    })
    .optional()
    .catch(undefined),
  gcode_move: z
    .object({ gcode_position: z.array(z.number()).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  extruder: HeaterObject,
  heater_bed: HeaterObject,
  exclude_object: z
    .object({
      current_object: z.string().max(500).nullish().catch(undefined),
      excluded_objects: z.array(z.string().max(500)).max(1000).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

/** What is asked for and subscribed to: object → fields. */
export const watchedObjects: Record<string, readonly string[]> = {
  webhooks: ['state', 'state_message'],
  print_stats: ['state', 'filename', 'print_duration', 'total_duration', 'info'],
  virtual_sdcard: ['file_position', 'file_size', 'progress'],
  gcode_move: ['gcode_position'],
  extruder: ['temperature', 'target'],
  heater_bed: ['temperature', 'target'],
  exclude_object: ['current_object', 'excluded_objects'],
}

/** Sensors of the owner's own name that pause a print. https://www.klipper3d.org/Config_Reference.html#filament_switch_sensor */
const sensorName = /^filament_(switch|motion)_sensor /
const Sensor = z.object({ filament_detected: z.boolean(), enabled: z.boolean().default(true) })

/** What to watch of the sensors among a printer's objects. */
export function sensorObjects(objects: readonly string[]): Record<string, readonly string[]> {
  const names = objects.filter((name) => sensorName.test(name)).slice(0, 20)
  return Object.fromEntries(names.map((name) => [name, ['filament_detected', 'enabled']]))
}

/** A sensor that sees no filament is why Klipper stands; anything else, it does not tell. */
function readCause(raw: RawObjects): Pick<PrinterStatus, 'pauseCause'> {
  const isEmpty = Object.entries(raw).some(([name, fields]) => {
    const sensor = sensorName.test(name) ? Sensor.safeParse(fields).data : undefined
    return sensor?.enabled && !sensor.filament_detected
  })
  return isEmpty ? { pauseCause: { by: 'sensor', reason: 'filament ran out' } } : {}
}

/** Objects and their fields, not looked at yet. */
export const RawObjects = z.record(z.string(), z.record(z.string(), z.unknown()))
export type RawObjects = z.infer<typeof RawObjects>

/** `GET /printer/objects/query`, and the answer to a subscription. */
export const ObjectsReply = z.object({ status: RawObjects })

/** `GET /server/info`. */
export const ServerInfo = z.object({
  klippy_connected: z.boolean(),
  klippy_state: z.string().max(100),
  moonraker_version: z.string().max(200).default('of unknown version'),
})

/** `GET /printer/info`. */
export const PrinterInfo = z.object({
  state: z.string(),
  state_message: z.string().default(''),
  software_version: z.string().max(200).default('of unknown version'),
})

/** `GET /printer/objects/list`. */
export const ObjectList = z.object({ objects: z.array(z.string()) })

/** A run as Moonraker's history has it. https://moonraker.readthedocs.io/en/latest/external_api/history/ */
export const HistoryJob = z.object({
  job_id: z.union([z.string().max(200), z.number()]).transform(String),
  status: z.string(),
  filename: z.string(),
})
export type HistoryJob = z.infer<typeof HistoryJob>

/** `GET /server/history/list`. */
export const HistoryReply = z.object({ jobs: z.array(HistoryJob) })

/** One message of the WebSocket: an answer to a call, or a notification. */
export const Message = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
  method: z.string().optional(),
  params: z.array(z.unknown()).optional(),
})
export type Message = z.infer<typeof Message>

/** Objects with a change laid over them; a field that is not in the change stays. */
export function mergeObjects(objects: RawObjects, change: RawObjects): RawObjects {
  const merged = { ...objects }
  for (const [name, fields] of Object.entries(change)) merged[name] = { ...merged[name], ...fields }
  return merged
}

/** Klipper's own words for a print, in ours. */
const printStates = new Map<string, PrinterState>([
  ['standby', 'idle'],
  ['printing', 'printing'],
  ['paused', 'paused'],
  ['complete', 'finished'],
  ['cancelled', 'cancelled'],
  ['error', 'error'],
])

/** Klipper's words for itself where it prints nothing for certain; `ready` is not among them. */
const hostStates = new Map<string, PrinterState>([
  ['startup', 'offline'],
  ['disconnected', 'offline'],
  ['initializing', 'offline'],
  // Heaters are off and the print is lost, until a person restarts it.
  ['shutdown', 'error'],
  ['error', 'error'],
])

/** The state of a Klipper that is not ready. @throws ProtocolError for a word we do not know. */
export function readHostState(word: string): PrinterState {
  const state = hostStates.get(word)
  if (state === undefined)
    throw new ProtocolError(`Klipper says a state we do not know: ${word.slice(0, 60)}`)
  return state
}

/** What is known beside the objects. */
export interface Beside {
  /** Actions Klipper took and has not finished: it runs its macro first, and answers then. */
  asked: ReadonlySet<PrinterAction>
  /** Newest run of Moonraker's history. */
  job: HistoryJob | undefined
}

/** Klipper's objects in our words. @throws ProtocolError where they can't be read or name an unknown state. */
export function toStatus(raw: RawObjects, { asked, job }: Beside): PrinterStatus {
  const parsed = Objects.safeParse(raw)
  if (!parsed.success) throw new ProtocolError("Klipper's state can't be read", { cause: parsed.error })
  const { webhooks, print_stats: print, exclude_object: parts, ...objects } = parsed.data
  if (webhooks.state !== 'ready') return { state: readHostState(webhooks.state) }
  const word = print?.state ?? ''
  const told = printStates.get(word)
  if (told === undefined)
    throw new ProtocolError(`Klipper says a print state we do not know: ${word.slice(0, 60)}`)
  const zMm = objects.gcode_move?.gcode_position?.[2]
  const temperatures = readHeaters(objects)
  return {
    state: withAsked(told, asked),
    ...(print?.filename && { job: nameJob(print.filename, job) }),
    ...readFigures(parsed.data),
    ...(zMm !== undefined && { zMm }),
    ...(temperatures && { temperatures }),
    ...(parts?.excluded_objects?.length && { excludedObjects: parts.excluded_objects }),
    ...(told === 'paused' && readCause(raw)),
  }
}

function readFigures({
  print_stats: print,
  virtual_sdcard: card,
}: z.infer<typeof Objects>): Partial<PrinterStatus> {
  const { current_layer: layer, total_layer: layers } = print?.info ?? {}
  const fileBytes = card?.file_size || undefined
  const position = card?.file_position
  const isInside = fileBytes !== undefined && typeof position === 'number' && position <= fileBytes
  return {
    // 0 until the slicer's first word.
    ...(layer && { layer: Math.floor(layer) }),
    ...(layers && { layers: Math.floor(layers) }),
    ...(fileBytes !== undefined && { fileBytes }),
    ...(isInside && { filePosition: position }),
    ...(typeof card?.progress === 'number' && { progress: card.progress }),
    ...(typeof print?.print_duration === 'number' && { printSeconds: print.print_duration }),
  }
}

function readHeaters(heated: Pick<z.infer<typeof Objects>, 'extruder' | 'heater_bed'>) {
  const nozzle = readHeater(heated.extruder)
  const bed = readHeater(heated.heater_bed)
  if (nozzle === undefined && bed === undefined) return undefined
  return { ...(nozzle && { nozzle }), ...(bed && { bed }) }
}

function readHeater(heater: z.infer<typeof HeaterObject>): Heater | undefined {
  if (typeof heater?.temperature !== 'number') return undefined
  return {
    actualC: heater.temperature,
    ...(typeof heater.target === 'number' && { targetC: heater.target }),
  }
}

function nameJob(filename: string, job: HistoryJob | undefined): NonNullable<PrinterStatus['job']> {
  const isThis = job?.status === 'in_progress' && job.filename === filename
  return { name: filename, ...(isThis && { runId: job.job_id }) }
}

/** Says what is under way: Klipper itself says `printing` until its pause macro has come to the pause. */
function withAsked(state: PrinterState, asked: ReadonlySet<PrinterAction>): PrinterState {
  if (asked.has('cancel') && (state === 'printing' || state === 'paused')) return 'cancelling'
  if (asked.has('pause') && state === 'printing') return 'pausing'
  if (asked.has('resume') && state === 'paused') return 'resuming'
  return state
}
