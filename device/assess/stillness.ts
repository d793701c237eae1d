import { showMotion } from '../printer/motion.ts'

/*
 * Whether the printer stands still in the pictures taken after a pause: a printer may say that it has paused and go
 * on all the same, as one does whose host program alone was told.
 */

export type Stillness = 'still' | 'moving'

/** So many pairs of pictures in a row without motion are a printer that stands still. */
const stillPairs = 3
/** So many of the last pairs with motion are one that goes on; a person who walks by, or clears the bed, shows fewer. */
const movingPairs = { moved: 4, of: 5 } as const

/**
 * Judges one camera's pictures, the oldest first, as `readMotionPicture` makes them; undefined where they do not tell
 * yet. Pictures that are the same to the last bit are a camera that stands still itself and tell nothing.
 */
export function judgeStillness(pictures: readonly Uint8Array[]): Stillness | undefined {
  const pairs = pictures.slice(1).map((after, index) => comparePictures(pictures[index] ?? after, after))
  const still = pairs.slice(-stillPairs)
  if (still.length === stillPairs && still.every((pair) => pair !== 'moved')) {
    return still.every((pair) => pair === 'same') ? undefined : 'still'
  }
  const moved = pairs.slice(-movingPairs.of).filter((pair) => pair === 'moved')
  return moved.length >= movingPairs.moved ? 'moving' : undefined
}

function comparePictures(before: Uint8Array, after: Uint8Array): 'same' | 'alike' | 'moved' {
  if (Buffer.compare(before, after) === 0) return 'same'
  return showMotion(before, after) ? 'moved' : 'alike'
}
