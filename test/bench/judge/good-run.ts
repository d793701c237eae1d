import { mixSeed } from '../../../device/simulator/random.ts'
import type { Camera } from './camera.ts'
import { type Known, type Sensitivity, watchLikeLayerwatch } from './layerwatch.ts'
import { openPassing, type Passing } from './passing.ts'
import { type Answers, probability } from './picture.ts'
import type { PrintPlan } from './plans.ts'
import { type Look, seeOnce } from './rule.ts'
import { openStream, openView } from './stream.ts'

/*
 * Good prints streamed past Layerwatch: each pause is a false one. What the others' rules need of the same
 * streams is written down for them.
 */

export interface GoodRun {
  readonly prints: readonly PrintPlan[]
  readonly correlationSeconds: number
  readonly intervalSeconds: number
  readonly answers: Answers
  readonly sensitivities: readonly Sensitivity[]
  readonly passing?: Passing
  /** What earlier prints told of cameras. */
  readonly known?: ReadonlyMap<Camera, Known>
  readonly say: (progress: string) => void
}

/** What Layerwatch did to one good print at one sensitivity. */
export interface WatchedGood {
  readonly print: PrintPlan
  /** Seconds of the print at each pause; its owner looks and resumes each time. */
  readonly pauses: readonly number[]
  readonly warnings: number
}

/** A stream as the others' rules look at it, a number a frame. */
export interface RecordedPrint {
  readonly usualScore: number
  readonly intervalSeconds: number
  readonly scores: Float64Array
  /** Where the hottest cell is, 0..1 of the frame. */
  readonly xs: Float32Array
  readonly ys: Float32Array
}

export interface GoodResult {
  readonly hours: number
  readonly watched: ReadonlyMap<Sensitivity, readonly WatchedGood[]>
  readonly recorded: readonly RecordedPrint[]
}

export function runGoodPrints(run: GoodRun): GoodResult {
  const watched = new Map(run.sensitivities.map((one) => [one, [] as WatchedGood[]]))
  const recorded: RecordedPrint[] = []
  // A camera's prints come one after the other, so that its judgements are made once and then forgotten.
  for (const [camera, prints] of Map.groupBy(run.prints, (print) => print.camera)) {
    const look = openLook(camera, run.answers)
    for (const print of prints) {
      const seed = mixSeed(print.seed, run.correlationSeconds, run.intervalSeconds)
      const stream = openStream(camera, run.correlationSeconds, seed)
      const pass = openPassing(run.passing, run.intervalSeconds, seed)
      const shown = { print, look: () => pass() ?? look(stream(run.intervalSeconds)) }
      recorded.push(streamPrint(shown, run, watched))
    }
    run.say(`${camera.name} done`)
  }
  const seconds = run.prints.reduce((sum, print) => sum + print.seconds, 0)
  return { hours: seconds / 3600, watched, recorded }
}

/** Looks at glances of a camera, each once. */
export function openLook(
  camera: Camera,
  answers: Answers,
): (glance: Parameters<ReturnType<typeof openView>>[0]) => Look {
  const view = openView(camera, answers)
  const looks = new Map<ReturnType<typeof view>, Look>()
  return (glance) => {
    const judgement = view(glance)
    const before = looks.get(judgement)
    if (before) return before
    const look = seeOnce(judgement)
    looks.set(judgement, look)
    return look
  }
}

/** What a camera's score is on the mean, for rules that remember earlier prints. */
export function usualScoreOf({ scores }: Camera): number {
  return scores.reduce((sum, score) => sum + probability(score), 0) / scores.length
}

function streamPrint(
  { print, look }: { print: PrintPlan; look: () => Look },
  { intervalSeconds, sensitivities, known }: GoodRun,
  watched: Map<Sensitivity, WatchedGood[]>,
): RecordedPrint {
  const watches = sensitivities.map((one) => ({
    one,
    watch: watchLikeLayerwatch(one, known?.get(print.camera)),
    pauses: [] as number[],
    warnings: 0,
  }))
  const recorded = emptyRecord(print, intervalSeconds)
  for (let at = 0; at < recorded.scores.length; at++) {
    const atSeconds = (at + 1) * intervalSeconds
    const frame = { ...look(), atSeconds, layer: Math.floor(atSeconds / print.layerSeconds) + 1 }
    recorded.scores[at] = frame.score
    recorded.xs[at] = frame.place.x
    recorded.ys[at] = frame.place.y
    for (const watching of watches) {
      const seen = watching.watch.see(frame)
      if (seen === 'warn') watching.warnings++
      if (seen !== 'pause') continue
      watching.pauses.push(atSeconds)
      watching.watch.resume()
    }
  }
  for (const { one, pauses, warnings } of watches) watched.get(one)?.push({ print, pauses, warnings })
  return recorded
}

function emptyRecord({ seconds, camera }: PrintPlan, intervalSeconds: number): RecordedPrint {
  const frames = Math.floor(seconds / intervalSeconds)
  return {
    usualScore: usualScoreOf(camera),
    intervalSeconds,
    scores: new Float64Array(frames),
    xs: new Float32Array(frames),
    ys: new Float32Array(frames),
  }
}
