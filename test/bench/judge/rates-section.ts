import { quantile } from '../figure.ts'
import { layerwatch, streamFailing } from './failing-streams.ts'
import { runGoodPrints } from './good-run.ts'
import { countPauses } from './good-section.ts'
import { mainCorrelation, planRun } from './good-streams.ts'
import { defaultSensitivity } from './layerwatch.ts'
import type { Section } from './report.ts'
import type { Setup } from './setup.ts'

/** Seconds between two frames. */
const intervals = [1, 5, 15, 30, 60] as const

/** Layerwatch at other frame rates, on fewer hours and prints. */
export function measureRates(setup: Setup): Section {
  const hours = setup.hours / 5
  const rows = intervals.map((intervalSeconds) => {
    const wish = { correlationSeconds: mainCorrelation, intervalSeconds }
    const run = planRun(setup, { ...wish, sensitivities: [defaultSensitivity], hours })
    const good = countPauses(runGoodPrints(run), defaultSensitivity)
    const count = Math.ceil(setup.failing / 2)
    const failing = streamFailing(setup, { ...wish, deciders: [layerwatch], count }).get(layerwatch) ?? []
    const delays = failing.map(({ delaySeconds }) => delaySeconds)
    const missed = delays.filter((delay) => delay === Infinity).length
    return [
      `${intervalSeconds} s`,
      Math.round(good.hours),
      good.pauses,
      good.upper,
      failing.length,
      quantile(delays, 0.5),
      quantile(delays, 0.9),
      `${((100 * missed) / delays.length).toFixed(1)} %`,
    ]
  })
  const columns = [
    'a frame every',
    'good hours',
    'pauses',
    'upper per 100 h',
    'failing',
    'median s',
    '90 % s',
    'not found',
  ]
  return {
    figures: [],
    tables: [
      {
        title: `Layerwatch at other frame rates, correlation ${mainCorrelation} s (modelled)`,
        columns,
        rows,
      },
    ],
  }
}
