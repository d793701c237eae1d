import { z } from 'zod'
import { CommandAction } from './commands.ts'
import { LiveHeader } from './live.ts'
import { MarkView } from './marks.ts'
import { CameraReport, Watching } from './status.ts'
import {
  Box,
  Detection,
  Id,
  Instant,
  LayerHealth,
  Mover,
  PrinterAction,
  PrinterState,
  PrintOutcome,
  Verdict,
} from './vocabulary.ts'

/** What the page reads over HTTP. Every route is below `/api`; every refusal is an `ApiProblem`. */

/** Refusal of a request, with a code for programs and a sentence for people. */
export const ApiProblem = z.object({
  code: z.string(),
  message: z.string(),
  /** Mistakes in the request, each with the path of its field. */
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type ApiProblem = z.infer<typeof ApiProblem>

/** `GET /api/setup`, without a session: what the sign-in page needs to know. */
export const SetupView = z.object({
  /** False until the first owner signed up with the set-up token. */
  hasOwner: z.boolean(),
  signUp: z.enum(['token', 'open', 'closed']),
  /** Key for Web Push (VAPID, base64url). */
  pushPublicKey: z.string(),
  canSendEmail: z.boolean(),
})
export type SetupView = z.infer<typeof SetupView>

/** `GET /api/me`. */
export const MeView = z.object({
  personId: z.string(),
  name: z.string(),
  email: z.string(),
  organisationName: z.string(),
  /** IANA name; absent until the person's browser said it. */
  timeZone: z.string().optional(),
  notifications: z.object({ email: z.boolean(), pushSubscriptions: z.number().int() }),
})
export type MeView = z.infer<typeof MeView>

export const Role = z.enum(['viewer', 'operator', 'owner'])
export type Role = z.infer<typeof Role>

/** A stored picture; its bytes are at `/api/snapshots/{id}.jpg`. */
export const SnapshotView = z.object({
  id: Id,
  at: Instant,
  layer: z.number().int().optional(),
  detections: z.array(Detection),
})
export type SnapshotView = z.infer<typeof SnapshotView>

/** One print, without its layers. */
export const PrintView = z.object({
  id: Id,
  printerId: Id,
  job: z.string(),
  startedAt: Instant,
  endedAt: Instant.optional(),
  outcome: PrintOutcome.optional(),
  layer: z.number().int().optional(),
  layers: z.number().int().optional(),
  progress: z.number().optional(),
  secondsLeft: z.number().optional(),
  mark: MarkView.optional(),
})
export type PrintView = z.infer<typeof PrintView>

/** One line of the layer strip. */
export const LayerView = z.object({
  layer: z.number().int(),
  health: LayerHealth,
  verdict: Verdict,
  evidence: z.number().optional(),
  defects: z.record(z.string(), z.number()),
  worstScore: z.number().optional(),
  frames: z.number().int(),
  detections: z.array(Detection),
  reasons: z.array(z.string()),
  at: Instant,
  seconds: z.number().optional(),
})
export type LayerView = z.infer<typeof LayerView>

/**
 * What is known of a pause: sent is not paused, and a printer that says it has paused may still move in the picture
 * (`moving`).
 */
export const PauseStanding = z.enum(['none', 'sent', 'confirmed', 'moving', 'failed'])
export type PauseStanding = z.infer<typeof PauseStanding>

export const IncidentStep = z.object({
  at: Instant,
  kind: z.enum([
    'suspected',
    'confirmed',
    'cleared',
    'pause.sent',
    'pause.failed',
    'paused',
    'pause.still',
    'pause.moving',
    'ended',
    'not-ended',
    'nozzle.off',
    'bed.off',
    'heater.failed',
    'resumed',
    'stopped',
    'acknowledged',
    'resolved',
  ]),
  by: Mover.optional(),
  /** Name of the person, where one acted. */
  person: z.string().optional(),
  layer: z.number().int().optional(),
  detail: z.string().optional(),
})
export type IncidentStep = z.infer<typeof IncidentStep>

export const IncidentOutcome = z.enum(['saved', 'false-alarm', 'already-lost'])
export type IncidentOutcome = z.infer<typeof IncidentOutcome>

/** One failure episode. */
export const IncidentView = z.object({
  id: Id,
  printerId: Id,
  printerName: z.string(),
  printId: Id,
  job: z.string(),
  status: z.enum(['open', 'acknowledged', 'resolved']),
  severity: z.enum(['suspected', 'confirmed']),
  defect: z.string(),
  evidence: z.number(),
  beganAtLayer: z.number().int(),
  layer: z.number().int(),
  layers: z.number().int().optional(),
  openedAt: Instant,
  resolvedAt: Instant.optional(),
  outcome: IncidentOutcome.optional(),
  /** What was said of its print, once a person said what it was. */
  mark: MarkView.optional(),
  pause: PauseStanding,
  reasons: z.array(z.string()),
  picture: SnapshotView.optional(),
  before: SnapshotView.optional(),
  timeline: z.array(IncidentStep),
})
export type IncidentView = z.infer<typeof IncidentView>

/** One printer as its owner sees it. */
export const PrinterView = z.object({
  id: Id,
  name: z.string(),
  kind: z.string(),
  device: z.object({ id: Id, name: z.string(), isPresent: z.boolean(), heardAt: Instant.optional() }),
  role: Role,
  state: PrinterState,
  /** Who paused it, while it is paused. */
  pausedBy: Mover.optional(),
  pausedAt: Instant.optional(),
  actions: z.array(PrinterAction),
  /** Why an action is missing and how to mend it, as the device found out. */
  limits: z.array(z.string()).optional(),
  watching: Watching,
  /** How each camera does, as the device said last; there while it is heard and prints. */
  cameras: z.array(CameraReport).optional(),
  print: PrintView.optional(),
  /** Worst thing said of the current print that is not resolved. */
  incident: z
    .object({
      id: Id,
      severity: z.enum(['suspected', 'confirmed']),
      defect: z.string(),
      layer: z.number().int(),
      beganAtLayer: z.number().int(),
      openedAt: Instant,
      pause: PauseStanding,
    })
    .optional(),
  picture: SnapshotView.optional(),
  /** What it learned from its owner, in a person's words. */
  learned: z.object({ words: z.array(z.string()), canUndo: z.boolean(), at: Instant }).optional(),
})
export type PrinterView = z.infer<typeof PrinterView>

/** `POST /api/printers/{printerId}/commands`, with an `Idempotency-Key` header. */
export const CommandRequest = z.object({
  action: CommandAction.exclude(['live', 'mark']),
  /** The print on screen; required but for `snapshot`. */
  printId: Id.optional(),
  /** The picture on screen; required to resume. */
  snapshotId: Id.optional(),
})
export type CommandRequest = z.infer<typeof CommandRequest>

export const CommandView = z.object({
  id: Id,
  printerId: Id,
  action: CommandAction,
  status: z.enum(['sent', 'accepted', 'done', 'refused', 'failed', 'expired']),
  reason: z.string().optional(),
  snapshotId: Id.optional(),
  personName: z.string(),
  issuedAt: Instant,
  finishedAt: Instant.optional(),
})
export type CommandView = z.infer<typeof CommandView>

export const DeviceView = z.object({
  id: Id,
  name: z.string(),
  isPresent: z.boolean(),
  heardAt: Instant.optional(),
  version: z.string().optional(),
  backend: z.string().optional(),
  frameMs: z.number().optional(),
  pairedAt: Instant,
  printers: z.number().int(),
})
export type DeviceView = z.infer<typeof DeviceView>

/** `POST /api/pairings` makes one; `GET /api/pairings/{id}` tells how it stands. */
export const PairingView = z.object({
  id: Id,
  /** Shown once, when made: eight letters and digits in two groups. */
  code: z.string().optional(),
  /** The command to paste on the Pi. */
  command: z.string().optional(),
  expiresAt: Instant,
  status: z.enum(['waiting', 'paired', 'expired']),
  deviceId: Id.optional(),
})
export type PairingView = z.infer<typeof PairingView>

/** `POST /api/push-subscriptions`: what the browser's PushManager gives. */
export const PushSubscriptionRequest = z.object({
  endpoint: z.url({ protocol: /^https$/ }).max(2000),
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(100) }),
})
export type PushSubscriptionRequest = z.infer<typeof PushSubscriptionRequest>

/** `POST /api/notifications/test`: how a real message to oneself went, by channel; `off` is not set up here. */
export const NotificationTestView = z.object({
  channels: z.array(
    z.object({ channel: z.string(), result: z.enum(['sent', 'failed', 'off']), detail: z.string() }),
  ),
})
export type NotificationTestView = z.infer<typeof NotificationTestView>

/** What a person says of an incident: what it was, or nothing any more. */
export const Resolution = z.enum([...IncidentOutcome.options, 'taken-back'])
export type Resolution = z.infer<typeof Resolution>

/** `POST /api/incidents/{id}/resolve`. */
export const ResolveRequest = z.object({
  outcome: Resolution,
  /** Of a false alarm: places to ignore from now on, boxes in 0..1 of the picture. */
  ignore: z.array(Box).max(8).optional(),
})
export type ResolveRequest = z.infer<typeof ResolveRequest>

/**
 * `GET /api/live`: server-sent events, each named `change`, `data` one of these. Starts with all printers. A comment
 * line at least every 15 s tells a quiet connection from a lost one.
 */
export const LiveChange = z.discriminatedUnion('type', [
  z.object({ type: z.literal('printers'), printers: z.array(PrinterView) }),
  z.object({ type: z.literal('printer'), printer: PrinterView }),
  z.object({ type: z.literal('printer.removed'), printerId: Id }),
  z.object({ type: z.literal('layer'), printerId: Id, printId: Id, layer: LayerView }),
  z.object({ type: z.literal('incident'), incident: IncidentView }),
  z.object({ type: z.literal('command'), command: CommandView }),
  /** A pairing of this person was used or ran out. */
  z.object({ type: z.literal('pairing'), pairing: PairingView }),
])
export type LiveChange = z.infer<typeof LiveChange>

/** `GET /api/printers/{printerId}/live`: server-sent events named `frame`; an open one is a viewer's lease. */
export const LiveFrame = z.object({ header: LiveHeader, jpegBase64: z.base64() })
export type LiveFrame = z.infer<typeof LiveFrame>
