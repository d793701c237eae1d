/** Runs the exported tf.layers model on the reference input and compares. Argument: the model's folder. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { z } from 'zod'

const Model = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z.tuple([
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.number()), dtype: z.literal('float32') }),
      ),
    }),
  ]),
})
const Reference = z.object({ logits: z.array(z.number()) })

const folder = process.argv[2] ?? '.'
const require = createRequire(import.meta.url)
setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`)
await tf.setBackend('wasm')
const model = await openModel(join(folder, 'tfjs'))
const answer = tf.tidy(() => model.predict(tf.tensor4d(makeInput(), [1, 320, 320, 3])))
if (!(answer instanceof tf.Tensor)) throw new Error('the model answers with more than one tensor')
const logits = await answer.data()
const { logits: expected } = Reference.parse(
  JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8')),
)
const largest = Math.max(...expected.map((logit, index) => Math.abs(logit - (logits[index] ?? Number.NaN))))
console.log(`tfjs (${tf.getBackend()}) differs from PyTorch by ${largest.toExponential(1)}`)
if (!(largest <= 1e-3) || logits.length !== expected.length) process.exit(1)

async function openModel(path: string) {
  const { modelTopology, weightsManifest } = Model.parse(
    JSON.parse(await readFile(join(path, 'model.json'), 'utf8')),
  )
  const shards = await Promise.all(weightsManifest[0].paths.map((name) => readFile(join(path, name))))
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer
  return loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  })
}

function makeInput(): Float32Array {
  return Float32Array.from({ length: 320 * 320 * 3 }, (_, index) => {
    const [y, x, c] = [Math.floor(index / 960), Math.floor(index / 3) % 320, index % 3]
    return (x * (c + 1) + 2 * y + ((x * y) % 97) + 53 * c) % 256
  })
}
