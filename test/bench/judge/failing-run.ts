import { mixSeed } from '../../../device/simulator/random.ts'
import type { Camera } from './camera.ts'
import { openLook, usualScoreOf } from './good-run.ts'
import { openFailure, visibleFrom } from './growth.ts'
import { type Known, type Sensitivity, watchLikeLayerwatch } from './layerwatch.ts'
import { openPassing, type Passing } from './passing.ts'
import type { Answers } from './picture.ts'
import type { FailingPlan } from './plans.ts'
import { type Look, type Rule, type SeenFrame, seeOnce } from './rule.ts'
import { openStream } from './stream.ts'

/*
 * Failing prints streamed past every rule: how long each lets the failure go on.
 */

/** Who decides: Layerwatch at a sensitivity, or another project's rule at a threshold. */
export type Decider =
  | {
      readonly kind: 'layerwatch'
      readonly name: string
      readonly sensitivity: Sensitivity
      readonly known?: ReadonlyMap<Camera, Known>
    }
  | { readonly kind: 'rule'; readonly name: string; readonly rule: Rule; readonly threshold: number }

export interface FailingRun {
  readonly prints: readonly FailingPlan[]
  readonly cameras: readonly Camera[]
  readonly correlationSeconds: number
  readonly intervalSeconds: number
  readonly answers: Answers
  readonly deciders: readonly Decider[]
  readonly passing?: Passing
  readonly say: (progress: string) => void
}

export interface WatchedFailure {
  readonly plan: FailingPlan
  readonly visibleSeconds: number
  /** From visible to the pause, 0 where it came before; Infinity where the print ended first. */
  readonly delaySeconds: number
  /** Pauses before the failure began: false ones, each looked at and resumed. */
  readonly falsePauses: number
}

/** What each decider did to each failing print. */
export function runFailingPrints(run: FailingRun): Map<Decider, WatchedFailure[]> {
  const results = new Map(run.deciders.map((decider) => [decider, [] as WatchedFailure[]]))
  const looks = new Map(run.cameras.map((camera) => [camera, openLook(camera, run.answers)]))
  run.prints.forEach((plan, at) => {
    const seed = mixSeed(plan.seed, run.correlationSeconds, run.intervalSeconds)
    const stream = openStream(plan.camera, run.correlationSeconds, seed)
    const pass = openPassing(run.passing, run.intervalSeconds, seed)
    const lookGood = looks.get(plan.camera) ?? openLook(plan.camera, run.answers)
    const fail = openFailure(plan, run.answers)
    const frames = framesOf(plan, run.intervalSeconds, (atSeconds) => {
      const glance = stream(run.intervalSeconds)
      const passing = pass()
      if (passing) return passing
      return atSeconds < plan.onsetSeconds ? lookGood(glance) : seeOnce(fail(glance, atSeconds))
    })
    const visibleSeconds = visibleFrom(plan, run.answers)
    for (const decider of run.deciders) {
      results
        .get(decider)
        ?.push({ plan, visibleSeconds, ...decide(decider, frames, { plan, visibleSeconds }) })
    }
    if (at % 100 === 99) run.say(`${at + 1} of ${run.prints.length} failing prints`)
  })
  return results
}

function framesOf(
  plan: FailingPlan,
  intervalSeconds: number,
  look: (atSeconds: number) => Look,
): SeenFrame[] {
  const frames: SeenFrame[] = []
  for (let atSeconds = intervalSeconds; atSeconds <= plan.seconds; atSeconds += intervalSeconds) {
    frames.push({ ...look(atSeconds), atSeconds, layer: Math.floor(atSeconds / plan.layerSeconds) + 1 })
  }
  return frames
}

function decide(
  decider: Decider,
  frames: readonly SeenFrame[],
  { plan, visibleSeconds }: { plan: FailingPlan; visibleSeconds: number },
): { delaySeconds: number; falsePauses: number } {
  const { see, resume } = openDecider(decider, plan.camera)
  let falsePauses = 0
  for (const frame of frames) {
    if (!see(frame)) continue
    if (frame.atSeconds >= plan.onsetSeconds) {
      return { delaySeconds: Math.max(0, frame.atSeconds - visibleSeconds), falsePauses }
    }
    falsePauses++
    resume()
  }
  return { delaySeconds: Infinity, falsePauses }
}

/** Says of each frame whether the print is paused at it. */
export function openDecider(
  decider: Decider,
  camera?: Camera,
): { see: (frame: SeenFrame) => boolean; resume: () => void } {
  if (decider.kind === 'layerwatch') {
    const watch = watchLikeLayerwatch(decider.sensitivity, camera && decider.known?.get(camera))
    return { see: (frame) => watch.see(frame) === 'pause', resume: () => watch.resume() }
  }
  const usualScore = camera ? usualScoreOf(camera) : 0
  let gauge = decider.rule.start(usualScore)
  return {
    see: (frame) => gauge(frame) >= decider.threshold,
    resume: () => {
      gauge = decider.rule.start(usualScore)
    },
  }
}
