import path from 'node:path'
import { parseArgs } from 'node:util'
import { limitDecoderMemory } from '../../../device/detector/decode.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'
import { median } from '../figure.ts'
import { type Damage, damages, undamaged } from './damage.ts'
import { drawPictures } from './pictures.ts'
import { type Run, readRuns } from './runs.ts'
import { everyMs, findEpisodes, hoursOf, shootAgain, watchPictures } from './watch.ts'

/**
 * `npm run quality:bench -- [--part choosing|measuring] [--frames DIR] [--json]`: what the gate before the judgement
 * says of real pictures, one every five seconds. Good runs as they are, in their order and with each picture held
 * for two minutes, as if the scene had changed at once: whatever is said of them leaves a good print unwatched. And
 * runs whose pictures turn bad after three minutes, in a known way. Every run had been looked at before the gate's
 * constants were what they are, those of the part `measuring` too: both parts flatter it.
 */

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'measuring' },
    frames: { type: 'string', default: path.resolve(import.meta.dirname, '../../../../shared/frames') },
    json: { type: 'boolean', default: false },
  },
})
if (values.part !== 'choosing' && values.part !== 'measuring') {
  console.error('npm run quality:bench -- [--part choosing|measuring] [--frames DIR] [--json]')
  process.exit(64)
}

/** Pictures before the damage, and with it. */
const [goodCount, badCount] = [40, 30]
/** Pictures for which each is held. */
const heldFor = 24
/** A short run goes round for at least so long. */
const leastCount = 120

interface GoodRow {
  run: string
  pictures: number
  hours: number
  said: { order: 'in turn' | 'held'; reason: string; seconds: number }[]
}

async function watchGood({ name, files }: Run): Promise<GoodRow> {
  const drawn = await drawPictures(files, undamaged.before)
  const inTurn = shootAgain(drawn, Math.max(leastCount, drawn.length))
  const held = drawn.flatMap((one) => shootAgain([one], heldFor))
  const watch = (order: 'in turn' | 'held', pictures: PictureFigures[]) =>
    findEpisodes(watchPictures(pictures)).map((episode) => ({ order, ...episode }))
  return {
    run: name,
    pictures: files.length,
    hours: hoursOf(inTurn.length + held.length),
    said: [...watch('in turn', inTurn), ...watch('held', held)],
  }
}

interface Watched {
  run: string
  first: string
  /** From the first bad picture on; undefined where nothing was said. */
  afterSeconds?: number
  isFalseBefore: boolean
}

/** What is said of a run that turns bad. Frozen pictures are one picture, given to the last bit as it was. */
async function watchBad({ name, files }: Run, damage: Damage | 'frozen'): Promise<Watched> {
  const { before, after } = damage === 'frozen' ? undamaged : damage
  const good = shootAgain(await drawPictures(files.slice(0, goodCount), before), goodCount)
  // A long run goes on; a short one begins anew.
  const from = files.length > goodCount + 5 ? goodCount : 0
  const bad =
    damage === 'frozen'
      ? good.slice(-1).flatMap((last) => Array.from({ length: badCount }, () => last))
      : shootAgain(await drawPictures(files.slice(from, from + badCount), after), badCount)
  const said = watchPictures([...good, ...bad])
  const isFalseBefore = said.slice(0, goodCount).some((one) => one !== 'none')
  const during = said.slice(goodCount)
  const at = during.findIndex((one) => one !== 'none')
  if (at < 0) return { run: name, first: 'none', isFalseBefore }
  return { run: name, first: during[at] ?? 'none', afterSeconds: ((at + 1) * everyMs) / 1000, isFalseBefore }
}

interface BadRow {
  damage: string
  wanted: string
  runs: number
  saidRightly: number
  saidOtherwise: number
  falseBefore: number
  medianSeconds?: number
}

function summarise(damage: string, wanted: string, watched: readonly Watched[]): BadRow {
  const right = watched.filter(({ first }) => first === wanted)
  const seconds = right.flatMap(({ afterSeconds }) => afterSeconds ?? [])
  return {
    damage,
    wanted,
    runs: watched.length,
    saidRightly: right.length,
    saidOtherwise: watched.filter(({ first }) => first !== wanted && first !== 'none').length,
    falseBefore: watched.filter(({ isFalseBefore }) => isFalseBefore).length,
    ...(seconds.length > 0 && { medianSeconds: median(seconds) }),
  }
}

limitDecoderMemory()
const runs = readRuns(values.frames).filter(({ part }) => part === values.part)
const goodRuns: GoodRow[] = []
for (const run of runs) goodRuns.push(await watchGood(run))
const hours = goodRuns.reduce((sum, row) => sum + row.hours, 0)
const episodes = goodRuns.reduce((sum, { said }) => sum + said.length, 0)
const badRuns: BadRow[] = []
for (const damage of ['frozen' as const, ...damages]) {
  const watched: Watched[] = []
  for (const run of runs) watched.push(await watchBad(run, damage))
  const { name, wanted } = damage === 'frozen' ? { name: damage, wanted: 'camera-frozen' } : damage
  badRuns.push(summarise(name, wanted, watched))
}
const good = { hours, episodes, falseAlarmsPerHour: episodes / hours, runs: goodRuns }
if (values.json) console.log(JSON.stringify({ part: values.part, good, bad: badRuns }, null, 2))
else {
  console.log(`good: ${episodes} episodes in ${hours.toFixed(1)} h`)
  for (const { run, said } of goodRuns)
    for (const one of said) console.log(`  ${run}: ${JSON.stringify(one)}`)
  console.table(badRuns)
}
