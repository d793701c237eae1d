import { createRandom, mixSeed } from '../../../device/simulator/random.ts'
import type { Look } from './rule.ts'

/**
 * Sights that pass: a hand, a cable, a reflection, the head in front of a dark background, seen in one frame and
 * gone in the next. The labelled frames hold none, so how often they come is an assumption, and what they look
 * like is the worst there is: real failing frames. Used for a row of its own, never for the figures that decide.
 */
export interface Passing {
  readonly perHour: number
  readonly looks: readonly Look[]
}

/** Gives, now and then, a sight that takes the place of a frame. */
export function openPassing(
  passing: Passing | undefined,
  intervalSeconds: number,
  seed: number,
): () => Look | undefined {
  if (!passing || passing.looks.length === 0) return () => undefined
  const { perHour, looks } = passing
  const random = createRandom(mixSeed('passing', seed))
  const chance = Math.min(1, (perHour * intervalSeconds) / 3600)
  return () => (random.chance(chance) ? looks[random.whole(0, looks.length - 1)] : undefined)
}
