/** Where the steps of an alarm stand beside the strip: time goes up, as the print does. */

export type TimelineStep = { layer?: number | undefined }

export type TimelineLayout = {
  heightPx: number
  /** The layers drawn, from the bed side up. */
  layers: number[]
  /** Some layers between were left out, after this many rows. */
  gapAfterRow: number | undefined
  /** Middle of each step above the lower edge, in the order given. */
  stepPx: number[]
}

export const rowPx = 22
const stepPx = 46
/** Layers drawn below the first one in trouble, and at most altogether. */
const contextLayers = 2
const maxRows = 9

/**
 * Lays out steps (oldest first) beside the layers of the episode. A step stands at its layer where there is room,
 * else just above the one before it.
 */
export function layOutTimeline(
  steps: readonly TimelineStep[],
  episode: { firstLayer: number; beganAtLayer: number; lastLayer: number },
): TimelineLayout {
  const { layers, gapAfterRow } = pickLayers(episode)
  const placed: number[] = []
  for (const step of steps) {
    const row = step.layer === undefined ? -1 : layers.indexOf(step.layer)
    const above = placed.length === 0 ? stepPx / 2 : (placed.at(-1) ?? 0) + stepPx
    const atLayer = row < 0 ? 0 : row * rowPx + rowPx / 2
    placed.push(Math.max(above, atLayer))
  }
  const stepsHeight = (placed.at(-1) ?? 0) + stepPx / 2
  return { heightPx: Math.max(stepsHeight, layers.length * rowPx), layers, gapAfterRow, stepPx: placed }
}

/** All layers of a short episode; of a long one its beginning and its end. */
function pickLayers(episode: { firstLayer: number; beganAtLayer: number; lastLayer: number }) {
  const from = Math.max(episode.firstLayer, episode.beganAtLayer - contextLayers)
  const to = Math.max(from, episode.lastLayer)
  const all = Array.from({ length: Math.min(to - from + 1, maxRows + 1) }, (_, index) => from + index)
  if (to - from + 1 <= maxRows) return { layers: all, gapAfterRow: undefined }
  const head = all.slice(0, contextLayers + 3)
  const tailCount = maxRows - head.length
  const tail = Array.from({ length: tailCount }, (_, index) => to - tailCount + 1 + index)
  return { layers: [...head, ...tail], gapAfterRow: head.length }
}
