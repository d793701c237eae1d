import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { SHARE_ENV, Worker } from 'node:worker_threads'
import { ConfigError, ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import type { BackendName, Detector, FrameJudgement } from './detector.ts'
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker.ts'

/** Loading takes up to a second on a PC and several on a Pi. */
const startTimeoutMs = 60_000
/** A frame takes up to 0.2 s on a PC and about a second on the slowest Pi. */
const judgeTimeoutMs = 20_000
const closeTimeoutMs = 2000

/** Starts the thread; a test passes its own to hold on to it. */
export function startWorker(start: WorkerStart): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), {
    name: `detector-${start.backend}`,
    workerData: start,
    // TensorFlow's library reads its settings from the environment of the process.
    ...(start.backend === 'tfjs-node' ? { env: SHARE_ENV } : {}),
    // Small, so that what a frame leaves behind is collected soon: 20 MB less than Node's own choice.
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4 },
  })
}

export interface ThreadedOptions {
  start: WorkerStart
  modelSha256: string
  /** Largest difference from the reference outputs at which the thread may judge. */
  tolerance: number
  log: Logger
  startWorker?: (start: WorkerStart) => Worker
}

/** A detector in a worker thread. Callers take turns; a thread that died is started by the next call. */
export class ThreadedDetector implements Detector {
  readonly backend: BackendName
  readonly modelSha256: string
  readonly #options: ThreadedOptions
  #worker: Promise<Worker> | undefined
  #lastTurn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ThreadedOptions) {
    this.backend = options.start.backend
    this.modelSha256 = options.modelSha256
    this.#options = options
  }

  /**
   * Starts the thread ahead of the first frame.
   * @throws UnavailableError where the runtime is absent or disagrees with the reference outputs.
   * @throws ConfigError where the model's files are not the ones its manifest names.
   */
  async start(): Promise<void> {
    await this.#getWorker()
  }

  judge(jpeg: Uint8Array, signal: AbortSignal): Promise<FrameJudgement> {
    const turn = this.#lastTurn.then(() => this.#ask(jpeg, signal))
    this.#lastTurn = turn.catch(() => undefined)
    return untilAborted(turn, signal)
  }

  /** Lets the frame under judgement finish, if it does so soon. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.race([this.#lastTurn, delay(closeTimeoutMs, undefined, { ref: false })])
    const worker = await this.#worker?.catch(() => undefined)
    if (!worker) return
    const ended = once(worker, 'exit', { signal: AbortSignal.timeout(closeTimeoutMs) })
    worker.postMessage({ kind: 'close' } satisfies WorkerRequest)
    await ended.catch(() => worker.terminate())
  }

  async #ask(jpeg: Uint8Array, signal: AbortSignal): Promise<FrameJudgement> {
    signal.throwIfAborted()
    const worker = await this.#getWorker()
    worker.postMessage({ kind: 'judge', jpeg } satisfies WorkerRequest)
    const reply = await nextReply(worker, judgeTimeoutMs).catch(async (cause: unknown) => {
      await worker.terminate()
      throw new UnavailableError('the detector died over a frame', { cause })
    })
    if (reply.kind === 'judged') return reply.judgement
    if (reply.kind === 'refused') throw new ProtocolError(reply.reason)
    throw new Error(`the detector answered a frame with "${reply.kind}"`)
  }

  async #getWorker(): Promise<Worker> {
    if (this.#isClosed) throw new UnavailableError('the detector is closed')
    if (!this.#worker) {
      const worker = this.#startWorker(() => {
        if (this.#worker === worker) this.#worker = undefined
      })
      this.#worker = worker
    }
    return this.#worker
  }

  async #startWorker(forget: () => void): Promise<Worker> {
    const { start, tolerance, log } = this.#options
    const worker = (this.#options.startWorker ?? startWorker)(start)
    worker.on('error', (error) => log.error({ error, backend: start.backend }, 'detector thread failed'))
    worker.on('exit', forget)
    try {
      const reply = await nextReply(worker, startTimeoutMs)
      if (reply.kind === 'misconfigured') throw new ConfigError(reply.reason)
      if (reply.kind === 'unavailable') throw new UnavailableError(reply.reason)
      if (reply.kind !== 'ready') throw new Error(`the detector started with "${reply.kind}"`)
      if (reply.difference > tolerance) {
        throw new UnavailableError(`its outputs differ from the reference by ${reply.difference}`)
      }
      log.info({ backend: start.backend }, 'detector thread started')
      return worker
    } catch (error) {
      forget()
      void worker.terminate()
      throw error
    }
  }
}

/** The thread's next message; rejects where it ends or is silent for too long. */
function nextReply(worker: Worker, timeoutMs: number): Promise<WorkerReply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = (reply: WorkerReply) => settle(() => resolve(reply))
    const onError = (error: unknown) => settle(() => reject(error))
    const onExit = (code: number) => settle(() => reject(new Error(`the thread ended with code ${code}`)))
    const timer = setTimeout(() => onError(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}

/** Rejects as soon as the signal aborts, though the work goes on to its end. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
    work.catch(() => undefined)
  }
}
