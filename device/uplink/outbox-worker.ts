import { parentPort, workerData } from 'node:worker_threads'
import { newId } from '../ids.ts'
import { answerCalls, openSound } from '../thread/file-worker.ts'
import { Outbox } from './outbox.ts'
import type { OutboxCall } from './outbox-thread.ts'

/** The thread that owns the outbox file: it answers one call after the other. */

const { opened: outbox, brokenFile } = openSound(workerData.file, () => Outbox.open({ ...workerData, newId }))

answerCalls(parentPort, brokenFile, perform)

function perform(call: OutboxCall): unknown {
  switch (call.method) {
    case 'append':
      return outbox.append(...call.args)
    case 'pending':
      return outbox.pending(...call.args)
    case 'acknowledge':
      return outbox.acknowledge(...call.args)
    case 'quarantine':
      return outbox.quarantine(...call.args)
    case 'claimCommand':
      return outbox.claimCommand(...call.args)
    case 'printer':
      return outbox.printer(...call.args)
    case 'saveCourse':
      return outbox.saveCourse(...call.args)
    case 'figures':
      return outbox.figures()
    case 'close':
      return outbox.close()
  }
}
