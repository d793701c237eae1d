import type { FrameJudgement } from '../../../device/detector/detector.ts'
import { type Answers, type LogOddsMap, toJudgement } from './picture.ts'
import { type FailingPlan, lookLayers } from './plans.ts'
import type { ScoredFrame } from './score.ts'
import { type Glance, shiftStep } from './stream.ts'

/*
 * A failure that grows before a good camera. The cells of its real, labelled picture take the place of the
 * camera's own, beginning at the hottest of them and spreading from there, until all that lies in the labelled
 * boxes is there. What the picture shows outside its boxes never comes along: only the failure fails.
 */

/** From this many cells on a failure counts as visible: 1 % of the frame, 64 × 48 of 640 × 480 pixels. */
const visibleCells = 4

/** The cells of a failure in the order in which they appear. */
export function spreadOf(failure: ScoredFrame, answers: Answers): number[] {
  const { width, height, scoredBy } = answers
  const cells = width * height
  const inside = Array.from({ length: cells }, (_, cell) => cell).filter((cell) =>
    isInside(cell, failure, answers),
  )
  const heatOf = (cell: number) => failure.map[scoredBy * cells + cell] ?? -Infinity
  const hottest = inside.reduce((best, cell) => (heatOf(cell) > heatOf(best) ? cell : best), inside[0] ?? 0)
  const distanceOf = (cell: number) =>
    Math.hypot((cell % width) - (hottest % width), Math.floor(cell / width) - Math.floor(hottest / width))
  return inside.sort((a, b) => distanceOf(a) - distanceOf(b) || a - b)
}

/** Whether a cell's middle lies in a labelled box; all do where a picture has none. A box has at least a cell. */
function isInside(cell: number, { boxes }: ScoredFrame, { width, height }: Answers): boolean {
  if (boxes.length === 0) return true
  const [x, y] = [cell % width, Math.floor(cell / width)]
  return boxes.some(([left, top, boxWidth, boxHeight]) => {
    const columns = rangeOf(left, boxWidth, width)
    const rows = rangeOf(top, boxHeight, height)
    return x >= columns.first && x <= columns.last && y >= rows.first && y <= rows.last
  })
}

function rangeOf(from: number, size: number, count: number): { first: number; last: number } {
  const first = Math.min(count - 1, Math.max(0, Math.round(from * count)))
  return { first, last: Math.max(first, Math.min(count - 1, Math.round((from + size) * count) - 1)) }
}

/** When a failure of a plan can be seen, in seconds of the print. */
export function visibleFrom(plan: FailingPlan, answers: Answers): number {
  const count = spreadOf(plan.failure, answers).length
  return plan.onsetSeconds + plan.growthSeconds * Math.min(1, visibleCells / count)
}

/** Makes the judgements of a failing print from its onset on. */
export function openFailure(
  plan: FailingPlan,
  answers: Answers,
): (glance: Glance, atSeconds: number) => FrameJudgement {
  const looks = [plan.failure, ...plan.laterLooks].map((failure) => ({
    map: failure.map,
    spread: spreadOf(failure, answers),
  }))
  const known = new Map<string, FrameJudgement>()
  return (glance, atSeconds) => {
    const since = atSeconds - plan.onsetSeconds
    const turn = Math.floor(since / (lookLayers * plan.layerSeconds))
    const index = Math.min(looks.length - 1, turn)
    const look = looks[index]
    const share = Math.min(1, since / plan.growthSeconds)
    const grown = Math.max(1, Math.ceil(share * (look?.spread.length ?? 0)))
    const key = `${glance.picture} ${Math.round(glance.shift / shiftStep)} ${index} ${grown}`
    const before = known.get(key)
    if (before) return before
    const base = plan.camera.pictures[glance.picture] ?? new Float32Array(0)
    const joined = look ? join({ base, failing: look.map }, look.spread.slice(0, grown), answers) : base
    const made = toJudgement(joined, answers, glance.shift)
    // Bounded: a growing failure passes every size once.
    if (known.size > 500) known.clear()
    known.set(key, made)
    return made
  }
}

/** The camera's map with the failure's cells, of every label, in their place. */
function join(
  { base, failing }: { base: LogOddsMap; failing: LogOddsMap },
  cells: readonly number[],
  { width, height, labels }: Answers,
): LogOddsMap {
  const joined = base.slice()
  for (let label = 0; label < labels.length; label++) {
    const first = label * width * height
    for (const cell of cells) joined[first + cell] = failing[first + cell] ?? 0
  }
  return joined
}
