import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import type { Backend } from './detector.ts'
import { inputShape, type Model } from './manifest.ts'
import { readTfjsModel } from './tfjs-model.ts'
import { buildNetwork } from './tfjs-network.ts'

/**
 * TensorFlow.js on WebAssembly: runs everywhere, on one thread.
 * @throws ConfigError where the model is not the one the manifest describes.
 * @throws UnavailableError where WebAssembly does not start.
 */
export async function loadTfjsWasm(model: Model): Promise<Backend> {
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))
  setWasmPaths(folder + sep)
  // TensorFlow.js falls back silently to plain JavaScript, thirty times slower.
  if (!(await tf.setBackend('wasm')) || tf.getBackend() !== 'wasm') {
    throw new UnavailableError('WebAssembly did not start')
  }
  const network = buildNetwork(await readTfjsModel(model))
  return {
    name: 'tfjs-wasm',
    infer: (input) => network.run(input, inputShape(model.manifest)),
    close: async () => network.dispose(),
  }
}
