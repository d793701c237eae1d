import type { Camera } from './camera.ts'
import { type GoodResult, type GoodRun, runGoodPrints } from './good-run.ts'
import { defaultSensitivity, sensitivities } from './layerwatch.ts'
import type { Passing } from './passing.ts'
import { toJudgement } from './picture.ts'
import { planGoodPrints } from './plans.ts'
import { seeOnce } from './rule.ts'
import type { Setup } from './setup.ts'

/*
 * Which good streams are run: each correlation, and one with sights that pass.
 */

/** Times after which a score has mostly forgotten what it was; the worst of them counts. */
export const correlations = [10, 60, 300] as const
export const mainCorrelation = 60
export const mainInterval = 5
const passingPerHour = 1

/** Good streams, for this section and for the thresholds of the next. */
export interface GoodStreams {
  readonly byCorrelation: ReadonlyMap<number, GoodResult>
  readonly passing: GoodResult
}

export function streamGood(setup: Setup): GoodStreams {
  const byCorrelation = new Map(
    correlations.map((correlationSeconds) => {
      const steps = correlationSeconds === mainCorrelation ? sensitivities : [defaultSensitivity]
      return [correlationSeconds, runGoodPrints(planRun(setup, { correlationSeconds, sensitivities: steps }))]
    }),
  )
  return { byCorrelation, passing: streamPassing(setup) }
}

type Variation = Pick<GoodRun, 'correlationSeconds' | 'sensitivities'> &
  Partial<Pick<GoodRun, 'intervalSeconds' | 'passing' | 'known'>> & {
    cameras?: readonly Camera[]
    hours?: number
  }

export function planRun(setup: Setup, variation: Variation): GoodRun {
  const { hours = setup.hours, cameras = setup.cameras, ...other } = variation
  const prints = planGoodPrints(cameras, hours, setup.seed)
  const name = `good, ${other.correlationSeconds} s`
  const say = (progress: string) => setup.say(`${name}: ${progress}`)
  return { prints, intervalSeconds: mainInterval, answers: setup.answers, say, ...other }
}

/** Good streams with sights that pass, for the row of their own and for thresholds under them. */
function streamPassing(setup: Setup): GoodResult {
  const variation = { correlationSeconds: mainCorrelation, sensitivities: [defaultSensitivity] }
  return runGoodPrints(planRun(setup, { ...variation, hours: setup.hours / 2, passing: passingOf(setup) }))
}

export function passingOf({ failures, answers }: Setup): Passing {
  return { perHour: passingPerHour, looks: failures.map(({ map }) => seeOnce(toJudgement(map, answers))) }
}
