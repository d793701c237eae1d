import type { Windows } from './change-window.ts'

/*
 * Growth changes a pixel once and for good: what was there before is never seen again, what is there now was never
 * seen before. A head that comes and goes shows the same things before and after, whatever it hides, and so do its
 * shadow and its fan. That tells one from the other without knowing where the head is.
 */

/** Pixels that changed for good, 1 or 0: seen most of the time, or at least now and then. */
export interface Steps {
  readonly sure: Uint8Array
  /** All of the sure ones, and those that the head hid for half of the time. */
  readonly likely: Uint8Array
  /** What a sure pixel shows now. */
  readonly luma: Uint8Array
}

/**
 * Share of a window's frames in which old and new must be seen. New in half of them is enough: the printer may tell
 * of a layer a picture or two after it began.
 */
const sureShare = 0.75
const likelyShare = 0.5

/** Compares the two windows pixel by pixel. */
export function findSteps({ before, now, tolerance }: Windows): Steps {
  const size = now[0]?.length ?? 0
  const steps = {
    sure: new Uint8Array(size),
    likely: new Uint8Array(size),
    luma: new Uint8Array(size),
  }
  const likely = { old: Math.ceil(before.length * likelyShare), new: Math.ceil(now.length * likelyShare) }
  const sureOld = Math.ceil(before.length * sureShare)
  const old = { values: new Uint8Array(before.length), count: 0, alike: 0, middle: 0 }
  const fresh = { values: new Uint8Array(now.length), count: 0, alike: 0, middle: 0 }
  for (let i = 0; i < size; i++) {
    findUnseen(old, { these: before, others: now, i, tolerance, least: likely.old })
    if (old.alike < likely.old) continue
    findUnseen(fresh, { these: now, others: before, i, tolerance, least: likely.new })
    if (fresh.alike < likely.new) continue
    steps.likely[i] = 1
    if (old.alike < sureOld) continue
    steps.sure[i] = 1
    steps.luma[i] = fresh.middle
  }
  return steps
}

interface Unseen {
  readonly values: Uint8Array
  count: number
  /** Those that show the same, and what they show. */
  alike: number
  middle: number
}

/** Finds what frames show at a pixel that none of the others does, and how many of them show the same. */
function findUnseen(
  into: Unseen,
  at: {
    these: readonly Uint8Array[]
    others: readonly Uint8Array[]
    i: number
    tolerance: number
    least: number
  },
): void {
  const { these, others, i, tolerance, least } = at
  into.count = 0
  into.alike = 0
  for (let k = 0; k < these.length; k++) {
    const value = these[k]?.[i] ?? 0
    if (isSeen(others, i, { value, tolerance })) {
      // Too few are left to come to the least.
      if (into.count + these.length - 1 - k < least) return
      continue
    }
    insert(into, value)
  }
  into.middle = into.values[into.count >> 1] ?? 0
  for (let k = 0; k < into.count; k++) {
    const difference = (into.values[k] ?? 0) - into.middle
    if (difference <= tolerance && difference >= -tolerance) into.alike++
  }
}

/** Puts a value in its place among the smaller and the greater ones. */
function insert(into: Unseen, value: number): void {
  let place = into.count++
  for (; place > 0 && (into.values[place - 1] ?? 0) > value; place--) {
    into.values[place] = into.values[place - 1] ?? 0
  }
  into.values[place] = value
}

function isSeen(
  pictures: readonly Uint8Array[],
  i: number,
  { value, tolerance }: { value: number; tolerance: number },
): boolean {
  for (const picture of pictures) {
    const difference = (picture[i] ?? 0) - value
    if (difference <= tolerance && difference >= -tolerance) return true
  }
  return false
}
