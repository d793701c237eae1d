import { type Grid, isMaskedAt, type Mask, maskedCells } from '@layerwatch/shared/mask.ts'
import type { Defect, Detection } from '@layerwatch/shared/vocabulary.ts'
import type { DefectMap, FrameJudgement } from '../detector/detector.ts'
import { averageHottest } from './cells.ts'
import type { Decision } from './decide.ts'
import { coldest, hottest } from './scene.ts'

/*
 * What one frame says, and what the frames of one layer say together. A frame whose picture was judged unusable is
 * counted, but says nothing about the print.
 */

/** A map in log-odds of failure at even odds, within `coldest` and `hottest`. */
export interface HeatMap extends Grid {
  readonly cells: Readonly<Float32Array>
}

/** What one usable frame says. */
export interface Sight {
  /** Seconds of printing when the frame was taken. */
  readonly atSeconds: number
  /** Calibrated probability of failure, at even odds before looking, of what the mask leaves. */
  readonly score: number
  readonly heat: HeatMap
  /** The detector's maps, probabilities. */
  readonly defectMaps: readonly DefectMap[]
  readonly detections: readonly Detection[]
}

export interface LayerReport {
  readonly layer: number
  readonly beganSeconds: number
  readonly endedSeconds: number
  /** Usable frames, and frames that could not be judged. */
  readonly frames: number
  readonly unusable: number
  /** Highest evidence for each defect while the layer was printed, 0..1. */
  readonly defects: Readonly<Partial<Record<Defect, number>>>
  /** The frame that looks most like failing, and the newest. */
  readonly worst?: Sight
  readonly newest?: Sight
}

/** Boxes kept of one frame: what an event carries. */
const maxDetections = 32
/** The frame's log-odds are the mean of this many hottest cells, as in the shipped model's manifest. */
const shippedHottestCells = 6

export function startReport(layer: number, atSeconds: number): LayerReport {
  return { layer, beganSeconds: atSeconds, endedSeconds: atSeconds, frames: 0, unusable: 0, defects: {} }
}

/** What the detector said, as it is looked at: what the owner wants ignored, and how the model scores frames. */
export interface View {
  readonly mask?: Mask | undefined
  readonly hottestCells?: number | undefined
}

/** Turns the detector's judgement into a sight. Masked cells say nothing; without a mask the score is the detector's. */
export function seeFrame(judgement: FrameJudgement, atSeconds: number, view: View = {}): Sight {
  const { mask, hottestCells = shippedHottestCells } = view
  const failing = failureMap(judgement)
  const grid = failing ?? { width: 0, height: 0 }
  const masked = mask ? maskedCells(mask, grid) : new Set<number>()
  const cells = toLogOdds(failing?.cells ?? new Float32Array(0), masked)
  return {
    atSeconds,
    score: masked.size > 0 ? probability(averageHottest(cells, hottestCells)) : judgement.score,
    heat: { width: grid.width, height: grid.height, cells },
    defectMaps: judgement.maps,
    detections: judgement.detections.filter((one) => !isMasked(one, mask)).slice(0, maxDetections),
  }
}

/** A map in log-odds, all of it. */
export function toHeat({ width, height, cells }: DefectMap): HeatMap {
  return { width, height, cells: toLogOdds(cells, new Set()) }
}

/** The map of failure of any kind. */
export function failureMap({ maps }: FrameJudgement): DefectMap | undefined {
  return maps.find((map) => map.label === 'failure') ?? maps[0]
}

/** The report with one more usable frame and what was decided after it. */
export function addSight(report: LayerReport, sight: Sight, decision: Decision): LayerReport {
  const defects: Partial<Record<Defect, number>> = { ...report.defects }
  for (const [defect, evidence] of entries(decision.defects)) {
    defects[defect] = Math.max(defects[defect] ?? 0, evidence)
  }
  return {
    ...report,
    endedSeconds: Math.max(report.endedSeconds, sight.atSeconds),
    frames: report.frames + 1,
    defects,
    worst: report.worst && report.worst.score >= sight.score ? report.worst : sight,
    newest: report.newest && report.newest.atSeconds > sight.atSeconds ? report.newest : sight,
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

function toLogOdds(probabilities: Readonly<Float32Array>, masked: ReadonlySet<number>): Float32Array {
  const cells = new Float32Array(probabilities.length)
  for (let cell = 0; cell < cells.length; cell++) {
    cells[cell] = masked.has(cell) ? coldest : logOdds(probabilities[cell] ?? 0)
  }
  return cells
}

/** ln(p / (1 − p)) within bounds. Anything but a number says nothing. */
function logOdds(p: number): number {
  if (Number.isNaN(p)) return coldest
  return Math.min(hottest, Math.max(coldest, Math.log(p / (1 - p))))
}

function probability(logOddsValue: number): number {
  return 1 / (1 + Math.exp(-logOddsValue))
}

/** A box is masked where its middle is. */
function isMasked({ box: [left, top, width, height] }: Detection, mask: Mask | undefined): boolean {
  return mask !== undefined && isMaskedAt(mask, left + width / 2, top + height / 2)
}

function entries(record: Readonly<Partial<Record<Defect, number>>>): [Defect, number][] {
  return Object.entries(record).filter((entry): entry is [Defect, number] => entry[1] !== undefined)
}
