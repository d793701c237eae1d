import { Worker } from 'node:worker_threads'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Studio } from './studio.ts'
import type { RenderReply, RenderRequest } from './worker.ts'

type Waiter = { resolve: (jpeg: Uint8Array) => void; reject: (error: Error) => void }

const renderTimeoutMs = 30_000

/** A studio in a thread of its own. `close` ends the thread. */
export function openDarkroom(): Studio & { close: () => Promise<void> } {
  const worker = new Worker(new URL('./worker.ts', import.meta.url))
  const waiters = new Map<number, Waiter>()
  let lastId = 0
  worker.on('message', (reply: RenderReply) => {
    const waiter = waiters.get(reply.id)
    waiters.delete(reply.id)
    if ('jpeg' in reply) waiter?.resolve(reply.jpeg)
    else waiter?.reject(new UnavailableError(`the picture could not be drawn: ${reply.problem}`))
  })
  const failAll = (problem: string, cause?: unknown) => {
    for (const waiter of waiters.values()) waiter.reject(new UnavailableError(problem, { cause }))
    waiters.clear()
  }
  worker.on('error', (error) => failAll('the drawing thread failed', error))
  worker.on('exit', () => failAll('the drawing thread ended'))
  return {
    render(spec, shot, size) {
      lastId++
      const request: RenderRequest = { id: lastId, spec, shot, size }
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      waiters.set(request.id, { resolve, reject })
      const timer = setTimeout(() => reject(new UnavailableError('drawing took too long')), renderTimeoutMs)
      worker.postMessage(request)
      return promise.finally(() => {
        clearTimeout(timer)
        waiters.delete(request.id)
      })
    },
    async close() {
      await worker.terminate()
    },
  }
}
