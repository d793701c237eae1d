import { openFileThread } from '../thread/file-thread.ts'
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
  const thread = await openFileThread(
    new URL('./outbox-worker.ts', import.meta.url),
    { name: 'outbox', workerData: file, resourceLimits },
    onBroken,
  )

  /** The thread runs `Outbox` itself, so that what it answers has the type of the method called. */
  const method =
    <M extends Method>(name: M) =>
    (...args: Parameters<Outbox[M]>) =>
      thread.call(name, args) as Promise<ReturnType<Outbox[M]>>

  return {
    append: method('append'),
    pending: method('pending'),
    acknowledge: method('acknowledge'),
    quarantine: method('quarantine'),
    claimCommand: method('claimCommand'),
    printer: method('printer'),
    saveCourse: method('saveCourse'),
    figures: method('figures'),
    close: thread.close,
  }
}
