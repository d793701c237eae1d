import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { readTfjsModel } from '../../../device/detector/tfjs-model.ts'
import { loadTfjsWasm } from '../../../device/detector/tfjs-wasm.ts'
import { makeManifest } from './manifests.ts'

const input = { class_name: 'InputLayer', name: 'pixels', inbound_nodes: [], config: {} }
const from = (name: string) => [[[name, 0, 0, {}]]]
const rescale = {
  class_name: 'Rescaling',
  name: 'scaled',
  inbound_nodes: from('pixels'),
  config: { scale: 0.5, offset: 1 },
}
const map = {
  class_name: 'Conv2D',
  name: 'map',
  inbound_nodes: from('scaled'),
  config: {
    strides: [1, 1],
    padding: 'same',
    data_format: 'channels_last',
    use_bias: true,
    activation: 'relu6',
  },
}
const weights = [
  { name: 'map/kernel', shape: [1, 1, 3, 2], dtype: 'float32' },
  { name: 'map/bias', shape: [2], dtype: 'float32' },
]

describe('a layers model', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'layers-'))
    await mkdir(path.join(dir, 'tfjs'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  /** A model of 1×2 pixels: red goes to the first channel, blue to the second. */
  async function writeModel({
    layers = [input, rescale, map] as object[],
    values = [1, 0, 0, 0, 0, 1, 0.25, -1],
  } = {}) {
    const config = { layers, output_layers: [['map', 0, 0]] }
    const json = JSON.stringify({
      modelTopology: { config },
      weightsManifest: [{ paths: ['a.bin'], weights }],
    })
    const shard = Buffer.from(Float32Array.from(values).buffer)
    await writeFile(path.join(dir, 'tfjs/model.json'), json)
    await writeFile(path.join(dir, 'tfjs/a.bin'), shard)
    const hash = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
    const files = { 'tfjs/model.json': hash(json), 'tfjs/a.bin': hash(shard) }
    const manifest = makeManifest({
      input: { width: 2, height: 1, layout: 'NHWC', range: [0, 255] },
      map: { width: 2, height: 1 },
      files: { tfjs: { path: 'tfjs/model.json', files }, onnx: { path: 'no.onnx', sha256: '0'.repeat(64) } },
    })
    return { dir, manifest }
  }

  test('is computed layer by layer, its activation last', async () => {
    const backend = await loadTfjsWasm(await writeModel())
    const logits = await backend.infer(Float32Array.of(2, 9, 4, 100, 9, -2))
    await backend.close()
    // Red 2 → 2·0.5 + 1 + 0.25; blue 4 → 3 − 1; red 100 is cut at 6; blue −2 → 0 − 1 is cut at 0.
    assert.deepEqual([...logits], [2.25, 2, 6, 0])
  })

  test('is refused where the shards are too short or too long for its weights', async () => {
    const short = await writeModel({ values: [1, 2, 3] })
    await assert.rejects(readTfjsModel(short), ConfigError)
    const long = await writeModel({ values: new Array(9).fill(1) })
    await assert.rejects(readTfjsModel(long), ConfigError)
  })

  test('is refused where it has a layer that is not known here', async () => {
    const model = await writeModel({ layers: [input, { ...rescale, class_name: 'LSTM' }, map] })
    await assert.rejects(readTfjsModel(model), ConfigError)
  })

  test('is refused where a layer takes what is not there', async () => {
    const model = await writeModel({ layers: [input, map] })
    await assert.rejects(loadTfjsWasm(model), /layer map needs scaled/)
  })

  test('is refused where a shard was changed after the manifest was written', async () => {
    const model = await writeModel()
    await writeFile(path.join(dir, 'tfjs/a.bin'), Buffer.alloc(32))
    await assert.rejects(readTfjsModel(model), /not the file that the manifest names/)
  })
})
