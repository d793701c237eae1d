import util from 'node:util'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Backend } from './detector.ts'
import { inputShape, type Model } from './manifest.ts'
import { configureTensorFlow } from './native-environment.ts'
import { readTfjsModel } from './tfjs-model.ts'
import { buildNetwork } from './tfjs-network.ts'

/**
 * TensorFlow.js on TensorFlow's C library.
 * @param threads the library reads them once, when it is loaded.
 * @throws ConfigError where the model is not the one the manifest describes.
 * @throws UnavailableError where the library is not there or does not load.
 */
export async function loadTfjsNode(model: Model, threads: number): Promise<Backend> {
  const tf = await loadTensorFlow(threads).catch((cause: unknown) => {
    throw new UnavailableError('its library is not installed; `npm run native:tfjs` gets it', { cause })
  })
  if (tf.getBackend() !== 'tensorflow') throw new UnavailableError('its library did not start')
  const network = buildNetwork(await readTfjsModel(model))
  return {
    name: 'tfjs-node',
    infer: (input) => network.run(input, inputShape(model.manifest)),
    close: async () => network.dispose(),
  }
}

/**
 * TensorFlow.js with its native library, as the package exports it.
 * @throws whatever the package throws where the library is not there.
 */
export async function loadTensorFlow(threads: number): Promise<typeof import('@tensorflow/tfjs-node')> {
  restoreOldFunctions()
  configureTensorFlow(threads)
  return (await import('@tensorflow/tfjs-node')).default
}

/**
 * tfjs-node 4.22 calls one function that Node 23 removed and one that it warns of; both are replaced before
 * the package is loaded.
 */
function restoreOldFunctions(): void {
  const old = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  }
  for (const [name, value] of Object.entries(old)) {
    Object.defineProperty(util, name, { value, configurable: true, writable: true })
  }
}
