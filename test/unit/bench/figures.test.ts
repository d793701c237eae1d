import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { countPausesOf, thresholdFor } from '../../bench/judge/equal-pauses.ts'
import { partOf, readFrames } from '../../bench/judge/frames.ts'
import type { RecordedPrint } from '../../bench/judge/good-run.ts'
import { scoreOf, toJudgement, toLogOdds } from '../../bench/judge/picture.ts'
import { oneFrame, printGuard } from '../../bench/judge/rules.ts'
import { recallMaps } from '../../bench/judge/score-cache.ts'
import { bootstrap, poissonUpper, shareInterval } from '../../bench/judge/statistics.ts'
import { answers, mapOf } from './pictures.ts'

test('the bound of a Poisson rate is that of the tables', () => {
  for (const [count, bound] of [
    [0, 2.996],
    [1, 4.744],
    [3, 7.754],
    [10, 16.962],
  ] as const) {
    assert.ok(Math.abs(poissonUpper(count) - bound) < 0.001, `${count}: ${poissonUpper(count)}`)
  }
})

test('intervals hold the figure and narrow with what it rests on', () => {
  const [low, high] = shareInterval(5, 100)
  assert.ok(low < 0.05 && high > 0.05 && high - low < 0.1)
  assert.deepEqual(shareInterval(0, 0), [0, 1])
  const mean = (drawn: readonly number[]) => drawn.reduce((sum, one) => sum + one, 0) / drawn.length
  const widthOf = ([from, to]: [number, number]) => to - from
  const values = (count: number) => Array.from({ length: count }, (_, i) => i % 10)
  assert.ok(widthOf(bootstrap(values(400), mean)) < widthOf(bootstrap(values(40), mean)) / 2)
})

const record = (scores: readonly number[]): RecordedPrint => ({
  usualScore: 0,
  intervalSeconds: 5,
  scores: Float64Array.from(scores),
  xs: new Float32Array(scores.length),
  ys: new Float32Array(scores.length),
})

test('every pause counts, and a rule begins anew after each', () => {
  const print = record([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9])
  assert.equal(countPausesOf(printGuard, print, { threshold: 0.75, most: 99 }), 2)
  assert.equal(countPausesOf(oneFrame, print, { threshold: 0.75, most: 99 }), 7)
})

test('a rule is set to pause as often as is allowed and no more', () => {
  const prints = [record([0.1, 0.9, 0.95, 0.1]), record([0.5, 0.4]), record([0.7, 0.7, 0.7])]
  const pausesAt = (threshold: number) =>
    prints.reduce((sum, print) => sum + countPausesOf(oneFrame, print, { threshold, most: 99 }), 0)
  for (let most = 0; most <= 7; most++) {
    const threshold = thresholdFor(oneFrame, prints, most)
    assert.ok(pausesAt(threshold) <= most, `${most} allowed, ${pausesAt(threshold)} at ${threshold}`)
  }
  assert.ok(thresholdFor(oneFrame, prints, 0) > 0.95)
  assert.ok(thresholdFor(oneFrame, prints, 2) <= 0.7 + 1e-9, 'two pauses of the first print are allowed')
})

test('a judgement taken apart and put together again is the same', () => {
  const judgement = toJudgement(mapOf(1.25), answers)
  const again = toJudgement(toLogOdds(judgement, answers), answers)
  assert.ok(Math.abs(again.score - judgement.score) < 1e-6)
  assert.deepEqual(again.detections.length, 1)
  assert.ok(Math.abs(scoreOf(mapOf(1.25), answers) - 1.25) < 1e-6)
})

test('a frame is scored by the mean of its hottest cells, whatever their order', () => {
  const map = mapOf(-8)
  map[13] = 3
  map[2] = 1
  map[9] = 2
  assert.equal(scoreOf(map, answers), 2.5)
})

test('frames are split as the training splits them', () => {
  // From `part_of` of device/model/training/data.py.
  assert.deepEqual(['BlackMoai', 'BlackTilt_noz', 'BlueMonk', 'YellowCat', 'red'].map(partOf), [
    'train',
    'test',
    'calibration',
    'test',
    'train',
  ])
})

test('a source left out of training is held out as a whole, and a gantry is no failure', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-frames-'))
  const row = { file: 'a.jpg', source: 'timelapseplus', group: 'red', label: 'ok', licence: 'none stated' }
  const gantry = { class: 'printer_gantry', box: [0.5, 0.5, 0.2, 0.2] }
  const tangle = { class: 'spaghetti', box: [0.5, 0.5, 0.2, 0.4] }
  const bad = { file: 'b.jpg', source: 'kapis20', group: 'red', label: 'failure', boxes: [gantry, tangle] }
  await writeFile(path.join(dir, 'manifest.jsonl'), `${JSON.stringify(row)}\n${JSON.stringify(bad)}\n`)
  const [good, failing] = await readFrames(dir, ['timelapseplus'])
  await rm(dir, { recursive: true })
  assert.deepEqual([good?.part, good?.isFailing, failing?.part], ['test', false, 'train'])
  assert.deepEqual(
    failing?.boxes.map((box) => box.map((side) => Math.round(side * 100))),
    [[40, 30, 20, 40]],
  )
})

test('scores are made once, kept, and made anew when asked to or when the file is broken', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'layerwatch-scores-'))
  const cache = { dir, modelSha256: 'a'.repeat(64), isFresh: false }
  const wanted = { shelf: 'frames', names: ['one', 'two'], answers }
  let made = 0
  const make = async () => mapOf(++made)
  const first = await recallMaps(cache, wanted, make)
  const second = await recallMaps(cache, { ...wanted, names: ['one', 'two', 'three'] }, make)
  assert.equal(made, 3)
  assert.deepEqual(second.get('two'), first.get('two'))
  await recallMaps({ ...cache, isFresh: true }, wanted, make)
  assert.equal(made, 5)
  await recallMaps({ ...cache, modelSha256: 'b'.repeat(64) }, wanted, make)
  assert.equal(made, 7)
  await writeFile(path.join(dir, 'a'.repeat(16), 'frames.bin'), 'cut off')
  await recallMaps(cache, wanted, make)
  assert.equal(made, 9)
  await rm(dir, { recursive: true })
})
