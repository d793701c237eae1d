import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Backend, BackendName } from './detector.ts'
import { inputShape, type Model, readModelFile } from './manifest.ts'

/**
 * ONNX Runtime, the fastest measured.
 * @throws ConfigError where the model is not the one the manifest describes.
 * @throws UnavailableError where the library is not there or does not load.
 */
export async function loadOnnx(
  name: Extract<BackendName, 'onnx' | 'onnx-int8'>,
  model: Model,
  threads: number,
): Promise<Backend> {
  const { default: ort } = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new UnavailableError('its library is not installed or does not fit this machine', { cause })
  })
  const { path, sha256 } = model.manifest.files.onnx
  const session = await ort.InferenceSession.create(await readModelFile(model, path, sha256), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Its memory patterns gain no time here and cost 20 MB.
    enableMemPattern: false,
  })
  const [inputName = ''] = session.inputNames
  const [outputName = ''] = session.outputNames
  const shape = inputShape(model.manifest)
  return {
    name,
    infer: async (input) => {
      const { [outputName]: output } = await session.run({
        [inputName]: new ort.Tensor('float32', input, shape),
      })
      if (!(output?.data instanceof Float32Array)) throw new Error('the model answers no float32')
      return output.data
    },
    close: () => session.release(),
  }
}
