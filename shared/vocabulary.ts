import { z } from 'zod'

/** What a printer is doing, the same words for every make. */
export const PrinterState = z.enum([
  'offline',
  'idle',
  'printing',
  'pausing',
  'paused',
  'resuming',
  'cancelling',
  'finished',
  'cancelled',
  'error',
])
export type PrinterState = z.infer<typeof PrinterState>

/**
 * A kind of failure. The first three are seen in one picture, as the channels of the detector's map name them;
 * the others show from layer to layer: nothing grows any more (clog, run-out), the part jumped in one layer and
 * stayed, it came off the bed, a piece of it is gone, material lies where nothing is printed.
 */
export const Defect = z.enum([
  'failure',
  'spaghetti',
  'warping',
  'no_growth',
  'layer_shift',
  'detached',
  'broken_off',
  'stray_material',
])
export type Defect = z.infer<typeof Defect>

/** Corner and size in 0..1 of the frame: [x, y, width, height], (x, y) the upper left corner. */
export const Box = z.tuple([
  z.number().min(0).max(1),
  z.number().min(0).max(1),
  z.number().min(0).max(1),
  z.number().min(0).max(1),
])
export type Box = z.infer<typeof Box>

/** One failure seen in one frame; `score` is a probability in 0..1. */
export const Detection = z.object({ label: Defect, score: z.number().min(0).max(1), box: Box })
export type Detection = z.infer<typeof Detection>

/** Verdict over a layer: keep watching, tell the owner, or pause. */
export const Verdict = z.enum(['ok', 'warn', 'fail'])
export type Verdict = z.infer<typeof Verdict>

/** Health of one layer as the strip draws it. `unwatched`: printed, but no usable picture. */
export const LayerHealth = z.enum(['fine', 'suspected', 'failed', 'unwatched'])
export type LayerHealth = z.infer<typeof LayerHealth>

/** Name of one of a printer's cameras, such as `camera 2`; `camera` where it has but one. */
export const CameraName = z.string().min(1).max(64)

/** Why nobody is watching, as the phone says it. */
export const BlindReason = z.enum([
  'camera-unreachable',
  'camera-garbled',
  'camera-dark',
  'camera-blurred',
  'camera-frozen',
  'camera-blocked',
  'camera-moved',
  'printer-unreachable',
  'printer-unclear',
  'detector-failed',
  'agent-silent',
])
export type BlindReason = z.infer<typeof BlindReason>

/** What can be done to a print. "Stop" on the phone is `cancel` here, as in every printer API. */
export const PrinterAction = z.enum(['pause', 'resume', 'cancel'])
export type PrinterAction = z.infer<typeof PrinterAction>

/** How a print ended. */
export const PrintOutcome = z.enum(['finished', 'cancelled', 'failed'])
export type PrintOutcome = z.infer<typeof PrintOutcome>

/** Who moved the printer. `printer`: its own screen, sensor or host software. */
export const Actor = z.enum(['layerwatch', 'person', 'button', 'printer'])
export type Actor = z.infer<typeof Actor>

/** Who at the printer itself paused it: its own sensor, AI or program, or the hand of a person there. */
export const PauseCause = z.enum(['sensor', 'hand'])
export type PauseCause = z.infer<typeof PauseCause>

/** Who moved the printer, as it is told: where `printer` did, who it was there, if that is known. */
export const Mover = z.enum([...Actor.options, ...PauseCause.options])
export type Mover = z.infer<typeof Mover>

/** What ends a print that the printer itself did not end. */
export const FallbackMeans = z.enum(['relay', 'webhook', 'emergency-stop'])
export type FallbackMeans = z.infer<typeof FallbackMeans>

/** What of a printer is heated. */
export const HeaterName = z.enum(['nozzle', 'bed'])
export type HeaterName = z.infer<typeof HeaterName>

/** What is done for a paused printer beside its heaters: the nozzle moved away, macros, filament given back. */
export const CareName = z.enum(['lift', 'macro', 'resume-macro', 'give-back'])
export type CareName = z.infer<typeof CareName>

/** What is wired to the device and alarms by itself. */
export const SensorName = z.enum(['smoke', 'filament'])
export type SensorName = z.infer<typeof SensorName>

/** UUID in lower case. */
export const Id = z.uuid().toLowerCase()

/** ISO 8601 in UTC. */
export const Instant = z.iso.datetime()
