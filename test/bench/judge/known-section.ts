import { missedFigure } from './failing-figures.ts'
import { type Decider, runFailingPrints } from './failing-run.ts'
import { meanDelay, medianDelay } from './failing-streams.ts'
import { runGoodPrints } from './good-run.ts'
import { countPauses } from './good-section.ts'
import { mainCorrelation, mainInterval, planRun } from './good-streams.ts'
import { learnCameras } from './known.ts'
import { defaultSensitivity } from './layerwatch.ts'
import { planFailingPrints } from './plans.ts'
import { type Section, short } from './report.ts'
import type { Setup } from './setup.ts'

/**
 * The same prints before cameras that are known from three good prints before: what a baseline is worth, and what
 * it costs. It decides nothing.
 */
export function measureKnown(setup: Setup): Section {
  const { cameras, failures, answers, seed, failing, say } = setup
  const pace = { correlationSeconds: mainCorrelation, intervalSeconds: mainInterval }
  const known = learnCameras(cameras, { answers, seed, ...pace })
  const variation = { correlationSeconds: mainCorrelation, sensitivities: [defaultSensitivity], known }
  const good = countPauses(
    runGoodPrints(planRun(setup, { ...variation, hours: setup.hours / 4 })),
    defaultSensitivity,
  )
  const decider: Decider = {
    kind: 'layerwatch',
    name: 'camera known',
    sensitivity: defaultSensitivity,
    known,
  }
  const rows = (['later', 'early'] as const).map((onset) => {
    const prints = planFailingPrints({ cameras, failures, count: failing, onset, looks: 'one', seed })
    const run = { prints, cameras, answers, deciders: [decider], say, ...pace }
    return { onset, watched: runFailingPrints(run).get(decider) ?? [] }
  })
  const { reach: _, ...missed } = missedFigure(
    rows.map(({ watched }) => watched),
    'not found, where the camera is known from three good prints (decides nothing)',
  )
  return {
    figures: [
      missed,
      {
        name: 'false pauses per 100 print hours where the camera is known, upper 95 % bound (modelled)',
        value: good.upper,
        unit: 'per 100 h',
        detail: `${good.pauses} pauses in ${Math.round(good.hours)} h, correlation ${mainCorrelation} s`,
      },
    ],
    tables: [
      {
        title: 'Failing prints before a camera that is known (modelled)',
        columns: ['failure', 'prints', 'median s', 'mean s', 'not found'],
        rows: rows.map(({ onset, watched }) => [
          onset === 'early' ? 'in the first five minutes' : 'later',
          watched.length,
          short(medianDelay(watched)),
          short(meanDelay(watched)),
          watched.filter(({ delaySeconds }) => delaySeconds === Infinity).length,
        ]),
      },
    ],
  }
}
