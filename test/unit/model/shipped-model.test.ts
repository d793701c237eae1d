import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { rarityOf } from '../../../device/assess/rarities.ts'

const folder = join(import.meta.dirname, '../../../device/model')

const Measured = z.looseObject({ value: z.number(), interval: z.tuple([z.number(), z.number()]).nullable() })
const Weights = z.object({ path: z.string(), sha256: z.string() })
const Reference = z.object({ path: z.string(), tolerance: z.number() })
const Manifest = z.looseObject({
  version: z.string(),
  labels: z.array(z.string()).min(1),
  map: z.object({ width: z.number(), height: z.number() }),
  sha256: z.string(),
  files: z.object({
    tfjs: z.object({ path: z.string(), files: z.record(z.string(), z.string()) }),
    onnx: Weights,
    onnxInt8: Weights.extend({ reference: Reference }).optional(),
  }),
  reference: Reference,
  scores: z.looseObject({
    figures: z.record(z.string(), Measured),
    int8: z.object({ sha256: z.string(), within: z.number(), sameSide: z.number() }).optional(),
  }),
  sources: z.array(z.looseObject({ name: z.string(), licence: z.string() })).min(1),
})

const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
const card = await readFile(join(folder, 'card.md'), 'utf8')

async function hash(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, path)))
    .digest('hex')
}

/** As the card prints a figure: `0.973 [0.951, 0.989]`. */
function print({ value, interval }: z.infer<typeof Measured>): string {
  const [low, high] = interval ?? []
  return low === undefined || high === undefined
    ? value.toFixed(3)
    : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`
}

/** Every figure with an interval, however deep it lies. */
function findFigures(value: unknown): z.infer<typeof Measured>[] {
  const parsed = Measured.safeParse(value)
  if (parsed.success) return [parsed.data]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(findFigures) : []
}

test('every file the manifest names is there with its hash, and the ONNX hash is the identity', async () => {
  for (const [path, sha256] of Object.entries(manifest.files.tfjs.files)) {
    assert.equal(await hash(path), sha256, path)
  }
  for (const weights of [manifest.files.onnx, manifest.files.onnxInt8]) {
    if (weights) assert.equal(await hash(weights.path), weights.sha256, weights.path)
  }
  assert.equal(manifest.sha256, manifest.files.onnx.sha256)
})

test('the tfjs folder holds nothing but what the manifest names, in shards of 4 MiB at most', async () => {
  const names = (await readdir(join(folder, 'tfjs'))).map((name) => `tfjs/${name}`)
  assert.deepEqual(names.sort(), Object.keys(manifest.files.tfjs.files).sort())
  for (const name of names) assert.ok((await stat(join(folder, name))).size <= 4 * 1024 * 1024, name)
})

for (const [name, reference] of Object.entries({
  'first weights': manifest.reference,
  'weights of 8 bits': manifest.files.onnxInt8?.reference,
})) {
  if (!reference) continue
  const { path, tolerance } = reference
  test(`the reference outputs of the ${name} fill the map for every label and tell cells apart`, async () => {
    const text = await readFile(join(folder, path), 'utf8')
    const { logits } = z.object({ logits: z.array(z.number()) }).parse(JSON.parse(text))
    const { width, height } = manifest.map
    assert.equal(logits.length, width * height * manifest.labels.length)
    const spread = Math.max(...logits) - Math.min(...logits)
    assert.ok(spread > 10 * tolerance, `the reference hardly varies: ${spread}`)
  })
}

test('weights of 8 bits, where there are any, were measured and stay close to the first ones', () => {
  const { onnxInt8 } = manifest.files
  if (!onnxInt8) return
  const { int8 } = manifest.scores
  assert.equal(int8?.sha256, onnxInt8.sha256)
  assert.ok(
    int8.within >= 0.99 && int8.sameSide >= 0.99,
    `${int8.within} within 0.05, ${int8.sameSide} alike`,
  )
})

test('the card states the model, every source with its licence, and the held-out figures', () => {
  assert.ok(card.includes(manifest.sha256) && card.includes(manifest.version))
  if (manifest.files.onnxInt8) assert.ok(card.includes(manifest.files.onnxInt8.sha256))
  for (const { name, licence } of manifest.sources) {
    assert.ok(
      card.split('\n').some((line) => line.startsWith(`| ${name} `) && line.includes(licence)),
      name,
    )
  }
  for (const [name, figure] of Object.entries(manifest.scores.figures)) {
    assert.ok(card.includes(print(figure)), name)
  }
})

test('the card prints no figure that the manifest does not have', () => {
  const known = new Set(findFigures(manifest.scores).map(print))
  const printed = card.match(/\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]/g) ?? []
  assert.ok(printed.length > 0)
  for (const figure of printed) assert.ok(known.has(figure), figure)
})

test('how rare rises are was measured for the weights that are shipped', () => {
  assert.equal(rarityOf(manifest.sha256).isMeasured, true)
})
