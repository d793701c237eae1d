import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import sharp, { type Sharp } from 'sharp'
import { z } from 'zod'
import { drawPicture } from '../../fakes/pictures.ts'

const training = path.resolve(import.meta.dirname, '../../../device/model/training')
const environment = process.env.LAYERWATCH_TRAINING_VENV ?? path.join(training, '.venv')
const isPrepared = existsSync(path.join(environment, 'bin/python'))

const Measured = z.looseObject({
  frames: z.object({ good: z.number(), failing: z.number(), groups: z.number() }),
  alarmProbability: z.number().nullable(),
  figures: z.record(z.string(), z.looseObject({ value: z.number() })),
  sources: z.record(z.string(), z.unknown()),
  skipped: z.array(z.object({ where: z.string(), reason: z.string() })),
})

/** `npm run model:evaluate` on folders that somebody else put together. */
describe('evaluating', { skip: !isPrepared && 'needs the Python environment of the training' }, () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'frames-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  async function evaluate(rows: unknown[], options: string[] = []) {
    const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)))
    await writeFile(path.join(dir, 'manifest.jsonl'), `${lines.join('\n')}\n`)
    return run(options)
  }

  function run(options: string[]) {
    const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>()
    const args = ['evaluate', '--frames', dir, '--json', ...options]
    const env = { ...process.env, LAYERWATCH_TRAINING_VENV: environment }
    execFile(path.join(training, 'run'), args, { env, timeout: 280_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
    return promise
  }

  const draw = async (name: string, seed: number, change = (picture: Sharp) => picture.jpeg()) =>
    writeFile(path.join(dir, name), await change(sharp(await drawPicture(seed))).toBuffer())

  test('measures every frame whose picture and label can be read, and names each of the others', async () => {
    await draw('colour.jpg', 1)
    await draw('grey.jpg', 2, (picture) => picture.greyscale().jpeg())
    await draw('print.jpg', 3, (picture) => picture.toColourspace('cmyk').jpeg())
    await draw('picture.png', 4, (picture) => picture.ensureAlpha(0.5).png())
    await draw('turned.jpg', 5, (picture) => picture.withMetadata({ orientation: 6 }).jpeg())
    await draw('huge.jpg', 6, (picture) => picture.resize(9000, 7000, { fit: 'fill' }).jpeg())
    await writeFile(path.join(dir, 'broken.jpg'), (await drawPicture(7)).subarray(0, 200))
    await writeFile(path.join(dir, 'text.jpg'), 'no picture')
    const { code, stdout, stderr } = await evaluate([
      {
        file: 'colour.jpg',
        label: 'failure',
        source: 'never seen',
        boxes: [{ class: 'spaghetti', box: [0.5, 0.5, 0.2, 0.2] }],
      },
      { file: 'grey.jpg', label: 'ok' },
      { file: 'print.jpg', label: 'failure', boxes: null },
      { file: 'picture.png', label: 'ok', source: 'another', group: 'one' },
      { file: 'turned.jpg', label: 'failure', boxes: [{ class: 'spaghetti', box: [0.5, 0.5, 0.2] }] },
      { file: 'huge.jpg', label: 'ok' },
      { file: 'broken.jpg', label: 'ok' },
      { file: 'text.jpg', label: 'ok' },
      { file: 'absent.jpg', label: 'failure' },
      { file: 'colour.jpg', label: 'perhaps' },
      { label: 'ok' },
      '{ this is no JSON',
      '[]',
      '',
    ])
    assert.equal(code, 65)
    const { frames, figures, sources, skipped } = Measured.parse(JSON.parse(stdout))
    assert.deepEqual([frames.good, frames.failing], [3, 3])
    assert.ok(figures.auc && figures.paintedWorst)
    assert.deepEqual(Object.keys(sources).sort(), ['another', 'never seen', 'unnamed'])
    const named = skipped.map(({ where }) => where).join('\n')
    for (const place of [
      'broken.jpg',
      'text.jpg',
      'absent.jpg',
      'a box of turned.jpg',
      ':10',
      ':11',
      ':12',
      ':13',
    ]) {
      assert.ok(named.includes(place), `${place} in\n${named}`)
      assert.ok(stderr.includes(place), place)
    }
    assert.equal(skipped.length, 8)
  })

  test('measures a folder of failing frames alone, at the threshold that the card states', async () => {
    await draw('a.jpg', 1)
    const { code, stdout } = await evaluate([{ file: 'a.jpg', label: 'failure' }])
    assert.equal(code, 0)
    const { figures, alarmProbability } = Measured.parse(JSON.parse(stdout))
    assert.ok(alarmProbability !== null && figures.statedRecall)
    assert.equal(figures.auc, undefined)
  })

  test('measures a folder of good frames alone', async () => {
    await draw('a.jpg', 1)
    const { code, stdout } = await evaluate([{ file: 'a.jpg', label: 'ok' }])
    assert.equal(code, 0)
    assert.ok(Measured.parse(JSON.parse(stdout)).figures.statedFalseAlarms)
  })

  test('says that there is nothing to measure', async () => {
    const without = await run([])
    assert.equal(without.code, 66)
    assert.match(without.stderr, /manifest\.jsonl/)
    const empty = await evaluate([])
    assert.equal(empty.code, 66)
    assert.match(empty.stderr, /has no frame to measure/)
    const unreadable = await evaluate([{ file: 'absent.jpg', label: 'ok' }])
    assert.equal(unreadable.code, 66)
    assert.match(unreadable.stderr, /none of the pictures/)
  })

  test('refuses to call a source unseen that the weights were trained on', async () => {
    await draw('a.jpg', 1)
    const { code, stderr } = await evaluate(
      [{ file: 'a.jpg', label: 'ok', source: 'kapis20' }],
      ['--leave-out', 'kapis20'],
    )
    assert.equal(code, 64)
    assert.match(stderr, /were trained on kapis20/)
  })
})
