import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { BlindReason } from '@layerwatch/shared/vocabulary.ts'
import type { Camera, Frame } from '../camera/camera.ts'
import type { Clock } from '../clock.ts'
import { within } from '../clock.ts'
import type { Detector, FrameJudgement, PictureFigures } from '../detector/detector.ts'

/** What `camera/quality.ts` says of a picture: whether it may be judged, and if not, why not. */
export type QualityVerdict = { isUsable: true } | { isUsable: false; reason: BlindReason; detail?: string }

/** One printer's camera, seen through the detector. */
export interface Sightings<QualityState> {
  /** Name of the camera, where the printer has several. */
  name?: string
  camera: Camera
  detector: Detector
  clock: Clock
  quality: {
    start: QualityState
    judge: (state: QualityState, figures: PictureFigures, nowMs: number) => [QualityState, QualityVerdict]
  }
}

/** A picture that can be judged; `camera` names whose it is, where a printer has several. */
export interface Seen {
  kind: 'seen'
  frame: Frame
  judgement: FrameJudgement
  frameMs: number
  camera?: string
}

/** How one of a printer's several cameras did in a round. */
export type CameraLook = { camera: string; capturedAtMs?: number } & (
  | { kind: 'seen' }
  | { kind: 'unseen'; reason: BlindReason; detail: string }
)

/**
 * What one look gave; `others` is what the printer's other cameras saw in the same round, and `round` how each did
 * that was heard of in it, where the printer has several.
 */
export type Observation = { round?: readonly CameraLook[] } & (
  | (Seen & { others?: readonly Seen[] })
  | { kind: 'unseen'; reason: BlindReason; detail: string; frame?: Frame }
)

const captureTimeoutMs = 5_000
const judgeTimeoutMs = 10_000

/**
 * Makes the function that takes one picture and judges it. It never throws: what went wrong is an observation
 * too. Two callers at a time share one picture.
 */
export function openEye<QualityState>(
  sightings: Sightings<QualityState>,
): (signal: AbortSignal) => Promise<Observation> {
  let quality = sightings.quality.start
  let underWay: Promise<Observation> | undefined

  async function observe(signal: AbortSignal): Promise<Observation> {
    const { camera, detector, clock, name } = sightings
    let frame: Frame | undefined
    try {
      frame = await within(captureTimeoutMs, signal, (limit) => camera.capture(limit))
    } catch (error) {
      return unseen(error instanceof ProtocolError ? 'camera-garbled' : 'camera-unreachable', error)
    }
    try {
      const { jpeg, capturedAtMs } = frame
      const judgement = await within(judgeTimeoutMs, signal, (limit) => detector.judge(jpeg, limit))
      const [next, verdict] = sightings.quality.judge(quality, judgement.figures, capturedAtMs)
      quality = next
      if (!verdict.isUsable) {
        return { kind: 'unseen', reason: verdict.reason, detail: verdict.detail ?? '', frame }
      }
      const seen = { kind: 'seen' as const, frame, judgement, frameMs: clock.nowMs() - capturedAtMs }
      return name === undefined ? seen : { ...seen, camera: name }
    } catch (error) {
      return unseen(error instanceof ProtocolError ? 'camera-garbled' : 'detector-failed', error)
    }
  }

  return (signal) => {
    underWay ??= observe(signal).finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

function unseen(reason: BlindReason, error: unknown): Observation {
  return { kind: 'unseen', reason, detail: error instanceof Error ? error.message : String(error) }
}
