import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Rarity } from '@layerwatch/shared/rarity.ts'
import { averageHottest } from '../../../device/assess/cells.ts'
import { coldest, hottest, visibleCells } from '../../../device/assess/scene.ts'
import { type Camera, findCameras } from '../judge/camera.ts'
import { readFrames } from '../judge/frames.ts'
import { correlations } from '../judge/good-streams.ts'
import type { LogOddsMap } from '../judge/picture.ts'
import { scoreFrames } from '../judge/score.ts'
import { userCacheDir } from '../judge/score-cache.ts'
import { prepare } from '../judge/setup.ts'
import { fitRises, fitTail, roundTail } from './fit.ts'

/**
 * `npm run judge:calibrate`: how rare rises are on good prints of the model in `device/model`, written to
 * `device/assess/rarities.ts`. To be run after every new model. Scoring the frames takes a minute or two, once a
 * model; streaming some minutes more.
 */

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '../shared/frames' },
    cache: { type: 'string', default: userCacheDir() },
    hours: { type: 'string', default: '360' },
    seed: { type: 'string', default: '101' },
    seeds: { type: 'string', default: '6' },
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(
    'npm run judge:calibrate -- [--frames DIR] [--hours N at each correlation] [--seed FIRST] [--seeds N] [--cache DIR] [--dry-run]',
  )
  process.exit(0)
}

const rarityFile = new URL('../../../device/assess/rarities.ts', import.meta.url)
/** Webcams: their frames tell how cameras fluctuate, also those that the model was trained on. */
const webcamSources = new Set(['emptydeck-P1', 'timelapseplus', 'hiltes'])
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
  frames.filter(({ part, source }) => part !== 'train' || webcamSources.has(source)),
  { ...setup, framesDir: values.frames },
)
closing.abort()

// The test part is what `npm run judge:bench` measures on: nothing is chosen by it.
const known = good.filter(({ part }) => part !== 'test')
const cameras = findCameras(known)
const plan = {
  cameras,
  answers: setup.answers,
  hours: Number(values.hours),
  correlations,
  seeds: Array.from({ length: Number(values.seeds) }, (_, i) => Number(values.seed) + i),
  say,
}
const start = roundTail(fitTail(levelsOf(cameras), hoursAPrint))
const rarity: Rarity = { rises: fitRises(plan), start }
console.log(JSON.stringify({ model: setup.modelSha256, cameras: cameras.length, ...rarity }, undefined, 2))
if (!values['dry-run']) await writeRarity(setup.modelSha256, rarity)

/** One level a camera: a run, a webcam or a photograph. */
function levelsOf(measured: readonly Camera[]): number[] {
  const { width, height, scoredBy } = setup.answers
  const cells = width * height
  const levelOf = (picture: LogOddsMap) =>
    averageHottest(
      picture
        .subarray(scoredBy * cells, (scoredBy + 1) * cells)
        .map((logOdds) => Math.min(hottest, Math.max(coldest, logOdds))),
      visibleCells({ width, height }),
    )
  return measured.map(
    ({ pictures }) => pictures.reduce((sum, picture) => sum + levelOf(picture), 0) / pictures.length,
  )
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
