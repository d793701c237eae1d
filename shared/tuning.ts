import { z } from 'zod'
import { type Mask, maskedCells, surroundCells } from './mask.ts'
import { natsOf, Rarity } from './rarity.ts'
import {
  falsePausesPer100Hours,
  leastNats,
  type Sensitivity,
  type Thresholds,
  thresholdsOf,
} from './sensitivity.ts'
import type { Box } from './vocabulary.ts'

/*
 * Learning from a printer's owner: what false alarms and missed failures say about its mask and its threshold, and
 * whether this printer's own history would have gone better. Pure, so that the phone can try it out.
 */

/** What is kept of one layer: where it stood out most over each duration. */
export const LayerScore = z.object({
  layer: z.int().min(0),
  /** For each duration the hottest cells over the usual: [cell, log-odds], highest first. */
  peaks: z.array(z.array(z.tuple([z.int().min(0), z.number()])).max(24)).max(4),
})
export type LayerScore = z.infer<typeof LayerScore>

/** A print as it is replayed. */
export const PrintScores = z.object({
  printId: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  /** How many cells a rise is the mean of. */
  visibleCells: z.int().positive(),
  rarity: Rarity,
  layers: z.array(LayerScore).max(5000),
  /** What its owner said, if anything. `failed`: it failed, from this layer on where known. */
  verdict: z.enum(['fine', 'failed']).optional(),
  failedAtLayer: z.int().min(0).optional(),
})
export type PrintScores = z.infer<typeof PrintScores>

/** What is changed for one printer. */
export const Adjustment = z.object({
  mask: z
    .array(z.tuple([z.number(), z.number(), z.number(), z.number()]))
    .max(64)
    .default([]),
  /** Added to the thresholds, ln; positive acts more rarely. */
  shift: z.number().min(-2).max(3).default(0),
})
export type Adjustment = z.infer<typeof Adjustment>

export const noAdjustment: Adjustment = { mask: [], shift: 0 }

/** One box of a mask that is learned covers at most this share of the picture, all of them together at most `maxLearnedShare`. */
export const maxBoxShare = 1 / 6
export const maxLearnedShare = 1 / 4

/**
 * What may be learned of a shift: a printer is never made to act more rarely than the lowest sensitivity that a
 * person could choose does, nor more often than the highest.
 */
export function boundShift(shift: number, sensitivity: Sensitivity): number {
  const own = falsePausesPer100Hours[sensitivity]
  const most = Math.log(own / falsePausesPer100Hours.low)
  const least = Math.log(own / falsePausesPer100Hours.high)
  return Math.min(most, Math.max(least, shift))
}

/** The evidence in ln hours behind what is drawn of it on the scale of 0 to 1, below that of a pause. */
export function natsOfEvidence(evidence: number, { warn, pause }: Thresholds): number {
  if (evidence >= 0.5) return warn + (2 * evidence - 1) * (pause - warn)
  return leastNats + 2 * evidence * (warn - leastNats)
}

/** The layer a print would have been paused at. */
export function replayPrint(
  print: PrintScores,
  { mask, shift }: Adjustment,
  sensitivity: Sensitivity,
): number | undefined {
  const masked = maskedCells({ boxes: mask.map((box): Box => [...box]) }, print)
  const { pause } = thresholdsOf(sensitivity, shift)
  return print.layers.find((layer) => natsOfLayer(layer, print, masked) >= pause)?.layer
}

/** Strongest evidence of a layer under a mask, ln hours. */
export function natsOfLayer(layer: LayerScore, print: PrintScores, masked: ReadonlySet<number>): number {
  const nats = layer.peaks.map((peaks, duration) => {
    const seen = peaks.filter(([cell]) => !masked.has(cell)).slice(0, print.visibleCells)
    // What was not kept rose less than all that was.
    const missing = print.visibleCells - seen.length
    const sum = seen.reduce((total, [, rise]) => total + rise, 0)
    return natsOf(sum / (seen.length + Math.max(0, missing)), print.rarity.rises[duration])
  })
  return Math.max(-Infinity, ...nats)
}

/** How a history goes under an adjustment. */
export interface Replay {
  readonly falsePauses: number
  readonly missed: number
  /** Layers from the failure to the pause, added over the failures found. */
  readonly lateLayers: number
}

/** A print that was replayed: what its owner said, and the layer it would be paused at. */
export interface Replayed {
  readonly verdict?: 'fine' | 'failed' | undefined
  readonly failedAtLayer?: number | undefined
  readonly pausedAt: number | undefined
}

/** Replays what the owner judged; prints of which nothing was said count as fine. */
export function replayHistory(
  history: readonly PrintScores[],
  adjustment: Adjustment,
  sensitivity: Sensitivity,
): Replay {
  return tally(history.map((print) => ({ ...print, pausedAt: replayPrint(print, adjustment, sensitivity) })))
}

/** How often prints were paused that were fine, how many failures were missed, and how late the others were found. */
export function tally(prints: readonly Replayed[]): Replay {
  let [falsePauses, missed, lateLayers] = [0, 0, 0]
  for (const { verdict, failedAtLayer, pausedAt } of prints) {
    if (verdict !== 'failed') {
      if (pausedAt !== undefined) falsePauses++
    } else if (pausedAt === undefined) missed++
    else lateLayers += Math.max(0, pausedAt - (failedAtLayer ?? pausedAt))
  }
  return { falsePauses, missed, lateLayers }
}

/** Whether an adjustment is worth keeping: nothing gets worse, and something better. */
export function isBetter(after: Replay, before: Replay): boolean {
  if (after.missed > before.missed || after.falsePauses > before.falsePauses) return false
  if (after.missed < before.missed || after.falsePauses < before.falsePauses) return true
  return after.lateLayers < before.lateLayers
}

/** A box around what false alarms stood out by, if they did so in one place of at most a sixth of the picture. */
export function suggestMask(history: readonly PrintScores[], sensitivity: Sensitivity): Mask | undefined {
  const { pause } = thresholdsOf(sensitivity)
  const alarms = history
    .filter(({ verdict }) => verdict === 'fine')
    .flatMap((print) => alarmCells(print, pause))
  const [first] = history
  if (alarms.length === 0 || !first) return undefined
  const [left, top, width, height] = surroundCells(alarms, first)
  return width * height <= maxBoxShare ? { boxes: [[left, top, width, height]] } : undefined
}

function alarmCells(print: PrintScores, pause: number): number[] {
  const loud = print.layers.filter((layer) => natsOfLayer(layer, print, new Set()) >= pause)
  return loud.flatMap(({ peaks }) =>
    peaks.flatMap((one) => one.slice(0, print.visibleCells).map(([cell]) => cell)),
  )
}

/** Shifts that are tried, smallest first. */
export const triedShifts = [0, 0.5, -0.5, 1, -1, 1.5, 2]

/**
 * The best adjustment for a printer by its own history: the smallest change that makes it better, or nothing where
 * none does.
 */
export function proposeAdjustment(
  history: readonly PrintScores[],
  current: Adjustment,
  sensitivity: Sensitivity,
): Adjustment | undefined {
  const suggested = suggestMask(history, sensitivity)
  const masks = suggested ? [current.mask, [...current.mask, ...suggested.boxes]] : [current.mask]
  let best: { adjustment: Adjustment; replay: Replay } | undefined
  const before = replayHistory(history, current, sensitivity)
  for (const mask of masks) {
    for (const shift of triedShifts) {
      const adjustment = { mask, shift: boundShift(current.shift + shift, sensitivity) }
      const replay = replayHistory(history, adjustment, sensitivity)
      if (isBetter(replay, best?.replay ?? before)) best = { adjustment, replay }
    }
  }
  return best?.adjustment
}
