import type { BlindReason } from '@layerwatch/shared/vocabulary.ts'
import type { Change } from './prints.ts'

/*
 * Keeps account of whether anybody is watching. An episode of blindness is said once, when it has lasted, and
 * its end once. One that begins again soon after its end is a camera that comes and goes: its next end is believed
 * only once it has lasted, so that nobody is told the same every few seconds. Another reason ends one and begins the next once it has lasted too: a camera that is cut off at one
 * moment and garbled at the next is one trouble.
 */

export interface Eyes {
  /** When there was last something to see, and since when there has been without a break. */
  readonly lastSightMs: number
  readonly seeingSinceMs: number
  readonly blind?: Blind
  /** When the last episode ended. */
  readonly restoredAtMs?: number
}

interface Blind {
  reason: BlindReason
  sinceMs: number
  detail?: string
  /** It began soon after the one before it. */
  isRelapse: boolean
  /** Within a relapse: since when there is something to see again without a break. */
  steadySinceMs?: number
  /** Another reason, since it was first given without a break. */
  other?: { reason: BlindReason; sinceMs: number }
}

export type Look = { kind: 'seen' } | { kind: 'unseen'; reason: BlindReason; detail?: string }

/** Shorter breaks are not worth a word: a frame that is late or cut off. */
export const blindAfterMs = 10_000

/** An episode that begins this soon after the last one is a relapse, as a loose plug or a weak radio makes them. */
export const relapseWithinMs = 300_000
/** How long there must be something to see without a break before the end of a relapse is believed. */
export const steadyAfterMs = 30_000

export function openEyes(nowMs: number): Eyes {
  return { lastSightMs: nowMs, seeingSinceMs: nowMs }
}

/** Takes one look into account: the next state, and the events to record. */
export function look(eyes: Eyes, seen: Look, nowMs: number): [Eyes, Change[]] {
  if (seen.kind === 'seen') return see(eyes, nowMs)
  if (!eyes.blind && nowMs - eyes.lastSightMs < blindAfterMs) return [eyes, []]
  if (eyes.blind) {
    const { other, steadySinceMs: _broken, ...told } = eyes.blind
    if (told.reason === seen.reason) return [{ ...eyes, blind: told }, []]
    const since = other?.reason === seen.reason ? other : { reason: seen.reason, sinceMs: nowMs }
    if (nowMs - since.sinceMs < blindAfterMs) return [{ ...eyes, blind: { ...told, other: since } }, []]
  }
  const sinceMs = eyes.blind?.sinceMs ?? eyes.lastSightMs
  const { restoredAtMs = Number.NEGATIVE_INFINITY } = eyes
  const blind: Blind = {
    reason: seen.reason,
    sinceMs,
    isRelapse: eyes.blind?.isRelapse ?? sinceMs - restoredAtMs < relapseWithinMs,
    ...(seen.detail ? { detail: seen.detail.slice(0, 300) } : {}),
  }
  const ended = eyes.blind ? [restored(eyes.blind, nowMs)] : []
  return [{ ...eyes, blind }, [...ended, lost(blind)]]
}

function see(eyes: Eyes, nowMs: number): [Eyes, Change[]] {
  const { blind } = eyes
  if (!blind) return [{ ...eyes, lastSightMs: nowMs }, []]
  const steadySinceMs = blind.steadySinceMs ?? nowMs
  if (blind.isRelapse && nowMs - steadySinceMs < steadyAfterMs) {
    return [{ ...eyes, lastSightMs: nowMs, blind: { ...blind, steadySinceMs } }, []]
  }
  const eyesNow = { lastSightMs: nowMs, seeingSinceMs: steadySinceMs, restoredAtMs: nowMs }
  return [eyesNow, [restored(blind, nowMs)]]
}

function isOfPrinter(reason: BlindReason): boolean {
  return reason === 'printer-unreachable' || reason === 'printer-unclear'
}

function lost({ reason, detail }: Blind): Change {
  const data = detail ? { reason, detail } : { reason }
  if (isOfPrinter(reason)) return { type: 'printer.lost', data }
  if (reason === 'detector-failed') return { type: 'detector.failed', data }
  return { type: 'camera.lost', data }
}

function restored({ reason, sinceMs }: Blind, nowMs: number): Change {
  const data = { reason, blindSeconds: Math.round((nowMs - sinceMs) / 100) / 10 }
  if (isOfPrinter(reason)) return { type: 'printer.restored', data }
  if (reason === 'detector-failed') return { type: 'detector.restored', data }
  return { type: 'camera.restored', data }
}
