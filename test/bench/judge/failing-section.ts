import { type Figure, quantile } from '../figure.ts'
import type { WatchedFailure } from './failing-run.ts'
import {
  type Comparison,
  comparePassing,
  layerwatch,
  meanDelay,
  medianDelay,
  othersAtEqualPauses,
  streamFailing,
} from './failing-streams.ts'
import { comparisonTable, missedTable, sourceTable } from './failing-tables.ts'
import { correlations, type GoodStreams, mainCorrelation } from './good-streams.ts'
import { type Section, short } from './report.ts'
import type { ScoredFrame } from './score.ts'
import { apartSources, type Setup } from './setup.ts'
import { bootstrap, shareInterval } from './statistics.ts'

/*
 * How long failures go on. A good stream of a held-out camera turns, at an onset, into one on which a held-out
 * failure grows; see `growth.ts`. Modelled, not field.
 */

/** What is allowed from visible to the pause, whichever is longer. */
const allowed = {
  median: { share: 0.5, layers: 2, seconds: 60 },
  worst: { share: 0.9, layers: 4, seconds: 180 },
} as const
const maxMissedShare = 0.03
const maxRatio = 0.5
/** As fast as later ones, to within the frame rate: medians of some 20 s, a frame every 5 s. */
const maxEarlyRatio = 1.2

export function measureFailing(setup: Setup, good: GoodStreams): Section {
  const later = new Map(
    correlations.map((correlationSeconds) => {
      const deciders = [layerwatch, ...othersAtEqualPauses(good.byCorrelation.get(correlationSeconds))]
      return [correlationSeconds, streamFailing(setup, { correlationSeconds, deciders })]
    }),
  )
  const comparisons = [...later].map(([seconds, results]) => ({ name: `correlation ${seconds} s`, results }))
  const passing = comparePassing(setup, good.passing)
  const main = later.get(mainCorrelation)?.get(layerwatch) ?? []
  const own = [...later.values()].map((results) => results.get(layerwatch) ?? [])
  const alone = { correlationSeconds: mainCorrelation, deciders: [layerwatch] }
  const early = streamFailing(setup, { ...alone, onset: 'early' }).get(layerwatch) ?? []
  const changing = streamFailing(setup, { ...alone, looks: 'changing' }).get(layerwatch) ?? []
  return {
    figures: [
      delayFigure(own, 'median'),
      delayFigure(own, 'worst'),
      missedFigure(
        own,
        'failures visible for at least 5 layers and not found before the print ends (modelled)',
      ),
      missedFigure([changing], 'not found, where a failure changes its looks every 8 layers (modelled)'),
      // The mean decides: a median says nothing of failures that are never found.
      ratioFigure(comparisons, meanDelay, 'mean, a failure not found goes on to the end'),
      withoutReach(ratioFigure(comparisons, medianDelay, 'median')),
      withoutReach(ratioFigure([passing], meanDelay, 'mean, with sights that pass')),
      earlyFigure(early, main),
      ...[...setup.otherFailures].map(([source, failures]) => apartFigure(setup, source, failures)),
    ],
    tables: [comparisonTable([...comparisons, passing]), sourceTable(own.flat()), missedTable(own.flat())],
  }
}

/** Delay as a share of what is allowed to each print: layers differ in length. */
function delayFigure(runs: readonly WatchedFailure[][], which: keyof typeof allowed): Figure {
  const { share, layers, seconds } = allowed[which]
  const shareOf = (one: WatchedFailure) =>
    one.delaySeconds / Math.max(layers * one.plan.layerSeconds, seconds)
  const figureOf = (run: readonly WatchedFailure[]) => quantile(run.map(shareOf), share)
  const worst = runs.reduce((most, run) => (figureOf(run) > figureOf(most) ? run : most), runs[0] ?? [])
  const delays = worst.map(({ delaySeconds }) => delaySeconds)
  const inLayers = worst.map((one) => one.delaySeconds / one.plan.layerSeconds)
  const interval = bootstrap(worst, figureOf)
  return {
    name: `failure visible → pause, ${which === 'median' ? 'median' : '90th percentile'}, as a share of what is allowed (modelled)`,
    value: figureOf(worst),
    unit: '×',
    reach: 1,
    detail:
      `allowed ${layers} layers or ${seconds} s, the longer; ${short(quantile(delays, share))} s, ` +
      `${short(quantile(inLayers, share))} layers; interval ${interval.map(short).join(' to ')}; ` +
      `${worst.length} prints, the worst of three correlations`,
  }
}

function missedFigure(runs: readonly WatchedFailure[][], name: string): Figure {
  const missed = (run: readonly WatchedFailure[]) => run.filter((one) => one.delaySeconds === Infinity).length
  const worst = runs.reduce((most, run) => (missed(run) > missed(most) ? run : most), runs[0] ?? [])
  const interval = shareInterval(missed(worst), worst.length)
  const pictures = new Set(worst.map(({ plan }) => plan.failure.file)).size
  return {
    name,
    value: missed(worst) / worst.length,
    unit: 'of prints',
    reach: maxMissedShare,
    detail: `${missed(worst)} of ${worst.length} prints with ${pictures} held-out failures; interval ${interval.map(short).join(' to ')}`,
  }
}

function withoutReach({ reach: _, ...figure }: Figure): Figure {
  return figure
}

/** Layerwatch's time to pause as a share of the best of the others', the worst of the comparisons. */
function ratioFigure(
  comparisons: readonly Comparison[],
  of: (run: readonly WatchedFailure[]) => number,
  name: string,
): Figure {
  const ratios = comparisons.map(({ name: where, results }) => {
    const own = of(results.get(layerwatch) ?? [])
    const others = [...results].filter(([decider]) => decider !== layerwatch)
    const [best] = others
      .map(([{ name: rule }, run]) => ({ rule, delay: of(run) }))
      .sort((a, b) => a.delay - b.delay)
    return {
      where,
      own,
      rule: best?.rule ?? 'none',
      delay: best?.delay ?? 0,
      ratio: own / (best?.delay ?? 0),
    }
  })
  const worst = ratios.reduce((most, one) => (one.ratio > most.ratio ? one : most))
  return {
    name: `time to pause at equal false pauses against the best of the others' rules, ${name} (modelled)`,
    value: worst.ratio,
    unit: '×',
    reach: maxRatio,
    detail: `${short(worst.own)} s against ${short(worst.delay)} s (${worst.rule}), ${worst.where}`,
  }
}

function earlyFigure(early: readonly WatchedFailure[], later: readonly WatchedFailure[]): Figure {
  const ratio = medianDelay(early) / medianDelay(later)
  const missed = early.filter((one) => one.delaySeconds === Infinity).length
  return {
    name: 'failures in the first five minutes against later ones, median time to pause (modelled)',
    value: ratio,
    unit: '×',
    reach: maxEarlyRatio,
    detail: `${short(medianDelay(early))} s against ${short(medianDelay(later))} s; means ${short(meanDelay(early))} s against ${short(meanDelay(later))} s; ${missed} of ${early.length} early ones not found`,
  }
}

function apartFigure(setup: Setup, source: string, failures: readonly ScoredFrame[]): Figure {
  const run = streamFailing(setup, {
    correlationSeconds: mainCorrelation,
    deciders: [layerwatch],
    failures,
    count: Math.ceil(setup.failing / 3),
  })
  const { reach: _, ...figure } = missedFigure(
    [run.get(layerwatch) ?? []],
    `not found, failures of ${source} (decides nothing)`,
  )
  return { ...figure, detail: `${figure.detail}; ${source} ${apartSources.get(source) ?? ''}` }
}
