import { type Figure, quantile } from '../figure.ts'
import type { Decider, WatchedFailure } from './failing-run.ts'
import { type Comparison, layerwatch, meanDelay, medianDelay } from './failing-streams.ts'
import { short } from './report.ts'
import { bootstrap, shareInterval } from './statistics.ts'

/*
 * The figures of failing streams. Many prints show the same few held-out failures, so intervals draw failures anew,
 * not prints.
 */

/** What is allowed from visible to the pause, whichever is longer. */
const allowed = {
  median: { share: 0.5, layers: 2, seconds: 60, words: 'median' },
  worst: { share: 0.9, layers: 4, seconds: 180, words: '90th percentile' },
} as const
const maxMissedShare = 0.03
const maxRatio = 0.5
/** As fast as later ones, to within the frame rate: medians of some 20 s, a frame every 5 s. */
const maxEarlyRatio = 1.2

type Run = readonly WatchedFailure[]

/** Delay as a share of what is allowed to each print, for layers differ in length: the worst of the runs. */
export function delayFigure(runs: readonly Run[], which: keyof typeof allowed): Figure {
  const { share, layers, seconds, words } = allowed[which]
  const shareOf = (one: WatchedFailure) =>
    one.delaySeconds / Math.max(layers * one.plan.layerSeconds, seconds)
  const figureOf = (run: Run) => quantile(run.map(shareOf), share)
  const worst = worstOf(runs, figureOf)
  const delays = worst.map(({ delaySeconds }) => delaySeconds)
  const inLayers = worst.map((one) => one.delaySeconds / one.plan.layerSeconds)
  return {
    name: `failure visible → pause, ${words}, as a share of what is allowed (modelled)`,
    value: figureOf(worst),
    unit: '×',
    reach: 1,
    detail:
      `allowed ${layers} layers or ${seconds} s, the longer; ${short(quantile(delays, share))} s, ` +
      `${short(quantile(inLayers, share))} layers; interval ${intervalOf(worst, figureOf)}; ` +
      `${worst.length} prints, the worst of ${runs.length} correlations`,
  }
}

/** Share of prints whose failure is never found: the worst of the runs. */
export function missedFigure(runs: readonly Run[], name: string): Figure {
  const worst = worstOf(runs, countMissed)
  const share = countMissed(worst) / worst.length
  const failures = byFailure(worst).length
  // As if each failure were one print: prints with the same failure tell little more.
  const interval = shareInterval(share * failures, failures)
  return {
    name,
    value: share,
    unit: 'of prints',
    reach: maxMissedShare,
    detail: `${countMissed(worst)} of ${worst.length} prints with ${failures} held-out failures; interval ${interval.map(short).join(' to ')}`,
  }
}

/** Layerwatch's time to pause as a share of the best of the others': the worst of the comparisons. */
export function ratioFigure(
  comparisons: readonly Comparison[],
  delayOf: (run: Run) => number,
  name: string,
): Figure {
  const ratios = comparisons.map((one) => ({ ...one, ...compare(one.results, delayOf) }))
  const worst = ratios.reduce((most, one) => (one.ratio > most.ratio ? one : most))
  const files = [...new Set((worst.results.get(layerwatch) ?? []).map(({ plan }) => plan.failure.file))]
  const grouped = new Map(
    [...worst.results].map(([decider, run]) => [decider, Map.groupBy(run, ({ plan }) => plan.failure.file)]),
  )
  const interval = bootstrap(files, (drawn) => compare(drawFailures(grouped, drawn), delayOf).ratio)
  return {
    name: `time to pause at equal false pauses against the best of the others' rules, ${name} (modelled)`,
    value: worst.ratio,
    unit: '×',
    reach: maxRatio,
    detail:
      `${short(worst.own)} s against ${short(worst.delay)} s (${worst.rule}), ${worst.name}; ` +
      `interval ${interval.map(short).join(' to ')}`,
  }
}

function compare(results: Comparison['results'], delayOf: (run: Run) => number) {
  const own = delayOf(results.get(layerwatch) ?? [])
  const [best] = [...results]
    .filter(([decider]) => decider !== layerwatch)
    .map(([{ name: rule }, run]) => ({ rule, delay: delayOf(run) }))
    .sort((a, b) => a.delay - b.delay)
  const { rule, delay } = best ?? { rule: 'none', delay: Number.NaN }
  return { own, rule, delay, ratio: own / delay }
}

/** The same prints under every decider, those of each failure as often as it was drawn. */
function drawFailures(
  grouped: ReadonlyMap<Decider, ReadonlyMap<string, Run>>,
  drawn: readonly string[],
): Comparison['results'] {
  return new Map(
    [...grouped].map(([decider, runs]) => [decider, drawn.flatMap((file) => runs.get(file) ?? [])]),
  )
}

/** Failures of the first minutes against later ones, by the median and with what was never found. */
export function earlyFigure(early: Run, later: Run): Figure {
  const isEarly = new Set(early)
  const ratioOf = (run: Run) => {
    const [first, second] = [run.filter((one) => isEarly.has(one)), run.filter((one) => !isEarly.has(one))]
    return medianDelay(first) / medianDelay(second)
  }
  const both = [...early, ...later]
  return {
    name: 'failures in the first five minutes against later ones, median time to pause (modelled)',
    value: ratioOf(both),
    unit: '×',
    reach: maxEarlyRatio,
    detail:
      `${short(medianDelay(early))} s against ${short(medianDelay(later))} s; interval ${intervalOf(both, ratioOf)}; ` +
      `means ${short(meanDelay(early))} s against ${short(meanDelay(later))} s; ` +
      `not found ${countMissed(early)} of ${early.length} against ${countMissed(later)} of ${later.length}`,
  }
}

function countMissed(run: Run): number {
  return run.filter(({ delaySeconds }) => delaySeconds === Infinity).length
}

function worstOf(runs: readonly Run[], figureOf: (run: Run) => number): Run {
  return runs.reduce((most, run) => (figureOf(run) > figureOf(most) ? run : most), runs[0] ?? [])
}

function byFailure(run: Run): WatchedFailure[][] {
  return [...Map.groupBy(run, ({ plan }) => plan.failure.file).values()]
}

/** 95 % interval with failures drawn anew. */
function intervalOf(run: Run, figureOf: (run: Run) => number): string {
  return bootstrap(byFailure(run), (drawn) => figureOf(drawn.flat()))
    .map(short)
    .join(' to ')
}
