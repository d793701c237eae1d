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
  const ratios = pairs.filter(({ now }) => now >= leastLuma).map(({ before, now }) => before / now)
  const scaled = { gain: ratios.length < leastSlopes ? 1 : median(ratios), offset: 0 }
  // A camera's exposure scales the picture. An offset besides, by fog or stray light, must be plain.
  const fitted = withOffset(pairs, gain)
  const isOffset = missOf(pairs, fitted) < missOf(pairs, scaled) - plainlyBetterLuma
  const other = isOffset ? fitted : scaled
  return missOf(pairs, other) < missOf(pairs, same) - leastBetterLuma ? other : same
}

/** Light beyond these gains leaves too little of the picture: it was switched, not dimmed. */
const leastGain = 0.45
const mostGain = 2.2
/** Luma steps by which middle grey may be moved. */
const mostShift = 70
/** Luma steps between two blocks from which they tell a gain, and how many such pairs it takes. */
const leastSpan = 24
const leastSlopes = 12
/** Luma below which a block tells no ratio. */
const leastLuma = 16
/** Luma steps by which another light must explain the blocks better on the mean: at all, and with an offset. */
const leastBetterLuma = 0.3
const plainlyBetterLuma = 0.8
/** A block this far off, in luma steps, shows something else: how far does not matter. */
const otherLuma = 12

function withOffset(pairs: readonly LightPair[], gain: number): Light {
  return { gain, offset: median(pairs.map(({ before, now }) => before - gain * now)) }
}

function missOf(pairs: readonly LightPair[], { gain, offset }: Light): number {
  const sum = pairs.reduce(
    (total, { before, now }) => total + Math.min(otherLuma, Math.abs(before - gain * now - offset)),
    0,
  )
  return sum / pairs.length
}

/** Whether the light was switched and not dimmed: too little of the picture is left to compare. */
export function isOtherLight({ gain, offset }: Light): boolean {
  return gain < leastGain || gain > mostGain || Math.abs(gain * 128 + offset - 128) > mostShift
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}
