import type { FrameJudgement } from '../../../device/detector/detector.ts'

/** One frame as any rule may look at it. */
export interface SeenFrame {
  /** Seconds of printing. */
  readonly atSeconds: number
  readonly layer: number
  readonly judgement: FrameJudgement
  /** Calibrated probability of failure, 0..1. */
  readonly score: number
  /** Middle of the hottest cell of the failure map, 0..1 of the frame. */
  readonly place: { readonly x: number; readonly y: number }
}

/**
 * Another project's way to decide, as one number a frame: it pauses at the first frame whose number reaches a
 * threshold. So one pass over a stream gives its pauses at every threshold, and rules can be compared at equal
 * false pauses. A rule begins anew with each print, and after a pause.
 */
export interface Rule {
  readonly name: string
  /** The public page that describes it. */
  readonly page: string
  /** The threshold its project documents, or the one nearest to it where scores differ in kind. */
  readonly documented: number
  /** @param usualScore mean score of this camera over the prints before, for rules that remember them. */
  start(usualScore: number): (frame: Glimpse) => number
}

/** What the others' rules look at. */
export type Glimpse = Pick<SeenFrame, 'atSeconds' | 'score' | 'place'>

/** A frame without its moment. */
export type Look = Pick<SeenFrame, 'judgement' | 'score' | 'place'>

/** Looks at a judgement once for all rules. */
export function seeOnce(judgement: FrameJudgement): Look {
  const map = judgement.maps.find(({ label }) => label === 'failure') ?? judgement.maps[0]
  let hottest = 0
  map?.cells.forEach((heat, cell) => {
    if (heat > (map.cells[hottest] ?? 0)) hottest = cell
  })
  const [width, height] = [map?.width ?? 1, map?.height ?? 1]
  const place = { x: ((hottest % width) + 0.5) / width, y: (Math.floor(hottest / width) + 0.5) / height }
  return { judgement, score: judgement.score, place }
}
