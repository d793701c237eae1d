import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Rarity } from '@layerwatch/shared/rarity.ts'
import { averageHottest } from '../../../device/assess/cells.ts'
import { rarityOf } from '../../../device/assess/rarities.ts'
import { coldest, hottest, visibleCells } from '../../../device/assess/scene.ts'
import { readFrames } from '../judge/frames.ts'
import { type ScoredFrame, scoreFrames } from '../judge/score.ts'
import { userCacheDir } from '../judge/score-cache.ts'
import { prepare } from '../judge/setup.ts'
import { fitOffset, fitTail, roundTail, streamHeights, worstTail } from './fit.ts'
import type { GoodCamera } from './good-streams.ts'

/**
 * `npm run judge:calibrate`: how rare rises are on good prints of the model in `device/model`, written to
 * `device/assess/rarities.ts`. To be run after every new model. Scoring the frames takes a minute or two, once a
 * model; streaming some minutes more.
 */

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '../shared/frames' },
    cache: { type: 'string', default: userCacheDir() },
    hours: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(
    'npm run judge:calibrate -- [--frames DIR] [--hours N at each correlation] [--seed N] [--cache DIR] [--dry-run]',
  )
  process.exit(0)
}

const rarityFile = new URL('../../../device/assess/rarities.ts', import.meta.url)
const correlations = [10, 60, 300]
/** Webcams whose frames come in sequences of one print. */
const sequenceSources = new Set(['emptydeck-P1', 'timelapseplus'])
/** Hours of a print, by which a level that is had from the start comes once. */
const hoursAPrint = 3

const say = (progress: string) => process.stderr.write(`${progress}\n`)
const closing = new AbortController()
const setup = await prepare(
  {
    framesDir: values.frames,
    cacheDir: values.cache,
    isFresh: false,
    isQuick: false,
    hours: Number(values.hours),
    failing: 0,
    rounds: 1,
    seed: Number(values.seed),
    say,
  },
  closing.signal,
)
const frames = (await readFrames(values.frames, setup.leftOut)).filter((frame) => !frame.isFailing)
const good = await scoreFrames(
  frames.filter(({ part, source }) => part !== 'train' || sequenceSources.has(source)),
  { ...setup, framesDir: values.frames },
)
closing.abort()

const { width, height } = setup.answers
const cameras = camerasOf(good.filter(({ source }) => sequenceSources.has(source)))
const plan = {
  cameras,
  width,
  height,
  hours: Number(values.hours),
  correlations,
  seed: Number(values.seed),
  say,
}
const start = fitTail(levelsOf(good), hoursAPrint)
// What is learned and what not depends a little on the rarities themselves: the second pass goes by the first's.
let rarity: Rarity = rarityOf(setup.modelSha256).rarity
for (const pass of [1, 2]) {
  const heights = correlations.map((correlation) => streamHeights(plan, correlation, rarity))
  const tails = rarity.rises.map((_, duration) =>
    worstTail(heights.map(({ rises }) => fitTail(rises.map((row) => row[duration] ?? 0)))),
  )
  const offset = pass === 1 ? 0 : fitOffset(heights)
  rarity = { rises: tails.map((tail) => roundTail(tail, offset)), start: roundTail(start) }
}
console.log(JSON.stringify({ model: setup.modelSha256, cameras: cameras.length, ...rarity }, undefined, 2))
if (!values['dry-run']) await writeRarity(setup.modelSha256, rarity)

function camerasOf(scored: readonly ScoredFrame[]): GoodCamera[] {
  const groups = Map.groupBy(scored, ({ source, sequence }) => `${source}/${sequence ?? ''}`)
  return [...groups].map(([name, own]) => ({ name, maps: own.map(failureCells) }))
}

/** One level a camera: a run, or a photograph. */
function levelsOf(scored: readonly ScoredFrame[]): number[] {
  const groups = Map.groupBy(scored, ({ source, sequence, file }) =>
    sequence ? `${source}/${sequence}` : file,
  )
  const count = visibleCells({ width, height })
  return [...groups.values()].map(
    (own) => own.reduce((sum, frame) => sum + averageHottest(failureCells(frame), count), 0) / own.length,
  )
}

function failureCells({ map }: ScoredFrame): Float32Array {
  const first = setup.answers.scoredBy * width * height
  return map
    .slice(first, first + width * height)
    .map((logOdds) => Math.min(hottest, Math.max(coldest, logOdds)))
}

/** Puts the model's line in the place of the one before. */
async function writeRarity(modelSha256: string, found: Rarity): Promise<void> {
  const source = await readFile(rarityFile, 'utf8')
  const line = ({ intercept, slope }: { intercept: number; slope: number }) =>
    `{ intercept: ${intercept}, slope: ${slope} }`
  const block = `rises: [\n      ${found.rises.map(line).join(',\n      ')},\n    ],\n    start: ${line(found.start)},`
  const pattern = /(\[shippedSha256\]: \{\n {4})rises: \[[\s\S]*?\],\n {4}start: \{[^}]*\},/
  if (!pattern.test(source)) throw new Error('the place of the rarities is not where it was in rarities.ts')
  const next = source
    .replace(pattern, (_, before: string) => before + block)
    .replace(/shippedSha256 = '[0-9a-f]{64}'/, `shippedSha256 = '${modelSha256}'`)
  await writeFile(rarityFile, next)
}
