import { existsSync, renameSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { newId } from '../ids.ts'
import { Outbox } from './outbox.ts'
import type { OutboxCall, OutboxReply } from './outbox-thread.ts'

/** SQLite's words for a file that is damaged, or none of its own. https://sqlite.org/rescode.html */
const brokenCodes = [11, 26]

/** The thread that owns the outbox file: it answers one call after the other. */
const { outbox, brokenFile } = openSound(workerData)

/** Opens the file. One that power loss left damaged is set aside under another name, and a new one begun. */
function openSound(options: { file: string }): { outbox: Outbox; brokenFile?: string } {
  try {
    return { outbox: Outbox.open({ ...options, newId }) }
  } catch (error) {
    if (!isBroken(error)) throw error
    const brokenFile = `${options.file}.broken-${Date.now()}`
    for (const part of ['', '-wal', '-shm']) {
      if (existsSync(options.file + part)) renameSync(options.file + part, brokenFile + part)
    }
    return { outbox: Outbox.open({ ...options, newId }), brokenFile }
  }
}

function isBroken(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  // The upper bytes tell where the damage is.
  return brokenCodes.includes(error.errcode & 0xff)
}

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
parentPort?.postMessage({ number: 0, value: brokenFile } satisfies OutboxReply)
