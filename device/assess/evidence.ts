import type { Box, Defect } from '@layerwatch/shared/vocabulary.ts'

/** One piece of evidence about a layer. */
export interface LayerEvidence {
  readonly source: 'pictures' | 'change'
  readonly defect: Defect
  /**
   * ln P(what was measured | failing) − ln P(the same | good print), natural log, already calibrated; negative
   * speaks for a good print.
   */
  readonly logLikelihoodRatio: number
  /** Where in the frame. */
  readonly place?: Box
  /** In a person's words, for the phone. */
  readonly reason: string
}
