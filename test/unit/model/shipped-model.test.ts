import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'

const folder = join(import.meta.dirname, '../../../device/model')

const Measured = z.looseObject({ value: z.number(), interval: z.tuple([z.number(), z.number()]) })
const Source = z.looseObject({
  recall: Measured.optional(),
  falseAlarms: Measured.optional(),
  auc: Measured.optional(),
})
const Manifest = z.looseObject({
  version: z.string(),
  labels: z.array(z.string()).min(1),
  map: z.object({ width: z.number(), height: z.number() }),
  sha256: z.string(),
  files: z.object({
    tfjs: z.object({ path: z.string(), files: z.record(z.string(), z.string()) }),
    onnx: z.object({ path: z.string(), sha256: z.string() }),
  }),
  reference: z.object({ path: z.string(), tolerance: z.number() }),
  scores: z.looseObject({
    figures: z.record(z.string(), Measured),
    sources: z.record(z.string(), Source),
    leftOut: z.record(z.string(), z.looseObject({ auc: Measured })),
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
function print({ value, interval: [low, high] }: z.infer<typeof Measured>): string {
  return `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`
}

test('every file the manifest names is there with its hash, and the ONNX hash is the identity', async () => {
  for (const [path, sha256] of Object.entries(manifest.files.tfjs.files)) {
    assert.equal(await hash(path), sha256, path)
  }
  assert.equal(await hash(manifest.files.onnx.path), manifest.files.onnx.sha256)
  assert.equal(manifest.sha256, manifest.files.onnx.sha256)
})

test('the tfjs folder holds nothing but what the manifest names, in shards of 4 MiB at most', async () => {
  const names = (await readdir(join(folder, 'tfjs'))).map((name) => `tfjs/${name}`)
  assert.deepEqual(names.sort(), Object.keys(manifest.files.tfjs.files).sort())
  for (const name of names) assert.ok((await stat(join(folder, name))).size <= 4 * 1024 * 1024, name)
})

test('the reference outputs fill the map for every label and tell cells apart', async () => {
  const text = await readFile(join(folder, manifest.reference.path), 'utf8')
  const { logits } = z.object({ logits: z.array(z.number()) }).parse(JSON.parse(text))
  const { width, height } = manifest.map
  assert.equal(logits.length, width * height * manifest.labels.length)
  const spread = Math.max(...logits) - Math.min(...logits)
  assert.ok(spread > 100 * manifest.reference.tolerance, `the reference hardly varies: ${spread}`)
})

test('the card states the model, every source with its licence, and every figure of the manifest', () => {
  assert.ok(card.includes(manifest.sha256) && card.includes(manifest.version))
  for (const { name, licence } of manifest.sources) {
    assert.ok(
      card.split('\n').some((line) => line.startsWith(`| ${name} `) && line.includes(licence)),
      name,
    )
  }
  const { figures, sources, leftOut } = manifest.scores
  const perSource = Object.values(sources).flatMap(({ recall, falseAlarms, auc }) => [
    recall,
    falseAlarms,
    auc,
  ])
  const all = [...Object.values(figures), ...perSource, ...Object.values(leftOut).map(({ auc }) => auc)]
  for (const figure of all) if (figure) assert.ok(card.includes(print(figure)), print(figure))
})

test('the card prints no figure that the manifest does not have', () => {
  const { figures, sources, leftOut } = manifest.scores
  const perSource = Object.values(sources).flatMap(({ recall, falseAlarms, auc }) => [
    recall,
    falseAlarms,
    auc,
  ])
  const known = new Set(
    [...Object.values(figures), ...perSource, ...Object.values(leftOut).map(({ auc }) => auc)].flatMap(
      (figure) => (figure ? [print(figure)] : []),
    ),
  )
  const printed = card.match(/\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]/g) ?? []
  assert.ok(printed.length > 0)
  for (const figure of printed) assert.ok(known.has(figure), figure)
})
