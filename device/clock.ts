import { setTimeout as sleepFor } from 'node:timers/promises'

/** Monotonic time. The wall clock is only ever read to label events: it may be wrong by decades. */
export interface Clock {
  /** Milliseconds since this process began, like `performance.now()`. */
  nowMs(): number
  /** Resolves after a while, or at once when aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  async sleep(ms, signal) {
    await sleepFor(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
  },
}

/**
 * Waits for `work` no longer than `ms`, even where it ignores its signal. What it does after that is not awaited.
 * @throws what `work` throws, or `TimeoutError` (a DOMException) after `ms`.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(limit.reason)
  limit.addEventListener('abort', end, { once: true })
  try {
    limit.throwIfAborted()
    return await Promise.race([work(limit), ended.promise])
  } finally {
    limit.removeEventListener('abort', end)
  }
}
