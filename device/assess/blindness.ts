import type { BlindReason } from '@layerwatch/shared/vocabulary.ts'
import type { Change } from './prints.ts'

/*
 * Keeps account of whether anybody is watching. An episode of blindness is said once, when it has lasted, and
 * its end once. A reason that changes within an episode ends one and begins another.
 */

export interface Eyes {
  /** When there was last something to see, and since when there has been without a break. */
  readonly lastSightMs: number
  readonly seeingSinceMs: number
  readonly blind?: { reason: BlindReason; sinceMs: number; detail?: string }
}

export type Look = { kind: 'seen' } | { kind: 'unseen'; reason: BlindReason; detail?: string }

/** Shorter breaks are not worth a word: a frame that is late or cut off. */
export const blindAfterMs = 10_000

export function openEyes(nowMs: number): Eyes {
  return { lastSightMs: nowMs, seeingSinceMs: nowMs }
}

/** Takes one look into account: the next state, and the events to record. */
export function look(eyes: Eyes, seen: Look, nowMs: number): [Eyes, Change[]] {
  if (seen.kind === 'seen') {
    if (!eyes.blind) return [{ ...eyes, lastSightMs: nowMs }, []]
    return [{ lastSightMs: nowMs, seeingSinceMs: nowMs }, [restored(eyes.blind, nowMs)]]
  }
  if (eyes.blind?.reason === seen.reason) return [eyes, []]
  if (!eyes.blind && nowMs - eyes.lastSightMs < blindAfterMs) return [eyes, []]
  const blind = {
    reason: seen.reason,
    sinceMs: eyes.blind?.sinceMs ?? eyes.lastSightMs,
    ...(seen.detail ? { detail: seen.detail.slice(0, 300) } : {}),
  }
  const ended = eyes.blind ? [restored(eyes.blind, nowMs)] : []
  return [{ ...eyes, blind }, [...ended, lost(blind)]]
}

function lost({ reason, detail }: NonNullable<Eyes['blind']>): Change {
  const data = detail ? { reason, detail } : { reason }
  if (reason === 'printer-unreachable') return { type: 'printer.lost', data }
  if (reason === 'detector-failed') return { type: 'detector.failed', data }
  return { type: 'camera.lost', data }
}

function restored({ reason, sinceMs }: NonNullable<Eyes['blind']>, nowMs: number): Change {
  const data = { reason, blindSeconds: Math.round((nowMs - sinceMs) / 100) / 10 }
  if (reason === 'printer-unreachable') return { type: 'printer.restored', data }
  if (reason === 'detector-failed') return { type: 'detector.restored', data }
  return { type: 'camera.restored', data }
}
