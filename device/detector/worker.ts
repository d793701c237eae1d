import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { findDetections, readMaps } from './boxes.ts'
import { decodeFrame, limitDecoderMemory } from './decode.ts'
import type { Backend, BackendName, FrameJudgement } from './detector.ts'
import { loadBackend } from './load.ts'
import { inputShape, loadModel, type ModelManifest, selectWeights } from './manifest.ts'
import { compareWithReference } from './reference.ts'
import { scoreFrame } from './score.ts'

/*
 * The thread that decodes and judges, so that neither holds up the agent's loop. One request, one reply, one
 * frame at a time; the first reply comes unasked once the model is loaded.
 */

/** What the thread is started with. */
export interface WorkerStart {
  backend: BackendName
  modelDir: string
  threads: number
}

export type WorkerRequest = { kind: 'judge'; jpeg: Uint8Array } | { kind: 'close' }

export type WorkerReply =
  /** Loaded; `difference` from the reference outputs, see `reference.ts`. */
  | { kind: 'ready'; difference: number }
  /** The runtime is not there or does not start. */
  | { kind: 'unavailable'; reason: string }
  /** The model's files are missing or not the ones the manifest names. */
  | { kind: 'misconfigured'; reason: string }
  | { kind: 'judged'; judgement: FrameJudgement }
  /** The bytes are no picture that can be judged. */
  | { kind: 'refused'; reason: string }

async function serve(port: MessagePort, start: WorkerStart): Promise<void> {
  limitDecoderMemory()
  const { difference, ...loaded } = await load(start)
  port.on('message', (request: WorkerRequest) => {
    if (request.kind === 'close') void loaded.backend.close().finally(() => port.close())
    else void judge(request.jpeg, loaded).then((answer) => reply(port, answer))
  })
  reply(port, { kind: 'ready', difference })
}

interface Loaded {
  manifest: ModelManifest
  backend: Backend
  /** One for all frames: a new one for each would pile up faster than it is collected. */
  input: Float32Array
}

async function load({
  backend: name,
  modelDir,
  threads,
}: WorkerStart): Promise<Loaded & { difference: number }> {
  const model = selectWeights(await loadModel(modelDir), name)
  const backend = await loadBackend(name, model, threads)
  const difference = await compareWithReference(backend, model)
  const input = new Float32Array(inputShape(model.manifest).reduce((size, length) => size * length))
  return { manifest: model.manifest, backend, input, difference }
}

async function judge(jpeg: Uint8Array, { manifest, backend, input }: Loaded): Promise<WorkerReply> {
  try {
    const startedAtMs = performance.now()
    const { pixels, figures } = await decodeFrame(jpeg, manifest.input)
    input.set(pixels)
    const decodedAtMs = performance.now()
    const logits = await backend.infer(input)
    const inferMs = performance.now() - decodedAtMs
    return {
      kind: 'judged',
      judgement: {
        score: scoreFrame(logits, manifest),
        detections: findDetections(logits, manifest),
        maps: readMaps(logits, manifest),
        figures,
        decodeMs: decodedAtMs - startedAtMs,
        inferMs,
      },
    }
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: 'refused', reason: error.message }
    throw error
  }
}

function reply(port: MessagePort, message: WorkerReply): void {
  port.postMessage(message)
}

if (parentPort) {
  const port = parentPort
  await serve(port, workerData).catch((error: unknown) => {
    if (error instanceof UnavailableError) reply(port, { kind: 'unavailable', reason: error.message })
    else if (error instanceof ConfigError) reply(port, { kind: 'misconfigured', reason: error.message })
    else throw error
    port.close()
  })
}
