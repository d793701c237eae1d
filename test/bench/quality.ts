import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp, { type Sharp } from 'sharp'
import { z } from 'zod'
import { judgeQuality, unknownQuality } from '../../device/camera/quality.ts'
import { decodeFrame, limitDecoderMemory } from '../../device/detector/decode.ts'
import type { PictureFigures } from '../../device/detector/detector.ts'
import { median, quantile } from './figure.ts'

/*
 * `deploy/node24 test/bench/quality.ts -- [--frames DIR] [--json]`: what the frame quality gate says of real runs
 * whose pictures turn bad half way: dark, blurred, blocked, moved, frozen, each in several strengths. Short runs
 * are repeated with fresh sensor noise, so that the gate has learned its view before. A picture every five seconds.
 */

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: path.resolve(import.meta.dirname, '../../../shared/frames') },
    json: { type: 'boolean', default: false },
  },
})

const everyMs = 5_000
const goodPictures = 40
const badPictures = 30
const side = 320

/** What is done to a bad picture of a run, by number; the file is drawn anew and noise is put on it afterwards. */
type Damage = (picture: Sharp) => Sharp | Promise<Sharp>
const shifted =
  (share: number): Damage =>
  async (picture) => {
    const left = Math.round(share * side)
    const wide = await picture.extend({ right: left, extendWith: 'mirror' }).png().toBuffer()
    return sharp(wide).extract({ left, top: 0, width: side, height: side })
  }
const damages: Record<string, { reason: string; damage: Damage }> = {
  'dark, 2 % of the light': { reason: 'camera-dark', damage: (picture) => picture.linear(0.02, 0) },
  'dark, 5 % of the light': { reason: 'camera-dark', damage: (picture) => picture.linear(0.05, 0) },
  'dim, 20 % of the light': { reason: 'none', damage: (picture) => picture.linear(0.2, 0) },
  'blurred, 4 px of 320': { reason: 'camera-blurred', damage: (picture) => picture.blur(4) },
  'blurred, 2 px of 320': { reason: 'camera-blurred', damage: (picture) => picture.blur(2) },
  'covered by a grey sheet': {
    reason: 'camera-blocked',
    damage: (picture) => picture.blur(60).linear(0.2, 90),
  },
  'moved by 25 % of the width': { reason: 'camera-moved', damage: shifted(0.25) },
  'moved by 12 % of the width': { reason: 'camera-moved', damage: shifted(0.12) },
  'moved by 3 % of the width': { reason: 'camera-moved', damage: shifted(0.03) },
}

const Line = z.object({
  file: z.string(),
  source: z.string(),
  group: z.string(),
  frame: z.number().optional(),
})

/** Files of every real run, in the order in which they were taken. */
function readRuns(folder: string): string[][] {
  const lines = readFileSync(path.join(folder, 'manifest.jsonl'), 'utf8').trim().split('\n')
  const runs = new Map<string, { file: string; frame: number }[]>()
  for (const line of lines) {
    const { file, source, group, frame } = Line.parse(JSON.parse(line))
    if (frame === undefined) continue
    const run = `${source} ${group}`
    runs.set(run, [...(runs.get(run) ?? []), { file: path.join(folder, file), frame }])
  }
  return [...runs.values()].map((run) => run.toSorted((a, b) => a.frame - b.frame).map(({ file }) => file))
}

/** Figures of a file as the camera would give it the `number`th time, with noise of its own. */
async function figuresOf(file: string, number: number, damage?: Damage): Promise<PictureFigures> {
  const squeezed = sharp(file).autoOrient().resize(side, side, { fit: 'fill' })
  const whole = await squeezed.png({ compressionLevel: 0 }).toBuffer()
  const damaged = damage ? await damage(sharp(whole)) : sharp(whole)
  const pixels = await damaged.removeAlpha().toColourspace('srgb').raw().toBuffer()
  // One step of luma here and there: no two pictures of a sensor are alike.
  for (let at = number % 89; at < pixels.length; at += 89) pixels[at] = Math.min((pixels[at] ?? 0) + 1, 255)
  const raw = { width: side, height: side, channels: 3 as const }
  const jpeg = await sharp(pixels, { raw }).jpeg({ quality: 90 }).toBuffer()
  return (await decodeFrame(jpeg, { width: side, height: side })).figures
}

/** What was said while pictures were bad; and how many until something was. */
function watch(good: PictureFigures[], bad: PictureFigures[]) {
  let state = unknownQuality
  const said: string[] = []
  for (const [number, figures] of [...good, ...bad].entries()) {
    const [next, verdict] = judgeQuality(state, figures, number * everyMs)
    state = next
    said.push(verdict.isUsable ? 'none' : verdict.reason)
  }
  const during = said.slice(good.length)
  const at = during.findIndex((one) => one !== 'none')
  return {
    falseBefore: said.slice(0, good.length).filter((one) => one !== 'none').length,
    first: during[at] ?? 'none',
    episodes: during.filter((one, index) => one !== 'none' && one !== during[index - 1]).length,
    seconds: at < 0 ? undefined : (at + 1) * (everyMs / 1000),
  }
}

limitDecoderMemory()
const runs = readRuns(values.frames)
const cases = new Map<string, ReturnType<typeof watch>[]>()
const note = (name: string, result: ReturnType<typeof watch>) =>
  cases.set(name, [...(cases.get(name) ?? []), result])
for (const files of runs) {
  const fileAt = (number: number) => files[number % files.length] ?? ''
  const numbers = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index)
  const draw = (from: number, count: number, damage?: Damage) =>
    Promise.all(numbers(count, from).map((number) => figuresOf(fileAt(number), number, damage)))
  const good = await draw(0, goodPictures)
  note('nothing wrong', watch(good, await draw(goodPictures, badPictures)))
  const last = good.at(-1)
  note('frozen', watch(good, last ? Array.from({ length: badPictures }, () => last) : []))
  for (const [name, { damage }] of Object.entries(damages)) {
    note(name, watch(good, await draw(goodPictures, badPictures, damage)))
  }
}

const rows = [...cases].map(([name, results]) => {
  const wanted = damages[name]?.reason ?? (name === 'frozen' ? 'camera-frozen' : 'none')
  const seconds = results.flatMap((result) => result.seconds ?? [])
  return {
    name,
    wanted,
    runs: results.length,
    said: results.filter(({ first }) => first !== 'none').length,
    saidRightly: results.filter(({ first }) => first === wanted).length,
    mostEpisodes: Math.max(...results.map(({ episodes }) => episodes)),
    falseBefore: results.filter(({ falseBefore }) => falseBefore > 0).length,
    medianSeconds: seconds.length > 0 ? median(seconds) : undefined,
    mostSeconds: seconds.length > 0 ? quantile(seconds, 1) : undefined,
  }
})
if (values.json) console.log(JSON.stringify(rows, null, 2))
else console.table(rows)
