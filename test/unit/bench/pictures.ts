import type { Camera } from '../../bench/judge/camera.ts'
import type { Answers, LogOddsMap } from '../../bench/judge/picture.ts'
import type { ScoredFrame } from '../../bench/judge/score.ts'

/** Answers of a small model: 5 × 4 cells, frames scored by the two hottest. */
export const answers: Answers = {
  labels: ['failure', 'spaghetti'],
  width: 5,
  height: 4,
  scoredBy: 0,
  hottestCells: 2,
  cellThreshold: 0.5,
}

export const cellCount = answers.width * answers.height

/** A map that is cold but for its upper left corner, which makes the frame's log-odds. */
export function mapOf(score: number): LogOddsMap {
  const map = new Float32Array(cellCount * answers.labels.length).fill(-8)
  map.fill(score, 0, 2)
  return map
}

export function webcam(name: string, scores: readonly number[]): Camera {
  return { name, source: 'emptydeck-P1', pictures: scores.map(mapOf), scores, frames: scores.length }
}

export function scoredFrame(
  frame: Partial<ScoredFrame> & { file: string; source: string; score: number },
): ScoredFrame {
  return { group: frame.file, isFailing: false, boxes: [], part: 'test', map: mapOf(frame.score), ...frame }
}
