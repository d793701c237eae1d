import type { Defect, Detection } from '@layerwatch/shared/vocabulary.ts'
import type { DefectMap, FrameJudgement } from '../detector/detector.ts'

/*
 * Gathers what the frames of one layer show. A frame whose picture was judged unusable is counted, but says
 * nothing about the print.
 */

/** What one usable frame says. */
export interface Sight {
  /** Seconds of printing when the frame was taken. */
  readonly atSeconds: number
  /** Calibrated probability of failure, at even odds before looking. */
  readonly score: number
  /** Share of the frame, 0..1, whose cells are more likely failing than not. */
  readonly area: number
  /** Probability of the hottest cell per defect. */
  readonly defects: Readonly<Partial<Record<Defect, number>>>
  readonly detections: readonly Detection[]
}

export interface LayerReport {
  readonly layer: number
  readonly beganSeconds: number
  readonly endedSeconds: number
  /** Usable frames, and frames that could not be judged. */
  readonly frames: number
  readonly unusable: number
  /** Log-odds of failure, and of each defect, added over the usable frames. */
  readonly logOddsSum: number
  readonly defectSums: Readonly<Partial<Record<Defect, number>>>
  readonly worst?: Sight
  readonly newest?: Sight
}

/** Boxes kept of one frame: what an event carries. */
const maxDetections = 32

export function startReport(layer: number, atSeconds: number): LayerReport {
  return {
    layer,
    beganSeconds: atSeconds,
    endedSeconds: atSeconds,
    frames: 0,
    unusable: 0,
    logOddsSum: 0,
    defectSums: {},
  }
}

/** Turns the detector's judgement into a sight. */
export function seeFrame(judgement: FrameJudgement, atSeconds: number): Sight {
  const failing = failureMap(judgement)
  const hot = failing ? failing.cells.reduce((count, cell) => count + (cell >= 0.5 ? 1 : 0), 0) : 0
  return {
    atSeconds,
    score: judgement.score,
    area: failing && failing.cells.length > 0 ? hot / failing.cells.length : 0,
    defects: Object.fromEntries(judgement.maps.map((map) => [map.label, maxOf(map.cells)])),
    detections: judgement.detections.slice(0, maxDetections),
  }
}

/** The map of failure of any kind. */
export function failureMap({ maps }: FrameJudgement): DefectMap | undefined {
  return maps.find((map) => map.label === 'failure') ?? maps[0]
}

/** The report with one more usable frame. */
export function addSight(report: LayerReport, sight: Sight): LayerReport {
  const defectSums: Partial<Record<Defect, number>> = { ...report.defectSums }
  for (const [label, score] of entries(sight.defects)) {
    defectSums[label] = (defectSums[label] ?? 0) + logOdds(score)
  }
  return {
    ...report,
    endedSeconds: Math.max(report.endedSeconds, sight.atSeconds),
    frames: report.frames + 1,
    logOddsSum: report.logOddsSum + logOdds(sight.score),
    defectSums,
    worst: report.worst && report.worst.score >= sight.score ? report.worst : sight,
    newest: sight,
  }
}

/** The report with one more frame that could not be judged. */
export function addUnusable(report: LayerReport, atSeconds: number): LayerReport {
  return {
    ...report,
    endedSeconds: Math.max(report.endedSeconds, atSeconds),
    unusable: report.unusable + 1,
  }
}

/** Evidence per defect over the layer, 0..1: the mean of its frames in log-odds. */
export function defectEvidence(report: LayerReport): Record<string, number> {
  if (report.frames === 0) return {}
  return Object.fromEntries(
    entries(report.defectSums).map(([label, sum]) => [label, round(probability(sum / report.frames))]),
  )
}

const maxLogOdds = 6

/** ln(p / (1 − p)), bounded so that no single number weighs without limit. Anything but a number is 0. */
export function logOdds(p: number): number {
  if (Number.isNaN(p)) return 0
  return Math.min(maxLogOdds, Math.max(-maxLogOdds, Math.log(p / (1 - p))))
}

export function probability(logOddsValue: number): number {
  return 1 / (1 + Math.exp(-logOddsValue))
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

function maxOf(cells: Float32Array): number {
  return cells.reduce((most, cell) => Math.max(most, cell), 0)
}

function entries(record: Readonly<Partial<Record<Defect, number>>>): [Defect, number][] {
  return Object.entries(record).filter((entry): entry is [Defect, number] => entry[1] !== undefined)
}
