import { existsSync, renameSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import type { ThreadReply } from './file-thread.ts'

/** What the threads that own an SQLite file share. */

/** SQLite's words for a file that is damaged, or none of its own. https://sqlite.org/rescode.html */
const brokenCodes = [11, 26]

/** Opens a file. One that power loss left damaged is set aside under another name, and a new one begun. */
export function openSound<T>(file: string, open: () => T): { opened: T; brokenFile?: string } {
  try {
    return { opened: open() }
  } catch (error) {
    if (!isBroken(error)) throw error
    const brokenFile = `${file}.broken-${Date.now()}`
    for (const part of ['', '-wal', '-shm']) {
      if (existsSync(file + part)) renameSync(file + part, brokenFile + part)
    }
    return { opened: open(), brokenFile }
  }
}

function isBroken(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  // The upper bytes tell where the damage is.
  return brokenCodes.includes(error.errcode & 0xff)
}

/** Says that the file is open, and answers calls, each as soon as it is done. */
export function answerCalls<C extends { number: number }>(
  port: MessagePort | null,
  brokenFile: string | undefined,
  perform: (call: C) => unknown,
): void {
  async function answer(call: C): Promise<ThreadReply> {
    try {
      return { number: call.number, value: await perform(call) }
    } catch (error) {
      return { number: call.number, error: error instanceof Error ? error.message : String(error) }
    }
  }
  port?.on('message', async (call: C) => port.postMessage(await answer(call)))
  port?.postMessage({ number: 0, value: brokenFile } satisfies ThreadReply)
}

/** Does work whole or not at all. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
