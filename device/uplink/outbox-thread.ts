import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Outbox } from './outbox.ts'

type Method =
  | 'append'
  | 'pending'
  | 'acknowledge'
  | 'quarantine'
  | 'claimCommand'
  | 'printer'
  | 'saveCourse'
  | 'figures'
  | 'close'

/** The outbox as the rest of the agent has it: each method of `Outbox`, answered later. */
export type OutboxThread = {
  [M in Method]: (...args: Parameters<Outbox[M]>) => Promise<ReturnType<Outbox[M]>>
}

export type OutboxCall = {
  [M in Method]: { number: number; method: M; args: Parameters<Outbox[M]> }
}[Method]

/** Answer to the call of that number; 0 says that the file is open, and where a broken one before it lies now. */
export type OutboxReply = { number: number; value: unknown } | { number: number; error: string }

interface OutboxFile {
  file: string
  maxBytes?: number
  maxPages?: number
}

/** Batches of pictures are its largest load; without a limit a thread reserves far more than it needs. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

/**
 * Opens the outbox in a thread of its own, so that a disk that stalls never holds up a frame or a pause.
 * `onBroken` is told where a damaged file lies now in whose place a new one was begun.
 * @throws Error where the file can't be opened. Later calls throw UnavailableError where the disk refused.
 */
export async function openOutbox(
  file: OutboxFile,
  onBroken: (brokenFile: string) => void = () => {},
): Promise<OutboxThread> {
  const worker = new Worker(new URL('./outbox-worker.ts', import.meta.url), {
    workerData: file,
    resourceLimits,
  })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastNumber = 0
  let end: Error | undefined

  function stop(error: Error): void {
    end = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function call(method: Method, args: readonly unknown[]): Promise<unknown> {
    if (end) return Promise.reject(end)
    const answer = Promise.withResolvers<unknown>()
    lastNumber += 1
    waiting.set(lastNumber, answer)
    worker.postMessage({ number: lastNumber, method, args })
    return answer.promise
  }

  const [opened] = await once(worker, 'message')
  if (typeof opened.value === 'string') onBroken(opened.value)
  worker.on('message', (reply: OutboxReply) => {
    const answer = waiting.get(reply.number)
    waiting.delete(reply.number)
    if ('error' in reply) answer?.reject(new UnavailableError(`outbox: ${reply.error}`))
    else answer?.resolve(reply.value)
  })
  worker.on('error', (cause) => stop(new UnavailableError('the outbox thread died', { cause })))
  worker.on('exit', () => stop(new UnavailableError('the outbox is closed')))

  /** The thread runs `Outbox` itself, so that what it answers has the type of the method called. */
  const method =
    <M extends Method>(name: M) =>
    (...args: Parameters<Outbox[M]>) =>
      call(name, args) as Promise<ReturnType<Outbox[M]>>

  return {
    append: method('append'),
    pending: method('pending'),
    acknowledge: method('acknowledge'),
    quarantine: method('quarantine'),
    claimCommand: method('claimCommand'),
    printer: method('printer'),
    saveCourse: method('saveCourse'),
    figures: method('figures'),
    async close() {
      if (end) return
      await call('close', [])
      await worker.terminate()
    },
  }
}
