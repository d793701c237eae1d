import { existsSync, renameSync } from 'node:fs'
import { setPriority } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { learn, type Pupil, readLessons } from './learn.ts'
import { LearnStore } from './store.ts'
import type { LearnCall, LearnReply } from './thread.ts'

/** The thread that owns what was learned. It answers while it learns, and stops learning for a print that begins. */

/** Watching comes first: on Linux this concerns the thread that calls it alone. */
try {
  setPriority(19)
} catch {
  // It learns all the same.
}

/** SQLite's words for a file that is damaged, or none of its own. https://sqlite.org/rescode.html */
const brokenCodes = [11, 26]

const { store, brokenFile } = openSound(workerData)
/** Counts the prints of each printer that began: learning that began before the last of them ends. */
const begun = new Map<string, number>()
let underWay: Promise<unknown> = Promise.resolve()

/** Opens the file. One that power loss left damaged is set aside under another name, and a new one begun. */
function openSound({ file }: { file: string }): { store: LearnStore; brokenFile?: string } {
  try {
    return { store: LearnStore.open(file) }
  } catch (error) {
    if (!isBroken(error)) throw error
    const brokenFile = `${file}.broken-${Date.now()}`
    for (const part of ['', '-wal', '-shm']) {
      if (existsSync(file + part)) renameSync(file + part, brokenFile + part)
    }
    return { store: LearnStore.open(file), brokenFile }
  }
}

function isBroken(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  // The upper bytes tell where the damage is.
  return brokenCodes.includes(error.errcode & 0xff)
}

async function perform(call: LearnCall): Promise<unknown> {
  switch (call.method) {
    case 'read': {
      const [pupil, name] = call.args
      store.setFact(`printer ${name}`, JSON.stringify({ printerId: pupil.printerId, basis: pupil.basis }))
      return readLessons(store, pupil)
    }
    case 'beginPrint': {
      const [{ printerId, basis, modelSha256 }, printId] = call.args
      begun.set(printerId, (begun.get(printerId) ?? 0) + 1)
      return store.beginPrint({ printerId, basis, modelSha256, printId, beganAt: Date.now() })
    }
    case 'addSteps':
      return store.addChunk(...call.args)
    case 'setAlarm':
      return store.setAlarm(...call.args)
    case 'endPrint':
      return store.endPrint(...call.args, Date.now())
    case 'keepMark': {
      const [{ printerId }, mark] = call.args
      return store.keepMark(printerId, mark)
    }
    case 'learn': {
      const [pupil] = call.args
      const before = begun.get(pupil.printerId)
      const learning = underWay.then(() => learnUnlessPrinting(pupil, before))
      underWay = learning.catch(() => undefined)
      return learning
    }
    case 'undo':
      return store.undo(call.args[0], 'owner')
    case 'fact':
      return store.fact(...call.args)
    case 'setFact':
      return store.setFact(...call.args)
    case 'close':
      return store.close()
  }
}

class PrintBegan extends Error {}

async function learnUnlessPrinting(pupil: Pupil, before: number | undefined) {
  const breathe = async () => {
    await setImmediate()
    if (begun.get(pupil.printerId) !== before) throw new PrintBegan()
  }
  try {
    await breathe()
    return await learn(store, pupil, { breathe, nowMs: Date.now() })
  } catch (error) {
    if (!(error instanceof PrintBegan)) throw error
    return readLessons(store, pupil)
  }
}

async function answer(call: LearnCall): Promise<LearnReply> {
  try {
    return { number: call.number, value: await perform(call) }
  } catch (error) {
    return { number: call.number, error: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', async (call: LearnCall) => parentPort?.postMessage(await answer(call)))
parentPort?.postMessage({ number: 0, value: brokenFile } satisfies LearnReply)
