import { z } from 'zod'

/** How readily Layerwatch acts, as the rate of false pauses that is put up with. */
export const Sensitivity = z.enum(['low', 'normal', 'high'])
export type Sensitivity = z.infer<typeof Sensitivity>

/**
 * False pauses per 100 hours of good printing that each step allows. They are stated, not measured: thresholds
 * follow from them, for evidence counts in ln of the hours of good printing between two sights like it.
 */
export const falsePausesPer100Hours: Record<Sensitivity, number> = { low: 0.03, normal: 0.1, high: 0.5 }

/** Warnings may come this many times as often as pauses. */
export const warningsPerPause = 10

/** Evidence, ln hours, from which on the owner is told and from which on the print is paused. */
export interface Thresholds {
  readonly warn: number
  readonly pause: number
}

/**
 * Thresholds of a sensitivity.
 * @param shift what an owner's own history added, ln; positive acts more rarely
 */
export function thresholdsOf(sensitivity: Sensitivity, shift = 0): Thresholds {
  const pause = Math.log(100 / falsePausesPer100Hours[sensitivity]) + shift
  return { pause, warn: pause - Math.log(warningsPerPause) }
}

/** Evidence below this, seen a dozen times an hour on good prints, is nothing at all. */
export const leastNats = Math.log(1 / 12)

/** Evidence on the scale of 0 to 1 that is drawn: 0.5 where the owner is told, 1 where the print is paused. */
export function scaleEvidence(nats: number, { warn, pause }: Thresholds): number {
  if (nats >= warn) return Math.min(1, 0.5 + (0.5 * (nats - warn)) / (pause - warn))
  return Math.max(0, (0.5 * (nats - leastNats)) / (warn - leastNats))
}

/** Health 0..100 of what has this evidence: 50 where the owner is told, 0 where the print is paused. */
export function healthOf(nats: number, thresholds: Thresholds): number {
  return Math.round(100 * (1 - scaleEvidence(nats, thresholds)))
}

/** Failures an hour before looking: one print in twenty fails, and prints take four hours on the mean. Stated. */
export const failuresPerHour = 0.05 / 4

/**
 * Probability that a print with this evidence is failing: failures come at `failuresPerHour`, good prints show this
 * once in e^nats hours.
 */
export function probabilityOfFailure(nats: number): number {
  return failuresPerHour / (failuresPerHour + Math.exp(-nats))
}

/** Probability that a print will fail: it does now, or will in the hours that are left. */
export function probabilityToFail(nats: number, hoursLeft: number): number {
  return 1 - (1 - probabilityOfFailure(nats)) * Math.exp(-failuresPerHour * hoursLeft)
}
