import { parseArgs } from 'node:util'
import { type Figure, isReached } from '../figure.ts'
import { measureFailing } from './failing-section.ts'
import { measureGood } from './good-section.ts'
import { streamGood } from './good-streams.ts'
import { measureKnown } from './known-section.ts'
import { measureRates } from './rates-section.ts'
import { measureReliability } from './reliability-section.ts'
import { formatSection, type Section } from './report.ts'
import { userCacheDir } from './score-cache.ts'
import { measureSequences } from './sequences-section.ts'
import { type BenchOptions, prepare, type Setup } from './setup.ts'
import { measureSimulated } from './simulated-section.ts'

/**
 * `npm run judge:bench`: Layerwatch's judgement against the others' rules on the same score streams. Streams of
 * held-out frames are modelled, not field; see the README.
 */

const usage = `npm run judge:bench -- [--json] [--quick] [--only ${['streams', 'known', 'reliability', 'rates', 'simulated', 'sequences'].join(',')}]
  [--frames DIR] labelled frames, ../shared/frames by default   [--hours N] good hours at each correlation
  [--failing N] failing prints a row   [--rounds N] simulated prints, 32 a round   [--seed N]   [--cache DIR] where scores are kept   [--fresh] score anew`

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    only: { type: 'string', default: 'streams,known,reliability,rates,simulated,sequences' },
    frames: { type: 'string', default: '../shared/frames' },
    cache: { type: 'string', default: userCacheDir() },
    hours: { type: 'string' },
    failing: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const parts: Record<string, (setup: Setup) => Promise<Section> | Section> = {
  streams: measureStreams,
  known: measureKnown,
  reliability: measureReliability,
  rates: measureRates,
  simulated: measureSimulated,
  sequences: measureSequences,
}

function measureStreams(setup: Setup): Section {
  const good = streamGood(setup)
  const [first, second] = [measureGood(setup, good), measureFailing(setup, good)]
  return { figures: [...first.figures, ...second.figures], tables: [...first.tables, ...second.tables] }
}

const chosen = values.only.split(',')
const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
const hours = Number(values.hours ?? (values.quick ? 100 : 2000))
const failing = Number(values.failing ?? (values.quick ? 60 : 400))
const rounds = Number(values.rounds)
if (values.help || unknown.length > 0 || !(hours > 0) || !(failing >= 1) || !(rounds >= 1)) {
  if (unknown.length > 0) console.error(`There is no part ${unknown.join(', ')}.`)
  console.log(usage)
  process.exit(values.help ? 0 : 64)
}

const closing = new AbortController()
const options: BenchOptions = {
  framesDir: values.frames,
  cacheDir: values.cache,
  isFresh: values.fresh,
  isQuick: values.quick,
  hours,
  failing: Math.floor(failing),
  rounds: Math.floor(rounds),
  seed: Number(values.seed),
  say: sayNowAndThen(),
}
const setup = await prepare(options, closing.signal)
const sections = new Map<string, Section>()
for (const name of chosen) {
  const needsFrames = name !== 'simulated' && name !== 'sequences'
  if (needsFrames && (setup.cameras.length === 0 || setup.failures.length === 0)) {
    console.error(`${name}: left out, for there are no held-out frames in ${values.frames}.`)
    continue
  }
  const section = await parts[name]?.(setup)
  if (!section) continue
  sections.set(name, section)
  if (!values.json) console.log(`${formatSection(section)}\n`)
}
const figures = [...sections.values()].flatMap((section) => section.figures)
if (values.json) console.log(JSON.stringify(toJson(figures), sayNever, 2))
closing.abort()
process.exitCode = figures.every(isReached) ? 0 : 1

function toJson(measured: readonly Figure[]) {
  const { modelSha256, leftOut, cameras, failures, seed } = setup
  return {
    model: modelSha256,
    settings: { hours, failing, seed, isQuick: values.quick, leftOutOfTraining: leftOut },
    cameras: cameras.map(({ name, frames }) => ({ name, frames })),
    failures: failures.length,
    figures: measured.map((figure) => ({ ...figure, isReached: isReached(figure) })),
    tables: [...sections.values()].flatMap((section) => section.tables),
  }
}

/** Progress on stderr, a line every few seconds at most. */
function sayNowAndThen(): (progress: string) => void {
  let lastMs = -Infinity
  return (progress) => {
    const nowMs = performance.now()
    if (nowMs - lastMs < 3000) return
    lastMs = nowMs
    process.stderr.write(`${progress}\n`)
  }
}

/** JSON knows no infinity: a failure that was never found took "never". */
function sayNever(_key: string, value: unknown): unknown {
  return value === Infinity ? 'never' : value
}
