import type { Steps } from './change-steps.ts'
import type { Windows } from './change-window.ts'
import { cellOf, cellsOf, type Zone } from './change-zone.ts'

/*
 * What stands: the pixels that grew and were found in place in some layers after. A wall once printed does not
 * change any more, so where most of it is seen to be something else, the part is no longer where it was. What the
 * head hides says nothing.
 */

export interface Part {
  /** Per pixel the turn at which it grew, −1 where it did not. */
  readonly grewAt: Int16Array
  readonly luma: Uint8Array
  /** Layers in which it was found in place since, up to `mostTrust`. */
  readonly trust: Int8Array
  readonly turns: number
  /** Layers in a row in which much of it was gone. */
  readonly goneLayers: number
}

/** Pixels of what stands, by what the newest frames show of them. */
export interface PartCheck {
  readonly kept: number
  readonly lost: number
  readonly hidden: number
  /** Per pixel 1 found in most frames, −1 gone, 0 hidden, in doubt or no part. */
  readonly states: Int8Array
}

/** Layers a pixel must have been found in place to be counted on, and the most that are remembered. */
const leastTrust = 3
const mostTrust = 6
const distrust = 2
/** Layers after its growth in which a pixel is not asked, for it may still change with those around it. */
const settleTurns = 2
/** Share of the newest frames that must show a pixel as it was, for it to be trusted more. */
const mostlyFound = 0.75
/** Luma steps beyond the tolerance, for the light of a head that is near. */
const moreTolerance = 2
/** Pixels needed to say anything. */
export const leastPartPixels = 40
/** From this share gone on nothing is learned, until a person looked or so many layers have passed. */
const goneShare = 0.25
const mostGoneLayers = 12

export function emptyPart(size: number): Part {
  return {
    grewAt: new Int16Array(size).fill(-1),
    luma: new Uint8Array(size),
    trust: new Int8Array(size),
    turns: 0,
    goneLayers: 0,
  }
}

/** Looks for what stands in the newest frames. */
export function checkPart({ grewAt, luma, trust, turns }: Part, { now, tolerance }: Windows): PartCheck {
  const states = new Int8Array(grewAt.length)
  let [kept, lost, hidden] = [0, 0, 0]
  for (let i = 0; i < grewAt.length; i++) {
    const since = grewAt[i] ?? -1
    if (since < 0 || turns - since < settleTurns) continue
    const wanted = luma[i] ?? 0
    let [low, high, found] = [255, 0, 0]
    for (const picture of now) {
      const value = picture[i] ?? 0
      if (value < low) low = value
      if (value > high) high = value
      if (Math.abs(value - wanted) <= tolerance + moreTolerance) found++
    }
    const isFound = found > 0
    const isGone = !isFound && high - low <= 2 * tolerance
    if (isGone) states[i] = -1
    // A pixel that shows it in some frames and not in others lies on top, where each layer looks different.
    else if (found >= mostlyFound * now.length) states[i] = 1
    if ((trust[i] ?? 0) < leastTrust) continue
    if (isFound) kept++
    else if (isGone) lost++
    else hidden++
  }
  return { kept, lost, hidden, states }
}

/** The cells in which something stands that was found in place often enough; undefined while that is too little. */
export function standingCells({ trust }: Part, zone: Zone): Uint8Array | undefined {
  const cells = cellsOf((i) => (trust[i] ?? 0) >= leastTrust, zone, leastTrusted)
  return cells.reduce((sum, cell) => sum + cell, 0) >= leastStanding ? cells : undefined
}

/** Trusted pixels that make a cell stand, and cells that make a part. */
const leastTrusted = 4
const leastStanding = 6

/** Share of what stood and can be seen that is gone, 0..1. */
export function lostShareOf({ kept, lost }: { kept: number; lost: number }): number {
  return lost / Math.max(1, kept + lost)
}

/** The part after one more layer: what was found is trusted more, what grew is new. */
export function followPart(
  part: Part,
  check: PartCheck,
  grown: { steps: Steps; zone: Zone; cells: Uint8Array },
): Part {
  const isGone = check.kept + check.lost >= leastPartPixels && lostShareOf(check) > goneShare
  const turns = part.turns + 1
  if (isGone && part.goneLayers < mostGoneLayers) return { ...part, turns, goneLayers: part.goneLayers + 1 }
  if (isGone) return { ...emptyPart(part.grewAt.length), turns }
  const [grewAt, luma, trust] = [part.grewAt.slice(), part.luma.slice(), part.trust.slice()]
  const { steps, zone, cells } = grown
  for (let i = 0; i < grewAt.length; i++) {
    const state = check.states[i] ?? 0
    const before = trust[i] ?? 0
    if (state === 1) trust[i] = Math.min(mostTrust, before + 1)
    if (state === -1) trust[i] = Math.max(0, before - distrust)
    if (state === -1 && before < distrust) grewAt[i] = -1
    if (!steps.sure[i] || !cells[cellOf(zone, i)]) continue
    grewAt[i] = part.turns
    luma[i] = steps.luma[i] ?? 0
    trust[i] = 0
  }
  return { grewAt, luma, trust, turns, goneLayers: 0 }
}
