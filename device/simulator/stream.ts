import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

const boundary = 'layerwatch-frame'
/** Longest wait for a viewer whose connection is full; then it is let go. */
const stallMs = 20_000

/** Sends pictures as `multipart/x-mixed-replace` until the viewer leaves; a slow one gets fewer. */
export async function streamFrames(
  response: ServerResponse,
  source: { take: () => Promise<Uint8Array>; rate: number },
): Promise<void> {
  response.writeHead(200, {
    'content-type': `multipart/x-mixed-replace; boundary=${boundary}`,
    'cache-control': 'no-store',
  })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  while (!gone.signal.aborted) {
    const startMs = performance.now()
    const jpeg = await source.take()
    if (gone.signal.aborted) return
    response.write(`--${boundary}\r\ncontent-type: image/jpeg\r\ncontent-length: ${jpeg.length}\r\n\r\n`)
    response.write(jpeg)
    if (!response.write('\r\n') && !(await drains(response, gone.signal))) {
      response.destroy()
      return
    }
    await pause(Math.max(0, 1000 / source.rate - (performance.now() - startMs)), gone.signal)
  }
}

async function drains(response: ServerResponse, gone: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(stallMs)])
  try {
    await once(response, 'drain', { signal })
    return true
  } catch {
    return false
  }
}

function pause(ms: number, gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  gone.addEventListener('abort', () => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}
