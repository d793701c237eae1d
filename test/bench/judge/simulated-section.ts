import { type Figure, quantile } from '../figure.ts'
import { type Decider, openDecider } from './failing-run.ts'
import { layerwatch } from './failing-streams.ts'
import type { Section } from './report.ts'
import { rules } from './rules.ts'
import type { Setup } from './setup.ts'
import { planSimulatedPrints, renderPrint, type SimulatedPrint } from './simulated.ts'

/*
 * Whole simulated prints through the real detector: every shape, `judge` worlds, loose strands and detached
 * parts, and good ones. The others' rules at their documented thresholds, for a few hours of printing give no
 * false-pause rate to set them by.
 */

export async function measureSimulated(setup: Setup): Promise<Section> {
  const specs = planSimulatedPrints(setup.rounds)
  const prints: SimulatedPrint[] = []
  for (const spec of setup.isQuick ? specs.slice(0, 4) : specs) prints.push(await renderPrint(spec, setup))
  const others = rules.map(
    (rule): Decider => ({ kind: 'rule', name: rule.name, rule, threshold: rule.documented }),
  )
  const results = [layerwatch, ...others].map((decider) => watchAll(decider, prints))
  const own = results[0]
  if (!own) return { figures: [], tables: [] }
  const columns = ['rule', 'failing found', 'median s', '90 % s', 'paused before', 'good paused']
  const rows = results.map((one) => [
    one.name,
    `${one.found} of ${one.delays.length}`,
    quantile(one.delays, 0.5),
    quantile(one.delays, 0.9),
    one.early,
    `${one.goodPaused} of ${one.good}`,
  ])
  const kind = 'documented thresholds'
  return {
    figures: figuresOf(own),
    tables: [
      { title: `Simulated prints of every shape, judge worlds, ${kind}`, columns, rows },
      shapeTable(prints),
    ],
  }
}

interface Watched {
  name: string
  /** From visible to the pause; Infinity where none came. */
  delays: number[]
  shares: number[]
  found: number
  /** Paused before the failure could be seen. */
  early: number
  good: number
  goodPaused: number
}

function watchAll(decider: Decider, prints: readonly SimulatedPrint[]): Watched {
  const watched: Watched = {
    name: decider.name,
    delays: [],
    shares: [],
    found: 0,
    early: 0,
    good: 0,
    goodPaused: 0,
  }
  for (const print of prints) {
    const pausedAt = firstPause(decider, print)
    if (print.visibleSeconds === undefined) {
      watched.good++
      if (pausedAt !== undefined) watched.goodPaused++
      continue
    }
    const delay = pausedAt === undefined ? Infinity : pausedAt - print.visibleSeconds
    watched.delays.push(Math.max(0, delay))
    watched.shares.push(Math.max(0, delay) / Math.max((2 * print.seconds) / print.spec.layers, 60))
    if (pausedAt !== undefined) watched.found++
    if (delay < 0) watched.early++
  }
  return watched
}

/** The first pause; what its owner would do then is not played on. */
function firstPause(decider: Decider, print: SimulatedPrint): number | undefined {
  const { see } = openDecider(decider)
  return print.frames.find((frame) => see(frame))?.atSeconds
}

function figuresOf({ delays, shares, found, early, good, goodPaused }: Watched): Figure[] {
  return [
    {
      name: 'simulated failure visible → pause, median, as a share of what is allowed',
      value: quantile(shares, 0.5),
      unit: '×',
      reach: 1,
      detail: `2 layers or 60 s, the longer; ${delays.length} prints of every shape, ${found} found, ${early} paused before it could be seen`,
    },
    {
      name: 'simulated good prints paused',
      value: goodPaused,
      unit: `of ${good}`,
      reach: 0,
      detail: 'every shape, judge worlds',
    },
  ]
}

function shapeTable(prints: readonly SimulatedPrint[]) {
  const rows = prints.map((print) => {
    const { seed, shape, failure } = print.spec
    const pausedAt = firstPause(layerwatch, print)
    return [
      `${shape} ${seed}`,
      failure ? `${failure.kind} from layer ${failure.layer}` : 'good',
      print.visibleSeconds ?? '–',
      pausedAt ?? 'never',
      Math.max(
        ...print.frames
          .filter(({ atSeconds }) => atSeconds < (print.visibleSeconds ?? Infinity))
          .map(({ score }) => score),
      ),
    ]
  })
  return {
    title: 'Simulated prints, Layerwatch',
    columns: ['print', 'failure', 'visible s', 'paused s', 'highest score while good'],
    rows,
  }
}
