import { setPriority } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls, openSound } from '../thread/file-worker.ts'
import { learn, type Pupil, readLessons } from './learn.ts'
import { LearnStore } from './store.ts'
import type { LearnCall } from './thread.ts'

/** The thread that owns what was learned. It answers while it learns, and stops learning for a print that begins. */

/** Watching comes first: on Linux this concerns the thread that calls it alone. */
try {
  setPriority(19)
} catch {
  // It learns all the same.
}

const { file } = workerData
const { opened: store, brokenFile } = openSound(file, () => LearnStore.open(file))
/** Counts the prints of each printer that began: learning that began before the last of them ends. */
const begun = new Map<string, number>()
let underWay: Promise<unknown> = Promise.resolve()

answerCalls(parentPort, brokenFile, perform)

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
