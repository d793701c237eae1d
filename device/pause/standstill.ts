import type { EventInput } from '@layerwatch/shared/events.ts'
import { judgeStillness } from '../assess/stillness.ts'
import type { Clock } from '../clock.ts'
import { readMotionPicture } from '../printer/motion.ts'
import type { Observation } from '../watch/watch.ts'

/** A picture of one of a printer's cameras. */
export interface Shot {
  camera: string
  jpeg: Uint8Array
}

/** The pictures of one look. */
export function shotsOf(seen: Observation): Shot[] {
  if (seen.kind !== 'seen') return []
  return [seen, ...(seen.others ?? [])].map(({ camera = '', frame }) => ({ camera, jpeg: frame.jpeg }))
}

interface Standstill {
  /** Takes a picture with each camera; none where there is none that can be used. */
  look: (signal: AbortSignal) => Promise<readonly Shot[]>
  clock: Clock
  /** The printer still says that it has paused. */
  isWanted: () => boolean
}

/** A pause parks the head first, and a person's hand may reach in at once. */
const parkMs = 8_000
const lookEveryMs = 3_000
/** Longer looking tells no more. */
const giveUpAfterMs = 60_000
/** As many pictures of a camera as are compared. */
const keptPictures = 6

/**
 * Looks at a printer that says it has paused until the picture tells whether it stands still; undefined where it
 * went on meanwhile. One camera that sees it move is enough.
 */
export async function watchStandstill(
  { look, clock, isWanted }: Standstill,
  signal: AbortSignal,
): Promise<EventInput<'pause.checked'> | undefined> {
  const beganMs = clock.nowMs()
  const pictures = new Map<string, Uint8Array[]>()
  await clock.sleep(parkMs, signal)
  while (!signal.aborted && isWanted()) {
    for (const shot of await look(signal)) await keepShot(pictures, shot)
    const told = [...pictures.values()].map((one) => judgeStillness(one))
    const seconds = Math.round((clock.nowMs() - beganMs) / 1000)
    if (told.includes('moving')) return { picture: 'moving', seconds }
    if (told.length > 0 && told.every((one) => one === 'still')) return { picture: 'still', seconds }
    if (clock.nowMs() - beganMs > giveUpAfterMs) return { picture: 'unseen', seconds }
    await clock.sleep(lookEveryMs, signal)
  }
  return undefined
}

async function keepShot(pictures: Map<string, Uint8Array[]>, { camera, jpeg }: Shot): Promise<void> {
  try {
    const before = pictures.get(camera) ?? []
    pictures.set(camera, [...before, await readMotionPicture(jpeg)].slice(-keptPictures))
  } catch {
    // A broken picture tells nothing; the next one may.
  }
}
