import type { Logger } from 'pino'
import { Repeater } from '../repeater.ts'
import { type DigestContext, tellDigests } from './digest.ts'
import { tellSummaries } from './summary.ts'

/** What is told at a time of its own: summaries when quiet hours end, and digests. */
export interface Later {
  /** Looks now: somebody changed how they want to be told. */
  wake(): void
  close(): Promise<void>
}

/** Begins to look for what is due. What is, is in the database, so a restart tells it too. */
export function startLater(context: DigestContext, log: Logger): Later {
  const summaries = new Repeater('tell summaries', (signal) => tellSummaries(context, signal), log)
  const digests = new Repeater('tell digests', (signal) => tellDigests(context, signal), log)
  const wake = () => {
    summaries.wake()
    digests.wake()
  }
  wake()
  return {
    wake,
    close: async () => {
      await Promise.all([summaries.close(), digests.close()])
    },
  }
}
