import { quantile } from '../figure.ts'
import { thresholdFor } from './equal-pauses.ts'
import { type Decider, runFailingPrints, type WatchedFailure } from './failing-run.ts'
import type { GoodResult } from './good-run.ts'
import { mainCorrelation, mainInterval, passingOf } from './good-streams.ts'
import { defaultSensitivity } from './layerwatch.ts'
import type { Passing } from './passing.ts'
import { type Onset, planFailingPrints } from './plans.ts'
import { rules } from './rules.ts'
import type { ScoredFrame } from './score.ts'
import type { Setup } from './setup.ts'

/*
 * Which failing streams are run, by whom they are judged, and how long failures go on in them.
 */

export const layerwatch: Decider = { kind: 'layerwatch', name: 'Layerwatch', sensitivity: defaultSensitivity }

export interface FailingWishes {
  readonly correlationSeconds: number
  readonly deciders: readonly Decider[]
  readonly onset?: Onset
  readonly looks?: 'one' | 'changing'
  readonly failures?: readonly ScoredFrame[]
  readonly count?: number
  readonly intervalSeconds?: number
  readonly passing?: Passing
}

export function streamFailing(setup: Setup, wishes: FailingWishes): Map<Decider, WatchedFailure[]> {
  const { onset = 'later', looks = 'one', failures = setup.failures, count = setup.failing } = wishes
  const { correlationSeconds, deciders, intervalSeconds = mainInterval, passing } = wishes
  const { cameras, answers, seed } = setup
  const prints = planFailingPrints({ cameras, failures, count, onset, looks, seed })
  const say = (progress: string) =>
    setup.say(`failing (${onset}, ${looks} look), ${correlationSeconds} s: ${progress}`)
  const run = { prints, cameras, correlationSeconds, intervalSeconds, answers, deciders, say }
  return runFailingPrints(passing ? { ...run, passing } : run)
}

/** The others' rules, each at the threshold that pauses good prints as often as Layerwatch does. */
export function othersAtEqualPauses(result: GoodResult | undefined): Decider[] {
  const prints = result?.watched.get(defaultSensitivity) ?? []
  const pauses = prints.reduce((sum, one) => sum + one.pauses.length, 0)
  const recorded = result?.recorded ?? []
  return rules.map((rule) => ({
    kind: 'rule',
    name: rule.name,
    rule,
    threshold: thresholdFor(rule, recorded, pauses),
  }))
}

/** Deciders on the same failing prints. */
export interface Comparison {
  readonly name: string
  readonly results: ReadonlyMap<Decider, readonly WatchedFailure[]>
}

/** The same where once an hour one frame of another failing print comes by, in good streams and failing ones. */
export function comparePassing(setup: Setup, good: GoodResult): Comparison {
  const deciders = [layerwatch, ...othersAtEqualPauses(good)]
  const wishes = { correlationSeconds: mainCorrelation, deciders, passing: passingOf(setup) }
  return {
    name: `correlation ${mainCorrelation} s, with sights that pass`,
    results: streamFailing(setup, wishes),
  }
}

/** How long failures go on: those not found do so until the print ends. */
export function meanDelay(run: readonly WatchedFailure[]): number {
  const lasted = run.map((one) => Math.min(one.delaySeconds, one.plan.seconds - one.visibleSeconds))
  return lasted.reduce((sum, seconds) => sum + seconds, 0) / lasted.length
}

export function medianDelay(run: readonly WatchedFailure[]): number {
  return quantile(
    run.map(({ delaySeconds }) => delaySeconds),
    0.5,
  )
}
