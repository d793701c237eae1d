import type { Defect } from '@layerwatch/shared/vocabulary.ts'
import type { LayerEvidence } from './evidence.ts'

/*
 * Evidence that comes by the layer, from comparing each with the ones before: a CUSUM for each defect. Its sum of
 * log-likelihood ratios never falls below nothing, so that a thousand good layers do not delay the next alarm, and
 * on good prints it reaches h at most once in e^h layers on the mean (Lorden 1971), which makes it a rate.
 */

/** One defect's account. */
export interface ChangeSum {
  /** Sum of log-likelihood ratios since it last was nothing. */
  readonly sum: number
  readonly beganAtLayer: number
  /** The strongest piece of it. */
  readonly strongest: LayerEvidence
}

export type ChangeSums = Readonly<Partial<Record<Defect, ChangeSum>>>

/** No layer weighs more than this, for or against: a calibration is no surer than that. */
const mostNats = 8
/** A sum grows no further, so that it also ends within some layers. */
const maxSum = 16

/** The accounts after one more layer. */
export function addChanges(
  before: ChangeSums,
  evidence: readonly LayerEvidence[],
  layer: number,
): ChangeSums {
  const sums: Partial<Record<Defect, ChangeSum>> = { ...before }
  for (const one of evidence) {
    const last = sums[one.defect]
    const gain = Math.min(mostNats, Math.max(-mostNats, one.logLikelihoodRatio))
    const sum = Math.min(maxSum, (last?.sum ?? 0) + (Number.isNaN(gain) ? 0 : gain))
    if (sum <= 0) {
      delete sums[one.defect]
      continue
    }
    const isStronger = !last || one.logLikelihoodRatio >= last.strongest.logLikelihoodRatio
    sums[one.defect] = {
      sum,
      beganAtLayer: last?.beganAtLayer ?? layer,
      strongest: isStronger ? one : last.strongest,
    }
  }
  return sums
}

/** ln of the hours of good printing between two sums as high. */
export function natsOfChange({ sum }: ChangeSum, layerSeconds: number): number {
  return sum + Math.log(layerSeconds / 3600)
}
