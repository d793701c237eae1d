import type { Defect, Detection } from '@layerwatch/shared/vocabulary.ts'
import { findDetections } from '../../../device/detector/boxes.ts'
import type { FrameJudgement } from '../../../device/detector/detector.ts'
import type { ModelManifest } from '../../../device/detector/manifest.ts'

/*
 * What the detector says of a picture, as log-odds that can be shifted, joined and kept in a file, and back.
 */

/** The shape of a model's answers, which all pictures of a run share. */
export interface Answers {
  readonly labels: readonly Defect[]
  readonly width: number
  readonly height: number
  /** Index of the label that frames are scored by, and by how many of its hottest cells. */
  readonly scoredBy: number
  readonly hottestCells: number
  readonly cellThreshold: number
}

/** Calibrated log-odds of every cell, one label after the other. */
export type LogOddsMap = Float32Array

export function answersOf({ labels, map, frameScore, boxes }: ModelManifest): Answers {
  return {
    labels,
    ...map,
    scoredBy: labels.indexOf(frameScore.channel),
    hottestCells: frameScore.hottestCells,
    cellThreshold: boxes.cellThreshold,
  }
}

/** Probabilities are told apart up to here: float32 has no more digits near 1. */
const utmost = 15

/** Takes a judgement's maps apart. */
export function toLogOdds(judgement: FrameJudgement, answers: Answers): LogOddsMap {
  const cells = answers.width * answers.height
  const map = new Float32Array(cells * answers.labels.length)
  answers.labels.forEach((label, index) => {
    const found = judgement.maps.find((one) => one.label === label)
    for (let cell = 0; cell < cells; cell++) {
      const p = found?.cells[cell] ?? 0
      map[index * cells + cell] = Math.min(utmost, Math.max(-utmost, Math.log(p / (1 - p))))
    }
  })
  return map
}

/** The frame's own log-odds: the mean of the hottest cells, as the model's manifest says. */
export function scoreOf(map: LogOddsMap, { width, height, scoredBy, hottestCells }: Answers): number {
  const cells = width * height
  const hottest = new Float64Array(Math.min(hottestCells, cells)).fill(-Infinity)
  for (let cell = 0; cell < cells; cell++) {
    const heat = map[scoredBy * cells + cell] ?? -Infinity
    if (heat <= (hottest[0] ?? 0)) continue
    // Kept in rising order: the coolest of them is the one to leave.
    let slot = 0
    while (slot + 1 < hottest.length && (hottest[slot + 1] ?? Infinity) < heat) {
      hottest[slot] = hottest[slot + 1] ?? 0
      slot++
    }
    hottest[slot] = heat
  }
  return hottest.reduce((sum, heat) => sum + heat, 0) / hottest.length
}

/** Pictures on which nothing of these figures is judged. */
const figures: FrameJudgement['figures'] = {
  width: 640,
  height: 480,
  brightness: 110,
  darkShare: 0.02,
  brightShare: 0.02,
  sharpness: 400,
  fineness: 0.24,
  thumbnail: new Uint8Array(64 * 64),
}

/** Puts a judgement together again, every cell shifted by the same log-odds. */
export function toJudgement(map: LogOddsMap, answers: Answers, shift = 0): FrameJudgement {
  const { labels, width, height } = answers
  const cells = width * height
  const shifted = shift === 0 ? map : map.map((logOdds) => logOdds + shift)
  const score = probability(scoreOf(shifted, answers))
  const maps = labels.map((label, index) => ({
    label,
    width,
    height,
    cells: shifted.subarray(index * cells, (index + 1) * cells).map(probability),
  }))
  return { score, detections: boxesOf(shifted, answers), maps, figures, decodeMs: 0, inferMs: 0 }
}

/** Boxes as the detector itself finds them; the log-odds are calibrated already. */
function boxesOf(map: LogOddsMap, answers: Answers): Detection[] {
  const { labels, width, height, scoredBy, hottestCells, cellThreshold } = answers
  const cells = width * height
  const threshold = Math.log(cellThreshold / (1 - cellThreshold))
  let isAnyHot = false
  for (let cell = 0; cell < cells && !isAnyHot; cell++)
    isAnyHot = (map[scoredBy * cells + cell] ?? 0) >= threshold
  if (!isAnyHot) return []
  const interleaved = new Float32Array(map.length)
  for (let label = 0; label < labels.length; label++) {
    for (let cell = 0; cell < cells; cell++) {
      interleaved[cell * labels.length + label] = map[label * cells + cell] ?? 0
    }
  }
  const channel = labels[scoredBy] ?? 'failure'
  return findDetections(interleaved, {
    ...unusedParts,
    labels: [...labels],
    map: { width, height },
    frameScore: { channel, hottestCells },
    boxes: { cellThreshold },
  })
}

/** What `findDetections` reads of no manifest, or what says that nothing is left to calibrate. */
const unusedParts = {
  version: 'bench',
  input: { width: 320, height: 320, layout: 'NHWC', range: [0, 255] },
  calibration: { slope: 1, intercept: 0 },
  sha256: '',
  files: { tfjs: { path: '', files: {} }, onnx: { path: '', sha256: '' } },
  reference: { path: '', tolerance: 1 },
} satisfies Partial<ModelManifest>

export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
