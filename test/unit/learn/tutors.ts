import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { shippedSha256 } from '../../../device/assess/rarities.ts'
import { PolicyConfig } from '../../../device/config.ts'
import { type Learning, openLearning } from '../../../device/learn/thread.ts'
import { type TaughtCamera, Tutor } from '../../../device/learn/tutor.ts'
import type { Entry } from '../../../device/watch/journal.ts'

/** Tutors with a real learning thread, for tests. */

const log = pino({ level: 'silent' })

/** The learning thread yields to all else, and so waits on a busy machine. */
export const learningTime = { timeoutMs: 120_000 }

export async function openMemory(t: TestContext): Promise<Learning> {
  const dir = mkdtempSync(join(tmpdir(), 'layerwatch-learn-'))
  const learning = await openLearning(join(dir, 'learning.db'))
  t.after(async () => {
    await learning.close()
    rmSync(dir, { recursive: true })
  })
  return learning
}

export async function openTutorOn(
  learning: Learning,
  { cameras = [{ name: 'camera' }], modelSha256 = shippedSha256 as string } = {},
) {
  const entries: Entry[] = []
  const journal = {
    record: (more: readonly Entry[]) => {
      entries.push(...more)
    },
    saveCourse: async () => {},
    keepLayerPicture: () => {},
  }
  const policy = PolicyConfig.parse({})
  const about = { printerId: 'p', name: 'A', modelSha256, policy, cameras: cameras as TaughtCamera[] }
  const tutor = new Tutor({ learning, ...about, journal, log })
  await tutor.open()
  return { tutor, entries }
}
