import type { Figure } from '../figure.ts'
import { delayFigure, earlyFigure, missedFigure, ratioFigure } from './failing-figures.ts'
import {
  comparePassing,
  layerwatch,
  meanDelay,
  medianDelay,
  othersAtEqualPauses,
  streamFailing,
} from './failing-streams.ts'
import { comparisonTable, missedTable, sourceTable } from './failing-tables.ts'
import { correlations, type GoodStreams, mainCorrelation } from './good-streams.ts'
import type { Section } from './report.ts'
import type { ScoredFrame } from './score.ts'
import { apartSources, type Setup } from './setup.ts'

/*
 * How long failures go on. A good stream of a held-out camera turns, at an onset, into one on which a held-out
 * failure grows; see `growth.ts`. Modelled, not field.
 */

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

function withoutReach({ reach: _, ...figure }: Figure): Figure {
  return figure
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
