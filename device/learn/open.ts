import type { Logger } from 'pino'
import { maskOfAreas } from '../camera/config.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import { cameraName } from '../watch/eyes.ts'
import type { Journal } from '../watch/journal.ts'
import type { Learning } from './thread.ts'
import { type TaughtCamera, Tutor } from './tutor.ts'

/** Opens one printer's memory. Where nothing can be read, the printer is watched all the same. */
export async function openTutor(
  config: WatchedPrinterConfig,
  parts: {
    learning: Learning
    printerId: string
    modelSha256: string
    journal: Journal
    log: Logger
    signal: AbortSignal
  },
): Promise<Tutor> {
  const { log, signal } = parts
  const { name, policy } = config
  const tutor = new Tutor({ ...parts, name, policy, cameras: taughtCameras(config) })
  try {
    await tutor.open()
  } catch (error) {
    log.error({ err: error }, 'what was learned can not be read; watching without it')
  }
  tutor.watchTerminal(signal)
  return tutor
}

/** A printer's cameras under the names they are judged by. */
export function taughtCameras({ camera, cameras = [] }: WatchedPrinterConfig): TaughtCamera[] {
  const all = [camera, ...cameras]
  return all.map((one, index) => ({
    name: cameraName(index),
    mask: one.ignore?.length ? maskOfAreas(one.ignore) : undefined,
    picture: one.picture,
  }))
}
