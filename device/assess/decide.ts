import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import type { LayerReport, Sight } from './report.ts'
import { logOdds, probability } from './report.ts'

/*
 * The decision: evidence for failure adds up from frame to frame and from layer to layer, like a CUSUM test.
 *
 * Each frame says log-odds of failure. Frames of one print resemble each other, so a frame only weighs by the
 * printing that passed since the one before (`correlationSeconds`). What is usual for this print and camera, a
 * slowly followed level, is taken off; a sum below the floor stays there, so that an hour of good sights cannot
 * delay the next alarm. Strong sights reach the pause threshold within some seven frames, weak ones need
 * several layers, and one frame alone never suffices. The state is a handful of numbers, whatever the print.
 */

/** Thresholds as evidence in 0..1, see `PolicyConfig`. */
export interface Thresholds {
  readonly warn: number
  readonly pause: number
}

/** A level of sights: log-odds of failure and the share of the frame that fails. */
interface Level {
  readonly logOdds: number
  readonly area: number
}

export interface Suspicion {
  /** Accumulated log-odds; never below the floor. */
  readonly logOdds: number
  /** Frames of this episode that spoke for failure. */
  readonly supporting: number
  /** Layer at which the evidence of this episode began. */
  readonly beganAtLayer: number | undefined
  readonly verdict: Verdict
  readonly lastSeconds: number | undefined
  /** What is usual here, the worst of the last minute, and what a person saw and resumed. */
  readonly usual: Level
  readonly recent: Level
  readonly accepted: Level
}

export interface Decision {
  verdict: Verdict
  /** 0..1 */
  evidence: number
  /** The defect the newest frame shows most clearly. */
  defect: string
  beganAtLayer: number
  /** What led to it, in a person's words; empty while all is well. */
  reasons: string[]
}

const floor = -1.5
const correlationSeconds = 12
/** Longest time one frame stands for: after a gap the new frame weighs no more than this. */
const maxGapSeconds = 20
/** Sights below this log-odds speak for a good print. */
const drift = 0.4
const strongest = 4
const weakest = -1
/** From here on (88 %) a sight counts as a failure in plain view. */
const clear = 2
const usualSeconds = { rise: 400, fall: 120 }
const recentSeconds = { rise: 5, fall: 60 }
const acceptedSeconds = 900
const minSupporting = 3
/** A suspicion ends this far below the warn threshold, in log-odds. */
const hysteresis = 1.5
const nothing: Level = { logOdds: 0, area: 0 }

export const noSuspicion: Suspicion = {
  logOdds: floor,
  supporting: 0,
  beganAtLayer: undefined,
  verdict: 'ok',
  lastSeconds: undefined,
  usual: nothing,
  recent: nothing,
  accepted: nothing,
}

/** Decides after the newest frame of the layer printed now. */
export function decide(state: Suspicion, report: LayerReport, thresholds: Thresholds): [Suspicion, Decision] {
  const sight = report.newest
  if (!sight) return [state, describe(state, report)]
  const gapSeconds = Math.min(maxGapSeconds, Math.max(0, sight.atSeconds - (state.lastSeconds ?? -Infinity)))
  const gain = weigh(sight, state)
  const total = Math.max(floor, state.logOdds + gain * share(gapSeconds, correlationSeconds))
  const supporting = total > floor ? state.supporting + (gain > 0 ? 1 : 0) : 0
  const next: Suspicion = {
    logOdds: Math.min(total, logOdds(thresholds.pause) + strongest),
    supporting,
    beganAtLayer: supporting > 0 ? (state.beganAtLayer ?? report.layer) : undefined,
    verdict: judge({ total, supporting, thresholds, before: state.verdict }),
    lastSeconds: sight.atSeconds,
    usual: approach(state.usual, sight, gapSeconds, usualSeconds),
    recent: approach(state.recent, sight, gapSeconds, recentSeconds),
    accepted: approach(state.accepted, sight, gapSeconds, { rise: Infinity, fall: acceptedSeconds }),
  }
  return [next, describe(next, report)]
}

/**
 * Begins anew after a person resumed a paused print: what is in sight now counts as usual, so it does not pause
 * again at once; a failure that grows beyond it does. `shown` is the last sight of the paused print, which is all
 * there is where the agent began while the print was paused.
 */
export function acceptSight(state: Suspicion, shown: Sight | undefined): Suspicion {
  const seen = shown ? levelOf(shown) : nothing
  const accepted = {
    logOdds: Math.max(state.recent.logOdds, seen.logOdds),
    area: Math.max(state.recent.area, seen.area),
  }
  return { ...noSuspicion, accepted, recent: state.recent, lastSeconds: state.lastSeconds }
}

/** What one frame adds per unit of weight. */
function weigh(sight: Sight, { usual, accepted }: Suspicion): number {
  const said = Math.min(strongest, Math.max(weakest, logOdds(sight.score)))
  if (said <= drift) return said - drift
  // A clear failure that got worse is told by its size, for the score has a ceiling.
  const hasGrown = said >= clear && sight.area > Math.max(usual.area, accepted.area) * 1.5 + 0.01
  return said - drift - (hasGrown ? 0 : Math.max(0, usual.logOdds, accepted.logOdds))
}

function judge(now: { total: number; supporting: number; thresholds: Thresholds; before: Verdict }): Verdict {
  const warnAt = logOdds(now.thresholds.warn)
  const isSupported = now.supporting >= minSupporting
  if (isSupported && now.total >= logOdds(now.thresholds.pause)) return 'fail'
  if (isSupported && now.total >= warnAt) return 'warn'
  return now.before !== 'ok' && now.total >= warnAt - hysteresis ? 'warn' : 'ok'
}

function describe(state: Suspicion, report: LayerReport): Decision {
  const beganAtLayer = state.beganAtLayer ?? report.layer
  return {
    verdict: state.verdict,
    evidence: Math.round(probability(state.logOdds) * 1e4) / 1e4,
    defect: report.newest ? clearestDefect(report.newest) : 'failure',
    beganAtLayer,
    reasons: state.verdict === 'ok' ? [] : explain(state, report, beganAtLayer),
  }
}

function explain(state: Suspicion, report: LayerReport, beganAtLayer: number): string[] {
  const since = beganAtLayer === report.layer ? 'in this layer' : `since layer ${beganAtLayer}`
  const reasons = [`${state.supporting} pictures ${since} look like a failing print.`]
  const { worst } = report
  if (worst) reasons.push(`The clearest of this layer says ${Math.round(worst.score * 100)} %.`)
  return reasons
}

function clearestDefect(sight: Sight): string {
  const named = Object.entries(sight.defects)
    .filter(([label, score]) => label !== 'failure' && score >= 0.5)
    .sort(([, a], [, b]) => b - a)
  return named[0]?.[0] ?? 'failure'
}

/** Follows a sight, its rise and its fall each with a time constant. */
function approach(level: Level, sight: Sight, gapSeconds: number, seconds: Speed): Level {
  const to = levelOf(sight)
  const toward = (from: number, goal: number) =>
    from + (goal - from) * share(gapSeconds, goal > from ? seconds.rise : seconds.fall)
  return { logOdds: toward(level.logOdds, to.logOdds), area: toward(level.area, to.area) }
}

function levelOf({ score, area }: Sight): Level {
  return { logOdds: Math.min(strongest, Math.max(floor, logOdds(score))), area }
}

interface Speed {
  rise: number
  fall: number
}

function share(gapSeconds: number, timeConstantSeconds: number): number {
  return 1 - Math.exp(-gapSeconds / timeConstantSeconds)
}
