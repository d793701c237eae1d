import { parseArgs } from 'node:util'
import { measureFailures, measureFrames, measureGoodPrints, measureRendering } from './detection.ts'
import { type Figure, isReached } from './figure.ts'
import { measureChain } from './round-trip.ts'
import { measureSecondStart } from './startup.ts'

/** `npm run bench`: measures what the README claims, on this machine. */

const parts: Record<string, (isQuick: boolean) => Promise<Figure[]>> = {
  start: () => measureSecondStart(),
  frames: (isQuick) => measureFrames(isQuick ? 20 : 60),
  render: (isQuick) => measureRendering(isQuick ? 40 : 200),
  chain: (isQuick) => measureChain(isQuick ? 10 : 50),
  failures: (isQuick) => measureFailures(isQuick ? 2 : 10),
  good: (isQuick) => (isQuick ? measureGoodPrints(1, 30) : measureGoodPrints(10, 100)),
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const chosen = values.only?.split(',') ?? Object.keys(parts)
const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no part ${unknown.join(', ')}.`)
  console.log(`npm run bench -- [--json] [--quick] [--only ${Object.keys(parts).join(',')}]`)
  process.exit(unknown.length > 0 ? 64 : 0)
}

const figures: Figure[] = []
for (const name of chosen) {
  if (!values.json) process.stderr.write(`measuring ${name} …\n`)
  const measured = (await parts[name]?.(values.quick)) ?? []
  figures.push(...measured)
  if (!values.json) for (const figure of measured) console.log(describe(figure))
}
if (values.json)
  console.log(
    JSON.stringify(
      figures.map((figure) => ({ ...figure, isReached: isReached(figure) })),
      null,
      2,
    ),
  )
process.exit(figures.every(isReached) ? 0 : 1)

function describe(figure: Figure): string {
  const { name, value, unit, reach, detail } = figure
  const goal = reach === undefined ? '' : `  (at most ${reach})`
  const mark = isReached(figure) ? '✓' : '✗'
  return `${mark} ${name}: ${Number(value.toPrecision(3))} ${unit}${goal}\n    ${detail}`
}
