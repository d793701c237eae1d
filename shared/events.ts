import { z } from 'zod'
import { CareFailed, FallbackUsed, HeaterSwitched, HeaterWarned, PauseChecked } from './pause-events.ts'
import { SensorCleared, SensorFailed, SensorRestored, SensorTripped } from './sensor-events.ts'
import {
  Actor,
  BlindReason,
  CameraName,
  Detection,
  Id,
  Instant,
  LayerHealth,
  PauseCause,
  PrinterState,
  PrintOutcome,
  SensorName,
  Verdict,
} from './vocabulary.ts'

/** Evidence for failure in 0..1; 0.5 is where suspicion begins to weigh, the policy says what acts. */
const Evidence = z.number().min(0).max(1)
const HealthScore = z.number().min(0).max(100)
const LayerNumber = z.number().int().min(0)
const Reasons = z.array(z.string().max(300)).max(8)

/** The agent began to run. */
export const DeviceStarted = z.object({
  version: z.string().max(64),
  backend: z.string().max(32),
  modelSha256: z.string().max(64),
})

/** A print (one run of a job) began, or was found running when the agent started. */
export const PrintStarted = z.object({
  job: z.string().max(500),
  layers: LayerNumber.optional(),
  foundRunning: z.boolean().default(false),
})

export const PrintFinished = z.object({ outcome: PrintOutcome, layer: LayerNumber.optional() })

/** The printer's state changed; `by` tells who made it, where that is known. */
export const PrinterChanged = z.object({
  state: PrinterState,
  previous: PrinterState.optional(),
  by: Actor.optional(),
  layer: LayerNumber.optional(),
})

/** One layer was printed and judged: a line of the strip. */
export const LayerJudged = z.object({
  layer: LayerNumber,
  layers: LayerNumber.optional(),
  health: LayerHealth,
  verdict: Verdict,
  /** Height of the evidence that decides the line's length; absent where the layer was not watched. */
  evidence: Evidence.optional(),
  /** Health of the layer, 0..100: 50 where suspicion begins, 0 where the print is paused. */
  healthScore: HealthScore.optional(),
  /** Health of the print after this layer: falls with a bad layer at once, rises slowly after it. */
  printHealth: HealthScore.optional(),
  /** Probability that the print fails in the end; before looking, one in twenty does. */
  failureProbability: z.number().min(0).max(1).optional(),
  /** Evidence per defect. */
  defects: z.record(z.string().max(32), Evidence).default({}),
  frames: z.number().int().min(0),
  /** Highest calibrated probability among the layer's frames. */
  worstScore: Evidence.optional(),
  detections: z.array(Detection).max(32).default([]),
  reasons: Reasons.default([]),
  modelSha256: z.string().max(64),
  /** Printing time of the layer in seconds, as the printer's clock has it. */
  seconds: z.number().min(0).optional(),
})

const Suspicion = z.object({
  layer: LayerNumber,
  /** The layer at which the evidence of this episode began. */
  beganAtLayer: LayerNumber,
  defect: z.string().max(32),
  evidence: Evidence,
  /** Probability that the print fails in the end. */
  failureProbability: z.number().min(0).max(1).optional(),
  snapshotId: Id.optional(),
  /** A picture of the last layers before it began, where there is one. */
  beforeSnapshotId: Id.optional(),
  detections: z.array(Detection).max(32).default([]),
  reasons: Reasons.default([]),
})

/** The warn threshold was crossed. */
export const DefectSuspected = Suspicion
/** The pause threshold was crossed: the agent pauses the printer now. */
export const DefectConfirmed = Suspicion
/** The suspicion ended without being confirmed. */
export const DefectCleared = z.object({ layer: LayerNumber, defect: z.string().max(32) })

/** A pause was asked of the printer by the agent itself (at the alarm of a `sensor`, where it says so) or its button. */
export const PauseSent = z.object({
  by: Actor,
  layer: LayerNumber.optional(),
  sensor: SensorName.optional(),
})
/** The printer was read back as paused. `by: printer`: somebody paused it there. */
export const PrinterPaused = z.object({
  by: Actor,
  layer: LayerNumber.optional(),
  /** Who it was, where `by` is `printer` and the printer tells. */
  cause: PauseCause.optional(),
  /** In the printer's words, or ours for its code. */
  reason: z.string().max(100).optional(),
})
export const PauseFailed = z.object({
  by: Actor,
  reason: z.string().max(300),
  tries: z.number().int().min(0),
  sensor: SensorName.optional(),
})
export const PrinterResumed = z.object({ by: Actor, layer: LayerNumber.optional() })

/** Nobody is watching, and why; said once an episode. */
export const WatchLost = z.object({ reason: BlindReason, detail: z.string().max(300).optional() })
export const WatchRestored = z.object({ reason: BlindReason, blindSeconds: z.number().min(0) })

/** One of a printer's cameras sees nothing, while another one watches on. */
export const ViewLost = WatchLost.extend({ camera: CameraName })
export const ViewRestored = WatchRestored.extend({ camera: CameraName })

/** The light could not be switched for the pictures, or back; said once, until it obeys again. */
export const LightFailed = z.object({ to: z.enum(['on', 'off']), reason: z.string().max(300) })

/** A picture was taken and follows on `snapshots/{snapshotId}`. */
export const SnapshotTaken = z.object({
  snapshotId: Id,
  purpose: z.enum(['suspected', 'confirmed', 'before', 'asked']),
  layer: LayerNumber.optional(),
  detections: z.array(Detection).max(32).default([]),
})

export const CommandAccepted = z.object({ commandId: Id })
/** `done` means the printer was read back in the state asked for. */
export const CommandFinished = z.object({
  commandId: Id,
  result: z.enum(['done', 'refused', 'failed', 'expired']),
  reason: z.string().max(300).optional(),
  snapshotId: Id.optional(),
})

/** A person had the path proven, from a known failing print to this event; nothing was wrong with any print. */
export const SelftestFinished = z.object({
  isPassed: z.boolean(),
  /** Seconds of the known failing print until it was confirmed; absent where it never was. */
  confirmedAfterSeconds: z.number().min(0).optional(),
  /** What failed, in a person's words. */
  reasons: Reasons.default([]),
})

/** The device keeps what a person said of a print, up to this revision. It comes again once it was learned from. */
export const PrintMarked = z.object({
  printId: Id,
  revision: z.number().int().min(1),
  /** What came of it, in a person's words: what it taught, or why nothing. */
  words: z.string().max(300).optional(),
})

/** What the printer learned from its owner changed: all that is in force now. */
export const PrinterTuned = z.object({
  /** In a person's words; empty where nothing is in force. */
  words: Reasons,
  /** Whether there is a lesson that can be taken back. */
  canUndo: z.boolean(),
  /** The model it was learned with. */
  modelSha256: z.string().max(64),
  /** Most that is ignored of a camera's picture by what was learned, 0..1. */
  maskedShare: z.number().min(0).max(1),
  /** Added to the thresholds, ln; positive acts more rarely. */
  shift: z.number(),
})

/** Rows the agent had to drop because its outbox was full: what is missing, from seq to seq. */
export const HistoryGap = z.object({
  fromSeq: z.number().int().min(1),
  toSeq: z.number().int().min(1),
  missing: z.record(z.string().max(64), z.number().int().min(1)),
})

const eventData = {
  'device.started': DeviceStarted,
  'print.started': PrintStarted,
  'print.finished': PrintFinished,
  'printer.changed': PrinterChanged,
  'layer.judged': LayerJudged,
  'defect.suspected': DefectSuspected,
  'defect.confirmed': DefectConfirmed,
  'defect.cleared': DefectCleared,
  'pause.sent': PauseSent,
  'pause.failed': PauseFailed,
  'printer.paused': PrinterPaused,
  'pause.checked': PauseChecked,
  'fallback.used': FallbackUsed,
  'heater.warned': HeaterWarned,
  'heater.switched': HeaterSwitched,
  'care.failed': CareFailed,
  'printer.resumed': PrinterResumed,
  'camera.lost': WatchLost,
  'camera.restored': WatchRestored,
  'view.lost': ViewLost,
  'view.restored': ViewRestored,
  'light.failed': LightFailed,
  'printer.lost': WatchLost,
  'printer.restored': WatchRestored,
  'detector.failed': WatchLost,
  'detector.restored': WatchRestored,
  'sensor.tripped': SensorTripped,
  'sensor.cleared': SensorCleared,
  'sensor.failed': SensorFailed,
  'sensor.restored': SensorRestored,
  'snapshot.taken': SnapshotTaken,
  'command.accepted': CommandAccepted,
  'command.finished': CommandFinished,
  'selftest.finished': SelftestFinished,
  'print.marked': PrintMarked,
  'printer.tuned': PrinterTuned,
  'history.gap': HistoryGap,
} as const

export type EventType = keyof typeof eventData
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>
/** What a producer may leave out because the schema fills it in. */
export type EventInput<T extends EventType> = z.input<(typeof eventData)[T]>

export const eventTypes = Object.keys(eventData).filter((type): type is EventType => type in eventData)

/** Schema of one event's data. */
export function eventSchema<T extends EventType>(type: T): (typeof eventData)[T] {
  return eventData[type]
}

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventData, type)
}

/** What every event carries, whatever its type. `data` is checked by `parseEvent`. */
export const Envelope = z.object({
  id: Id,
  type: z.string().min(1).max(64),
  /** Random id made with the outbox file; `seq` is gapless within it. */
  stream: Id,
  seq: z.number().int().min(1),
  /** Random id of the agent's run and the milliseconds since its start. */
  boot: Id,
  uptimeMs: z.number().int().min(0),
  /** The agent's wall clock, which `clock` says is worth something or not. */
  at: Instant,
  clock: z.enum(['synced', 'unsynced']),
  /** Absent for what concerns the device as a whole. */
  printerId: Id.optional(),
  printId: Id.optional(),
  data: z.unknown(),
})
export type Envelope = z.infer<typeof Envelope>

/** An event of a known type, its data checked. */
export type DeviceEvent = {
  [T in EventType]: Omit<Envelope, 'type' | 'data'> & { type: T; data: EventData<T> }
}[EventType]

export type ParsedEvent =
  | { kind: 'known'; event: DeviceEvent }
  /** A type of a later version: stored, never fatal. */
  | { kind: 'unknown'; envelope: Envelope }
  | { kind: 'rejected'; id: string | undefined; reason: string }

/** Checks an event as it came from the wire. Never throws. */
export function parseEvent(json: unknown): ParsedEvent {
  const envelope = Envelope.safeParse(json)
  if (!envelope.success) {
    const id = z.object({ id: Id }).safeParse(json)
    return { kind: 'rejected', id: id.data?.id, reason: describe(envelope.error) }
  }
  const { type } = envelope.data
  if (!isEventType(type)) return { kind: 'unknown', envelope: envelope.data }
  const data = eventData[type].safeParse(envelope.data.data)
  if (!data.success) return { kind: 'rejected', id: envelope.data.id, reason: describe(data.error) }
  // The pair (type, data) was just checked against its own schema, which the compiler cannot follow.
  return { kind: 'known', event: { ...envelope.data, type, data: data.data } as DeviceEvent }
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'invalid'}`.slice(0, 300)
}
