import { join } from 'node:path'
import type { Logger } from 'pino'
import { openFileThread } from '../thread/file-thread.ts'
import type { Lessons, Pupil } from './learn.ts'
import type { KeptMark } from './tuning.ts'

/** What the learning thread does; each is answered later. */
export interface Learning {
  /** What is in force for a printer now. */
  read(pupil: Pupil, name: string): Promise<Lessons>
  beginPrint(pupil: Pupil, printId: string): Promise<void>
  addSteps(pupil: Pupil, printId: string, chunk: Uint8Array): Promise<void>
  setAlarm(printId: string, layer: number): Promise<void>
  endPrint(printId: string, outcome: string): Promise<void>
  keepMark(pupil: Pupil, mark: KeptMark): Promise<void>
  /** Learns from what is new; ends early, without a word, when a print of that printer begins. */
  learn(pupil: Pupil): Promise<Lessons>
  /** Takes the newest lesson back; false where there was none. */
  undo(pupil: Pupil): Promise<boolean>
  fact(key: string): Promise<string | undefined>
  setFact(key: string, value: string): Promise<void>
  close(): Promise<void>
}

export type LearnMethod = keyof Learning
export type LearnCall = {
  [M in LearnMethod]: { number: number; method: M; args: Parameters<Learning[M]> }
}[LearnMethod]
/** The file in the data folder that holds what is learned from. */
export const learningFile = 'learning.db'

/** Opens what is learned from; where the disk refuses, what is learned holds until the end of the process. */
export async function openLearningOrMemory(dataDir: string, log: Logger): Promise<Learning> {
  const onBroken = (brokenFile: string) =>
    log.error({ brokenFile }, 'what was learned was damaged; it is set aside and begun anew')
  try {
    return await openLearning(join(dataDir, learningFile), onBroken)
  } catch (error) {
    log.error({ err: error }, 'what was learned can not be opened; it is kept in memory only')
    return openLearning(':memory:')
  }
}

/** A replay holds one chunk of maps and a handful of averages at a time. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 }

/**
 * Opens what the device learns from, in a thread of its own: neither a slow disk nor a long replay holds up a frame.
 * @throws Error where the file can't be opened.
 */
export async function openLearning(
  file: string,
  onBroken: (brokenFile: string) => void = () => {},
): Promise<Learning> {
  const thread = await openFileThread(
    new URL('./worker.ts', import.meta.url),
    { name: 'learning file', workerData: { file }, resourceLimits },
    onBroken,
  )

  /** The thread answers each method with what that method gives. */
  const method =
    <M extends LearnMethod>(name: M) =>
    (...args: Parameters<Learning[M]>) =>
      thread.call(name, args) as ReturnType<Learning[M]>

  return {
    read: method('read'),
    beginPrint: method('beginPrint'),
    addSteps: method('addSteps'),
    setAlarm: method('setAlarm'),
    endPrint: method('endPrint'),
    keepMark: method('keepMark'),
    learn: method('learn'),
    undo: method('undo'),
    fact: method('fact'),
    setFact: method('setFact'),
    close: thread.close,
  }
}
