import { Box } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'

/* What a printer has learned from its owner, as it is stored, told and used. It belongs to one model. */

/** What differs for one printer from what every printer does. */
export const Tuning = z.object({
  /** Boxes to ignore, by camera. */
  masks: z.record(z.string(), z.array(Box).max(16)).default({}),
  /** Added to the thresholds, ln; positive acts more rarely. */
  shift: z.number().default(0),
  /** Whether frames are held against what this printer's cameras usually show. */
  usesBaseline: z.boolean().default(false),
})
export type Tuning = z.infer<typeof Tuning>

export const noTuning: Tuning = { masks: {}, shift: 0, usesBaseline: false }

/** What a person said of a print, as the device keeps it. */
export const KeptMark = z.object({
  printId: z.string(),
  verdict: z.enum(['fine', 'failed', 'none']),
  failedAtLayer: z.number().optional(),
  ignore: z.array(Box).max(8).default([]),
  revision: z.number(),
})
export type KeptMark = z.infer<typeof KeptMark>

/** How a history went or would go. */
const Outcome = z.object({ falsePauses: z.number(), missed: z.number(), lateLayers: z.number() })

/** One thing that was learned, with why. */
export const TuningVersion = z.object({
  tuning: Tuning,
  before: Outcome,
  after: Outcome,
  /** Prints that were replayed. */
  prints: z.number(),
  /** The marks it stands on, as they were then. */
  marks: z.array(KeptMark),
})
export type TuningVersion = z.infer<typeof TuningVersion>

/** What came of one mark. */
export const MarkOutcome = z.object({
  printId: z.string(),
  revision: z.number(),
  came: z.enum([
    'learned',
    'right-before',
    'taken-back',
    'not-kept',
    'other-view',
    'too-large',
    'hides-failure',
    'nothing-helps',
    'unseen',
    'few-good',
    'pauses-good',
  ]),
  /** Layer at which it would be paused now. */
  layer: z.number().exactOptional(),
})
export type MarkOutcome = z.infer<typeof MarkOutcome>
