import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { UnavailableError } from '@layerwatch/shared/errors.ts'

/*
 * A file in a thread of its own, so that a disk that stalls holds up no frame and no pause. The thread's side is in
 * `file-worker.ts`.
 */

/** A method of what the thread runs, to be answered later. */
export interface ThreadCall {
  readonly number: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** Answer to the call of that number; 0 says that the file is open, and where a broken one before it lies now. */
export type ThreadReply = { number: number; value: unknown } | { number: number; error: string }

/** A thread that has its file open. */
export interface FileThread {
  /** @throws UnavailableError where the disk refused, the thread died or is closed. */
  call(method: string, args: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/**
 * Starts a thread that opens a file. `onBroken` is told where a damaged file lies now in whose place a new one was
 * begun. `name` is what errors call it.
 * @throws Error where the file can't be opened.
 */
export async function openFileThread(
  module: URL,
  { name, ...options }: { name: string; workerData: { file: string }; resourceLimits: object },
  onBroken: (brokenFile: string) => void,
): Promise<FileThread> {
  const worker = new Worker(module, options)
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastNumber = 0
  let end: Error | undefined

  function stop(error: Error): void {
    end = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (end) return Promise.reject(end)
    const answer = Promise.withResolvers<unknown>()
    lastNumber += 1
    waiting.set(lastNumber, answer)
    worker.postMessage({ number: lastNumber, method, args } satisfies ThreadCall)
    return answer.promise
  }

  const [opened] = await once(worker, 'message')
  if (typeof opened.value === 'string') onBroken(opened.value)
  worker.on('message', (reply: ThreadReply) => {
    const answer = waiting.get(reply.number)
    waiting.delete(reply.number)
    if ('error' in reply) answer?.reject(new UnavailableError(`${name}: ${reply.error}`))
    else answer?.resolve(reply.value)
  })
  worker.on('error', (cause) => stop(new UnavailableError(`the thread of the ${name} died`, { cause })))
  worker.on('exit', () => stop(new UnavailableError(`the ${name} is closed`)))

  return {
    call,
    async close() {
      if (end) return
      await call('close', [])
      await worker.terminate()
    },
  }
}
