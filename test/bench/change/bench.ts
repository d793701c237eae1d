import path from 'node:path'
import { parseArgs } from 'node:util'
import { describeRuns, senseRuns } from './runs.ts'
import { describeSimulated, senseSimulated, summariseSimulated } from './simulated.ts'
import { describeTimelapse, senseTimelapses } from './timelapses.ts'

/**
 * `npm run change:bench -- [--only simulated|runs|timelapses] [--seeds 100-127] [--world judge] [--cache DIR]
 * [--frames DIR] [--json]`: what the sense of change finds by itself, at the normal sensitivity. Simulated prints of
 * `judge` worlds, good real runs, and whole real prints. Constants were chosen on `train` worlds 20 to 43.
 */

const usage =
  'npm run change:bench -- [--only simulated|runs|timelapses] [--seeds FIRST-LAST] [--world judge|train] [--cache DIR] [--frames DIR] [--json]'
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '100-127' },
    world: { type: 'string', default: 'judge' },
    cache: { type: 'string' },
    frames: { type: 'string', default: path.resolve(import.meta.dirname, '../../../../shared/frames') },
    json: { type: 'boolean', default: false },
  },
})
const [, first, last] = /^(\d{1,6})-(\d{1,6})$/.exec(values.seeds) ?? []
const world = values.world === 'judge' || values.world === 'train' ? values.world : undefined
const isKnownPart = values.only === undefined || ['simulated', 'runs', 'timelapses'].includes(values.only)
if (first === undefined || last === undefined || !world || !isKnownPart) {
  console.error(usage)
  process.exit(64)
}

const isWanted = (part: string) => values.only === undefined || values.only === part
const runs = isWanted('runs') ? await senseRuns(values.frames) : undefined
if (runs && !values.json) console.log(describeRuns(runs))
const timelapses = isWanted('timelapses') ? await senseTimelapses(values.frames) : []
if (!values.json) for (const one of timelapses) console.log(describeTimelapse(one))
const seeds = isWanted('simulated')
  ? Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i)
  : []
const prints = await senseSimulated(
  { world, seeds, cache: values.cache },
  ({ wish, warnedAtLayer, warnedOf }) => {
    if (!values.json)
      process.stderr.write(`${wish.kind} ${wish.seed}: ${warnedOf ?? 'silent'} ${warnedAtLayer ?? ''}\n`)
  },
)
const rows = prints.length > 0 ? summariseSimulated(prints) : []
if (values.json)
  console.log(JSON.stringify({ runs, timelapses, simulated: { world, rows, prints } }, null, 2))
else for (const row of rows) console.log(describeSimulated(row))
