import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import sharp from 'sharp'
import { isActive } from './assess/prints.ts'
import type { Camera, Frame } from './camera/camera.ts'
import { openCamera } from './camera/open.ts'
import { judgeQuality, unknownQuality } from './camera/quality.ts'
import type { WatchedPrinterConfig } from './config.ts'
import type { PictureFigures } from './detector/detector.ts'
import { measurePicture } from './detector/figures.ts'
import { probeCapabilities } from './pause/capabilities.ts'
import type { Webcam } from './printer/moonraker-api.ts'
import { openPrinter } from './printer/open.ts'
import type { PrinterStatus } from './printer/printer.ts'
import { findWebcams } from './printer/webcams.ts'
import type { QualityVerdict } from './watch/watch.ts'

/** Where the layer comes from; `unknown` while nothing is printed that would tell. */
export type LayerSource = 'printer' | 'file' | 'time' | 'unknown'

export interface PrinterFindings {
  description: string
  state: PrinterState
  job?: string
  actions: readonly PrinterAction[]
  /** What is missing and how to mend it, in a person's words. */
  limits: readonly string[]
  layers: LayerSource
  temperatures?: PrinterStatus['temperatures']
  hasLight: boolean
  /** Cameras that the printer's own software names, and that are not configured. */
  webcams: readonly Webcam[]
}

export interface CameraFindings {
  description: string
  width: number
  height: number
  bytes: number
  /** Median time from asking for a picture to having it. */
  frameMs: number
  /** Median time from one new picture to the next, asked for without a pause. */
  intervalMs: number
  quality: QualityVerdict
  jpeg: Uint8Array
}

/** What was found of a printer or a camera, or why nothing was. */
export type Findings<T> = { isFound: true; found: T } | { isFound: false; reason: string }

export interface ProbeFindings {
  name: string
  kind: string
  printer: Findings<PrinterFindings>
  /** In the order of the configuration. */
  cameras: readonly Findings<CameraFindings>[]
}

const timeoutMs = 15_000
/** Enough to tell a camera that stands still from one that gives new pictures. */
const pictures = 3
/** The detector's input, at which the figures are measured there too. */
const figureSize = 320
/** As if the pictures had been seen for so long: what is wrong with all of them is said, though it is new. */
const asIfMs = 20_000
const asIfPictures = 24

/** Tries a configured printer and its camera, moving nothing. Never throws for what they do. */
export async function probeWatched(config: WatchedPrinterConfig, log: Logger): Promise<ProbeFindings> {
  const configured = [config.camera, ...(config.cameras ?? [])]
  const opened = await Promise.all(configured.map((one) => attempt(() => openCamera(one, { log }))))
  try {
    const look = (signal: AbortSignal) => captureWith(opened[0], signal)
    const [printer, ...cameras] = await Promise.all([
      attempt(() => probePrinter(config, { log, look })),
      ...opened.map(async (camera) => (camera.isFound ? attempt(() => probeCamera(camera.found)) : camera)),
    ])
    return { name: config.name, kind: config.printer.kind, printer, cameras }
  } finally {
    for (const camera of opened) if (camera.isFound) await camera.found.close()
  }
}

async function captureWith(camera: Findings<Camera> | undefined, signal: AbortSignal): Promise<Frame> {
  if (!camera?.isFound) throw new UnavailableError('there is no camera')
  return camera.found.capture(signal)
}

async function probePrinter(
  config: WatchedPrinterConfig,
  parts: { log: Logger; look: (signal: AbortSignal) => Promise<Frame> },
): Promise<PrinterFindings> {
  const printer = await openPrinter(config.printer, parts)
  const signal = AbortSignal.timeout(timeoutMs)
  const { description, actions, limits } = await probeCapabilities(printer, config.pause, signal)
  const status = await printer.status(signal)
  // Only a hint: where it can't be had, nothing is missing.
  const known = await findWebcams(config.printer, signal).catch(() => [])
  return {
    description,
    state: status.state,
    actions,
    limits,
    layers: layerSourceOf(status),
    hasLight: printer.light !== undefined,
    webcams: known.filter((webcam) => !isConfigured(webcam, config)),
    ...(status.job && { job: status.job.name }),
    ...(status.temperatures && { temperatures: status.temperatures }),
  }
}

/** Whether one of the configured cameras has the address of its stream or of its snapshots. */
function isConfigured(
  { streamUrl, snapshotUrl }: Webcam,
  { camera, cameras = [] }: WatchedPrinterConfig,
): boolean {
  const own = [camera, ...cameras].flatMap((one) => ('url' in one ? (URL.parse(one.url)?.href ?? []) : []))
  return own.some((url) => url === streamUrl || url === snapshotUrl)
}

function layerSourceOf({ state, layer, filePosition }: PrinterStatus): LayerSource {
  if (layer !== undefined) return 'printer'
  if (filePosition !== undefined) return 'file'
  return isActive(state) ? 'time' : 'unknown'
}

async function probeCamera(camera: Camera): Promise<CameraFindings> {
  const seen: { frame: Frame; tookMs: number; figures: PictureFigures }[] = []
  const signal = AbortSignal.timeout(timeoutMs)
  while (seen.length < pictures) {
    const askedAtMs = performance.now()
    const frame = await camera.capture(signal)
    seen.push({ frame, tookMs: performance.now() - askedAtMs, figures: await measure(frame.jpeg) })
  }
  const newest = seen.at(-1)
  if (newest === undefined) throw new ProtocolError('no picture')
  const { jpeg } = newest.frame
  const { width, height } = newest.figures
  const takenMs = seen.map(({ frame }) => frame.capturedAtMs)
  const intervalMs = middleOf(takenMs.slice(1).map((ms, index) => ms - (takenMs[index] ?? ms)))
  const frameMs = middleOf(seen.map(({ tookMs }) => tookMs))
  const quality = judgePictures(seen.map(({ figures }) => figures))
  const { description } = camera
  return { description, width, height, bytes: jpeg.length, frameMs, intervalMs, quality, jpeg }
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

async function measure(jpeg: Uint8Array): Promise<PictureFigures> {
  try {
    const picture = sharp(jpeg, { failOn: 'error' })
    const { width, height } = await picture.metadata()
    const size = { width: figureSize, height: figureSize }
    const pixels = await picture
      .resize({ ...size, fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer()
    return { width, height, ...measurePicture(pixels, size) }
  } catch (cause) {
    throw new ProtocolError('what the camera gives is no picture', { cause })
  }
}

/** The first thing that is wrong with pictures like these, were they to go on. */
function judgePictures(figures: readonly PictureFigures[]): QualityVerdict {
  let quality = unknownQuality
  for (let round = 0; round < asIfPictures; round++) {
    const now = figures[round % figures.length]
    if (now === undefined) break
    const [next, verdict] = judgeQuality(quality, now, round * asIfMs)
    if (!verdict.isUsable) return verdict
    quality = next
  }
  return { isUsable: true }
}

async function attempt<T>(work: () => Promise<T>): Promise<Findings<T>> {
  try {
    return { isFound: true, found: await work() }
  } catch (error) {
    return { isFound: false, reason: error instanceof Error ? error.message : String(error) }
  }
}
