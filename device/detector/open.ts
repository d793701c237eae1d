import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { describeMachine, recallChoice, rememberChoice } from './choice-file.ts'
import { chooseBackend } from './choose.ts'
import type { BackendName, Detector } from './detector.ts'
import { loadModel, type Model, selectWeights } from './manifest.ts'
import { type BackendReport, describeReport, findTaken } from './report.ts'
import { ThreadedDetector } from './threaded.ts'

export interface OpenOptions {
  /** `auto` takes the fastest runtime that is there and agrees with the model's reference outputs. */
  backend: 'auto' | BackendName
  /** The shipped model, `shippedModelDir`, unless a person configured another. */
  modelDir: string
  /** Threads of one inference, where the runtime has them. */
  threads: number
  /** File that remembers the choice of `auto`, in the agent's data folder. Without it every start chooses. */
  choiceFile?: string | undefined
  log: Logger
}

export interface OpenedDetector {
  detector: Detector
  /** What became of each runtime; only the configured one where one is configured. */
  reports: BackendReport[]
}

/** Folder of the model that comes with the agent. */
export const shippedModelDir = new URL('../model', import.meta.url).pathname

/**
 * Opens the detector, its thread started and its model checked.
 * @throws ConfigError where the model is broken, or the configured runtime is absent or disagrees.
 * @throws UnavailableError where the detector's thread does not start.
 */
export async function openDetector(options: OpenOptions, signal: AbortSignal): Promise<OpenedDetector> {
  const model = await loadModel(options.modelDir)
  if (options.backend === 'auto') return openFastest(model, options, signal)
  const detector = await startDetector(options.backend, model, options).catch((cause: unknown) => {
    if (!(cause instanceof UnavailableError)) throw cause
    throw new ConfigError(`detector.backend ${options.backend} can't be used: ${cause.message}`, { cause })
  })
  return { detector, reports: [{ name: options.backend, state: 'taken' }] }
}

async function openFastest(model: Model, options: OpenOptions, signal: AbortSignal): Promise<OpenedDetector> {
  const { threads, choiceFile, log } = options
  const key = describeMachine(model, threads)
  const remembered = choiceFile === undefined ? undefined : await recallChoice(choiceFile, key)
  const again = remembered && (await startTaken(remembered, model, options).catch(() => undefined))
  if (again) return again

  const reports = await chooseBackend(model, threads, signal)
  log.info({ backends: reports.map(describeReport) }, 'detector backends tried')
  const opened = await startTaken(reports, model, options)
  if (!opened) {
    throw new ConfigError('no detector backend can be used', { problems: reports.map(describeReport) })
  }
  if (choiceFile !== undefined) await rememberChoice(choiceFile, { key, reports }, log)
  return opened
}

async function startTaken(
  reports: BackendReport[],
  model: Model,
  options: OpenOptions,
): Promise<OpenedDetector | undefined> {
  const backend = findTaken(reports)
  return backend && { detector: await startDetector(backend, model, options), reports }
}

async function startDetector(
  backend: BackendName,
  model: Model,
  { threads, log }: OpenOptions,
): Promise<Detector> {
  const { dir: modelDir, manifest } = selectWeights(model, backend)
  const detector = new ThreadedDetector({
    start: { backend, modelDir, threads },
    modelSha256: manifest.sha256,
    tolerance: manifest.reference.tolerance,
    log,
  })
  await detector.start()
  return detector
}
