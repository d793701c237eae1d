import { z } from 'zod'
import { BlindReason, CameraName, Id, Instant, PrinterAction, PrinterState } from './vocabulary.ts'

/** Whether anybody is watching a printer, since when, and if not, why not. */
export const Watching = z.discriminatedUnion('isWatching', [
  z.object({ isWatching: z.literal(true), since: Instant }),
  z.object({
    isWatching: z.literal(false),
    since: Instant,
    /** Absent while the printer is idle: nothing is wrong, there is nothing to watch. */
    reason: BlindReason.optional(),
    detail: z.string().max(300).optional(),
  }),
])
export type Watching = z.infer<typeof Watching>

/** One of a printer's cameras as its agent finds it; there once it gave a picture. */
export const CameraReport = z.object({
  name: CameraName,
  isSeeing: z.boolean(),
  reason: BlindReason.optional(),
  detail: z.string().max(300).optional(),
  /** Median time between its last pictures, as measured. */
  intervalSeconds: z.number().min(0).optional(),
})
export type CameraReport = z.infer<typeof CameraReport>

/** One printer as its agent sees it now. */
export const PrinterStatusReport = z.object({
  printerId: Id,
  name: z.string().max(200),
  kind: z.string().max(32),
  state: PrinterState,
  /** What this printer lets us do, as probed. */
  actions: z.array(PrinterAction),
  /** Why an action is missing and how to mend it, in a person's words. */
  limits: z.array(z.string().max(300)).max(8).optional(),
  printId: Id.optional(),
  job: z.string().max(500).optional(),
  layer: z.number().int().min(0).optional(),
  layers: z.number().int().min(0).optional(),
  /** 0..1 of the print. */
  progress: z.number().min(0).max(1).optional(),
  secondsLeft: z.number().min(0).optional(),
  watching: Watching,
  cameras: z.array(CameraReport).max(8).optional(),
})
export type PrinterStatusReport = z.infer<typeof PrinterStatusReport>

/** Sent every 15 s and at each change of a printer's state; heard within 40 s means present. */
export const DeviceStatus = z.object({
  boot: Id,
  uptimeMs: z.number().int().min(0),
  at: Instant,
  clock: z.enum(['synced', 'unsynced']),
  version: z.string().max(64),
  /** False in the last will only: the connection ended. */
  online: z.boolean(),
  detector: z
    .object({
      backend: z.string().max(32),
      modelSha256: z.string().max(64),
      /** Median time from a frame's capture to its judgement. */
      frameMs: z.number().min(0).optional(),
    })
    .optional(),
  printers: z.array(PrinterStatusReport).max(32),
})
export type DeviceStatus = z.infer<typeof DeviceStatus>

/** How often a status is sent, and how long one counts. */
export const statusEveryMs = 15_000
export const presentWithinMs = 40_000
