import { failuresPerHour } from '@layerwatch/shared/sensitivity.ts'
import { createRandom, mixSeed } from '../../../device/simulator/random.ts'
import { openLook } from './good-run.ts'
import { mainCorrelation, mainInterval } from './good-streams.ts'
import { openFailure } from './growth.ts'
import { defaultSensitivity, watchLikeLayerwatch } from './layerwatch.ts'
import { type FailingPlan, type PrintPlan, planFailingPrints, planGoodPrints } from './plans.ts'
import type { Section } from './report.ts'
import { type Look, seeOnce } from './rule.ts'
import type { Setup } from './setup.ts'
import { openStream } from './stream.ts'

/*
 * Whether the probability that a print will fail is what it says. Each print is looked at once, at a moment drawn
 * evenly; failing prints and good ones weigh as the stated prior has it. A print that was paused before that moment
 * is looked at when it is paused.
 */

/** Share of prints that fail: failures come at a stated rate, prints take four hours on the mean. */
const failingShare = 4 * failuresPerHour
const edges = [0, 0.01, 0.03, 0.1, 0.3, 0.7, 1] as const
/** Hours of good prints, a mean one being some three long. */
const hoursAPrint = 2.7

interface Told {
  readonly probability: number
  readonly weight: number
  readonly fails: boolean
}

export function measureReliability(setup: Setup): Section {
  const { cameras, failures, seed } = setup
  const count = setup.failing
  const bad = planFailingPrints({ cameras, failures, count, onset: 'later', looks: 'one', seed: seed + 1 })
  const good = planGoodPrints(cameras, count * hoursAPrint, seed + 1)
  const told = [
    ...bad.map((plan): Told => {
      const probability = askAt(plan, setup, openFailing(plan, setup))
      return { probability, fails: true, weight: failingShare / bad.length }
    }),
    ...good.map((plan): Told => {
      const look = openLook(plan.camera, setup.answers)
      const stream = openStream(plan.camera, mainCorrelation, plan.seed)
      const probability = askAt(plan, setup, () => look(stream(mainInterval)))
      return { probability, fails: false, weight: (1 - failingShare) / good.length }
    }),
  ]
  const bins = edges.slice(1).map((to, i) => summarize(told, edges[i] ?? 0, to))
  const error = bins.reduce((sum, bin) => sum + bin.weight * Math.abs(bin.said - bin.failed || 0), 0)
  return {
    figures: [
      {
        name: 'probability that the print will fail: expected calibration error at the stated prior (modelled)',
        value: error,
        unit: '',
        detail: `${bad.length} failing and ${good.length} good prints at a moment drawn for each; one in ${1 / failingShare} fails`,
      },
    ],
    tables: [
      {
        title: 'Probability that the print will fail, against what came of it (modelled)',
        columns: ['said', 'share of prints', 'said on the mean', 'failed', 'failing', 'good'],
        rows: bins.map(({ from, to, weight, said, failed, failing, others }) => [
          `${from} to ${to}`,
          weight,
          said,
          failed,
          failing,
          others,
        ]),
      },
    ],
  }
}

/** What a print's owner is told at a moment drawn evenly, or when it is paused before. */
function askAt(plan: PrintPlan, { seed }: Setup, look: (atSeconds: number) => Look): number {
  const until = plan.seconds * createRandom(mixSeed('ask', seed, plan.seed)).next()
  const watch = watchLikeLayerwatch(defaultSensitivity)
  for (
    let atSeconds = mainInterval;
    atSeconds <= Math.max(until, 4 * mainInterval);
    atSeconds += mainInterval
  ) {
    const layer = Math.floor(atSeconds / plan.layerSeconds) + 1
    if (watch.see({ ...look(atSeconds), atSeconds, layer }) === 'pause') break
  }
  return watch.failureProbability
}

function openFailing(plan: FailingPlan, { answers }: Setup): (atSeconds: number) => Look {
  const look = openLook(plan.camera, answers)
  const stream = openStream(plan.camera, mainCorrelation, plan.seed)
  const fail = openFailure(plan, answers)
  return (atSeconds) => {
    const glance = stream(mainInterval)
    return atSeconds < plan.onsetSeconds ? look(glance) : seeOnce(fail(glance, atSeconds))
  }
}

function summarize(told: readonly Told[], from: number, to: number) {
  const own = told.filter(({ probability }) => probability >= from && (probability < to || to === 1))
  const weight = own.reduce((sum, one) => sum + one.weight, 0)
  const meanOf = (value: (one: Told) => number) =>
    own.reduce((sum, one) => sum + one.weight * value(one), 0) / weight
  return {
    ...{ from, to, weight },
    said: meanOf(({ probability }) => probability),
    failed: meanOf(({ fails }) => (fails ? 1 : 0)),
    failing: own.filter(({ fails }) => fails).length,
    others: own.filter(({ fails }) => !fails).length,
  }
}
