import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ProtocolError } from '@layerwatch/shared/errors.ts'

const timeoutMs = 120_000

/**
 * Finds where the layers of a G-code file begin, in a thread of its own, so that a long file delays no frame.
 * The answer tells the layer at a byte: 0 before the first. The bytes go to that thread and are empty here after,
 * where they share their memory with nothing else.
 * @throws ProtocolError where the file can't be read in time.
 */
export async function indexFile(file: Uint8Array): Promise<(byte: number) => number> {
  const { buffer } = file
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === file.byteLength
  const worker = new Worker(new URL('./layer-index-worker.ts', import.meta.url), {
    workerData: file,
    transferList: isAlone ? [buffer] : [],
  })
  try {
    const [starts] = await once(worker, 'message', { signal: AbortSignal.timeout(timeoutMs) })
    if (!(starts instanceof Float64Array)) throw new TypeError('the layer index is a list of bytes')
    return (byte) => countUpTo(starts, byte)
  } catch (cause) {
    throw new ProtocolError('the G-code can not be read', { cause })
  } finally {
    await worker.terminate()
  }
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: Float64Array, limit: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? Infinity) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
