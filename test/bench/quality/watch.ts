import { judgeQuality, unknownQuality } from '../../../device/camera/quality.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'

/** Milliseconds between pictures: as often as the agent takes one by default. */
export const everyMs = 5_000

/** Whatever was said at each picture; `none` where it may be judged. */
export function watchPictures(pictures: Iterable<PictureFigures>): string[] {
  let state = unknownQuality
  let number = 0
  const said: string[] = []
  for (const figures of pictures) {
    const [next, verdict] = judgeQuality(state, figures, number * everyMs)
    state = next
    number++
    said.push(verdict.isUsable ? 'none' : verdict.reason)
  }
  return said
}

/** Pictures over and over, each as another shot of the same: no two of a sensor are alike to the last bit. */
export function shootAgain(pictures: readonly PictureFigures[], count: number): PictureFigures[] {
  return Array.from({ length: count }, (_, number) => pictures[number % pictures.length])
    .filter((one) => one !== undefined)
    .map((one, number) => ({ ...one, brightness: one.brightness + (number % 97) / 10_000 }))
}

/** Where what is said begins to be something, and what it is. */
export function findEpisodes(said: readonly string[]): { reason: string; seconds: number }[] {
  return said.flatMap((reason, number) =>
    reason !== 'none' && reason !== said[number - 1] ? [{ reason, seconds: (number * everyMs) / 1000 }] : [],
  )
}

export function hoursOf(pictures: number): number {
  return (pictures * everyMs) / 3_600_000
}
