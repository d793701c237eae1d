import {
  healthOf,
  probabilityToFail,
  scaleEvidence,
  type Thresholds,
  thresholdsOf,
} from '@layerwatch/shared/sensitivity.ts'
import type { Box, Defect, Verdict } from '@layerwatch/shared/vocabulary.ts'
import { agree, type Finding } from './finding.ts'
import { actionFor, gravestAction, isOnlyTold, type Policy, type PolicyAction } from './policy.ts'

/*
 * The decision: what the senses found, against thresholds that follow from the rate of false pauses its owner puts
 * up with. Evidence is ln of the hours of good printing in which as much is seen once (see `scene.ts`), so the
 * threshold of "0.1 false pauses in 100 hours" is ln 1000, whatever the model and the camera.
 */

/** What is remembered from frame to frame. */
export interface Suspicion {
  readonly verdict: Verdict
  /** Layer at which the evidence of this episode began; undefined while nothing stands out. */
  readonly beganAtLayer: number | undefined
}

export interface Decision {
  verdict: Verdict
  /** What to do about it now. */
  action: PolicyAction
  /** 0..1: 0.5 where the owner is told, 1 where the print is paused. */
  evidence: number
  /** 0..100: 100 where nothing stands out, 50 where the owner is told, 0 where the print is paused. */
  health: number
  /** Probability 0..1 that the print fails in the end; before looking, one in twenty does. */
  failureProbability: number
  defect: Defect
  place?: Box
  /** Evidence of each defect, 0..1. */
  defects: Partial<Record<Defect, number>>
  beganAtLayer: number
  /** What led to it, in a person's words; empty while all is well. */
  reasons: string[]
}

export const noSuspicion: Suspicion = { verdict: 'ok', beganAtLayer: undefined }

/** A suspicion ends this far below the warn threshold, ln: it does not come and go with every frame. */
const hysteresis = 1.5
/** Hours a print goes on where nobody says how long: half of a mean one. */
const typicalHoursLeft = 2

export interface Circumstances {
  readonly layer: number
  readonly policy: Policy
  /** What this printer's history added to its thresholds, ln. */
  readonly shift?: number
  readonly hoursLeft?: number | undefined
}

/** Decides on what was found in the newest frame and in the layers up to it, strongest first. */
export function decide(
  before: Suspicion,
  findings: readonly Finding[],
  { layer, policy, shift = 0, hoursLeft = typicalHoursLeft }: Circumstances,
): [Suspicion, Decision] {
  const thresholds = thresholdsOf(policy.sensitivity, shift)
  const heeded = heed(findings, policy, thresholds)
  const [strongest] = heeded
  const nats = strongest?.nats ?? -Infinity
  const verdict = judge(before.verdict, nats, thresholds)
  const evidence = scaleEvidence(nats, thresholds)
  const stands = evidence > 0 || verdict !== 'ok'
  const beganAtLayer = stands ? (before.beganAtLayer ?? strongest?.beganAtLayer ?? layer) : undefined
  const acted = heeded.filter((one) => one.nats >= thresholds.pause)
  return [
    { verdict, beganAtLayer },
    {
      verdict,
      action: gravestAction(acted.map(({ defect }) => actionFor(defect, policy))),
      evidence: round(evidence),
      health: healthOf(nats, thresholds),
      failureProbability: round(probabilityToFail(nats, hoursLeft)),
      defect: strongest?.defect ?? 'failure',
      ...(strongest?.place ? { place: strongest.place } : {}),
      defects: Object.fromEntries(
        heeded.toReversed().map((one) => [one.defect, round(scaleEvidence(one.nats, thresholds))]),
      ),
      beganAtLayer: beganAtLayer ?? layer,
      reasons: verdict === 'ok' || !strongest ? [] : explain(strongest, beganAtLayer ?? layer, layer),
    },
  ]
}

/** Below this, ln, what is only told stays under the threshold of a pause. */
const underPause = 0.1

function tellOnly(finding: Finding, { pause }: Thresholds): Finding {
  return { ...finding, nats: Math.min(finding.nats, pause - underPause) }
}

/** What counts under a policy, the strongest first. What is only told adds nothing to what may pause. */
function heed(findings: readonly Finding[], policy: Policy, thresholds: Thresholds): readonly Finding[] {
  const wanted = findings.filter(({ defect }) => actionFor(defect, policy) !== 'off')
  const acting = agree(wanted.filter(({ defect }) => !isOnlyTold(defect, policy)))
  const told = wanted
    .filter(({ defect }) => isOnlyTold(defect, policy))
    .map((one) => tellOnly(one, thresholds))
  return [...acting, ...told].sort((a, b) => b.nats - a.nats)
}

function judge(before: Verdict, nats: number, { warn, pause }: Thresholds): Verdict {
  if (nats >= pause) return 'fail'
  if (nats >= warn) return 'warn'
  return before !== 'ok' && nats >= warn - hysteresis ? 'warn' : 'ok'
}

function explain({ reason, nats }: Finding, beganAtLayer: number, layer: number): string[] {
  const since = beganAtLayer === layer ? 'It began in this layer.' : `It began at layer ${beganAtLayer}.`
  return [reason.slice(0, 300), since, `A good print shows this once in ${countHours(nats)}.`]
}

function countHours(nats: number): string {
  const hours = Math.exp(Math.max(0, nats))
  if (hours > 10_000) return 'more than 10,000 hours'
  const rounded = Number(hours.toPrecision(hours < 100 ? 1 : 2))
  return rounded <= 1 ? 'an hour' : `${rounded.toLocaleString('en')} hours`
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
