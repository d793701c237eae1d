import { quantile } from '../figure.ts'
import type { WatchedFailure } from './failing-run.ts'
import { type Comparison, meanDelay, medianDelay } from './failing-streams.ts'
import type { Table } from './report.ts'

export function comparisonTable(comparisons: readonly Comparison[]): Table {
  const rows = comparisons.flatMap(({ name, results }) =>
    [...results].map(([decider, run]) => [
      name,
      decider.name,
      decider.kind === 'rule' ? decider.threshold : 'default',
      medianDelay(run),
      quantile(
        run.map(({ delaySeconds }) => delaySeconds),
        0.9,
      ),
      meanDelay(run),
      `${((100 * run.filter((one) => one.delaySeconds === Infinity).length) / run.length).toFixed(1)} %`,
      run.reduce((sum, one) => sum + one.falsePauses, 0),
    ]),
  )
  return {
    title: 'Failing prints, every rule at the threshold that pauses good prints as often as Layerwatch',
    columns: [
      'streams',
      'rule',
      'threshold',
      'median s',
      '90 % s',
      'mean s',
      'not found',
      'pauses before onset',
    ],
    rows,
  }
}

export function sourceTable(run: readonly WatchedFailure[]): Table {
  const rows = [...Map.groupBy(run, ({ plan }) => plan.failure.source)].map(([source, own]) => [
    source,
    own.length,
    new Set(own.map(({ plan }) => plan.failure.file)).size,
    medianDelay(own),
    `${((100 * own.filter((one) => one.delaySeconds === Infinity).length) / own.length).toFixed(1)} %`,
  ])
  return {
    title: 'Layerwatch by source of the failure (all correlations)',
    columns: ['source', 'prints', 'failures', 'median s', 'not found'],
    rows,
  }
}

/** Failures that were not found most often, to be looked at. */
export function missedTable(run: readonly WatchedFailure[]): Table {
  const rows = [...Map.groupBy(run, ({ plan }) => plan.failure)]
    .map(([failure, own]) => ({
      failure,
      own,
      missed: own.filter((one) => one.delaySeconds === Infinity).length,
    }))
    .filter(({ missed }) => missed > 0)
    .sort((a, b) => b.missed / b.own.length - a.missed / a.own.length)
    .slice(0, 12)
    .map(({ failure, own, missed }) => [failure.file, failure.score, missed, own.length])
  return {
    title: 'Failures not found most often',
    columns: ['picture', 'log-odds', 'not found', 'prints'],
    rows,
  }
}
