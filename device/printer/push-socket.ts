import { setTimeout as sleep } from 'node:timers/promises'
import type WebSocket from 'ws'

const firstWaitMs = 1_000
const longestWaitMs = 30_000

/**
 * Follows a connection until aborted, making it again as often as needed, with back-off and jitter.
 * `followOnce` gives how many things of use it heard: after none, the wait doubles.
 */
export async function keepFollowing(
  followOnce: (signal: AbortSignal) => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = firstWaitMs
  while (!signal.aborted) {
    const heard = await followOnce(signal)
    if (signal.aborted) return
    waitMs = heard > 0 ? firstWaitMs : Math.min(waitMs * 2, longestWaitMs)
    await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
  }
}

/**
 * Reads a socket's messages until it closes, is silent for too long, or is aborted. Hung up on by `onText`
 * answering `hang-up`.
 * @throws Error where the connection failed.
 */
export function readSocket(
  socket: WebSocket,
  { maxSilenceMs, onText }: { maxSilenceMs: number; onText: (text: string) => 'hang-up' | undefined },
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => socket.terminate()
    const silence = setTimeout(end, maxSilenceMs)
    signal.addEventListener('abort', end, { once: true })
    socket.on('message', (data) => {
      silence.refresh()
      if (onText(String(data)) === 'hang-up') end()
    })
    let cause: Error | undefined
    socket.on('error', (error) => {
      cause = error
    })
    socket.once('close', () => {
      clearTimeout(silence)
      signal.removeEventListener('abort', end)
      if (cause !== undefined) reject(cause)
      else resolve()
    })
    if (signal.aborted) end()
  })
}
