/** Light that makes a picture as bright as an earlier one: gain × luma + offset. */
export interface Light {
  readonly gain: number
  readonly offset: number
}

/** Mean luma of one block in an earlier picture and in the one now. */
export interface LightPair {
  readonly before: number
  readonly now: number
}

/**
 * Gain and offset between the blocks' means: the median slope over pairs of blocks (Theil and Sen), which a third
 * of blocks that show something else does not bend. Light that did not plainly change is left alone.
 */
export function fitLight(pairs: readonly LightPair[]): Light {
  if (pairs.length === 0) return { gain: 1, offset: 0 }
  const slopes: number[] = []
  for (let step = 1; step < pairs.length; step = step * 2 + 1) {
    for (let i = 0; i + step < pairs.length; i++) {
      const [a, b] = [pairs[i], pairs[i + step]]
      if (!a || !b || Math.abs(a.now - b.now) < leastSpan) continue
      slopes.push((a.before - b.before) / (a.now - b.now))
    }
  }
  const gain = slopes.length < leastSlopes ? 1 : median(slopes)
  const same = { gain: 1, offset: 0 }
  let chosen: Light = same
  for (const light of [withOffset(pairs, 1), withOffset(pairs, gain)]) {
    if (inliersOf(pairs, light) > inliersOf(pairs, chosen) + plainlyMore * pairs.length) chosen = light
  }
  return chosen
}

/** Light beyond these gains leaves too little of the picture: it was switched, not dimmed. */
const leastGain = 0.45
const mostGain = 2.2
/** Luma steps between two blocks from which they tell a gain, and how many such pairs it takes. */
const leastSpan = 24
const leastSlopes = 12
/** Share of all blocks that another light must explain besides those the plainer one does. */
const plainlyMore = 0.15
/** Luma steps within which a light explains a block. */
const explainedLuma = 4

function withOffset(pairs: readonly LightPair[], gain: number): Light {
  return { gain, offset: median(pairs.map(({ before, now }) => before - gain * now)) }
}

function inliersOf(pairs: readonly LightPair[], { gain, offset }: Light): number {
  return pairs.filter(({ before, now }) => Math.abs(before - gain * now - offset) <= explainedLuma).length
}

/** Whether the light was switched and not dimmed: too little of the picture is left to compare. */
export function isOtherLight({ gain }: Light): boolean {
  return gain < leastGain || gain > mostGain
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}
