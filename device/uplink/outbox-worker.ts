import { parentPort, workerData } from 'node:worker_threads'
import { newId } from '../ids.ts'
import { Outbox } from './outbox.ts'
import type { OutboxCall, OutboxReply } from './outbox-thread.ts'

/** The thread that owns the outbox file: it answers one call after the other. */
const outbox = Outbox.open({ ...workerData, newId })

function answer(call: OutboxCall): OutboxReply {
  try {
    return { number: call.number, value: perform(call) }
  } catch (error) {
    return { number: call.number, error: error instanceof Error ? error.message : String(error) }
  }
}

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

parentPort?.on('message', (call: OutboxCall) => parentPort?.postMessage(answer(call)))
parentPort?.postMessage({ number: 0, value: undefined } satisfies OutboxReply)
