import type { Backend, BackendName } from './detector.ts'
import type { Model } from './manifest.ts'

/** In the order they are tried. */
export const backendNames: readonly BackendName[] = ['onnx-int8', 'onnx', 'tfjs-node', 'tfjs-wasm']

/**
 * Loads a model on one runtime; only that runtime's library is loaded.
 * @param model as `selectWeights` gives it for this runtime.
 * @throws ConfigError where the model is not the one the manifest describes.
 * @throws UnavailableError where the runtime is not there or does not start, with the reason.
 */
export async function loadBackend(name: BackendName, model: Model, threads: number): Promise<Backend> {
  switch (name) {
    case 'onnx-int8':
    case 'onnx':
      return (await import('./onnx.ts')).loadOnnx(name, model, threads)
    case 'tfjs-node':
      return (await import('./tfjs-node.ts')).loadTfjsNode(model, threads)
    case 'tfjs-wasm':
      return (await import('./tfjs-wasm.ts')).loadTfjsWasm(model)
  }
}
