import { z } from 'zod'
import { Box } from './vocabulary.ts'

/** What people say of prints, as the page asks and reads it. */

/** What a person said of a print, and whether its device knows. */
export const MarkView = z.object({
  verdict: z.enum(['fine', 'failed']),
  failedAtLayer: z.number().int().optional(),
  /** Places to ignore, boxes in 0..1 of the picture. */
  ignore: z.array(Box).optional(),
  isKept: z.boolean(),
  /** What came of it, in its device's words. */
  words: z.string().optional(),
})
export type MarkView = z.infer<typeof MarkView>

/** `PUT /api/prints/{printId}/verdict`: what a person says of a print; its printer learns from it. */
export const PrintVerdictRequest = z.object({
  verdict: z.enum(['fine', 'failed', 'none']),
  /** The layer it failed from. */
  failedAtLayer: z.number().int().min(0).optional(),
  /** Places to ignore beside those named before, boxes in 0..1 of the picture. */
  ignore: z.array(Box).max(8).optional(),
})
export type PrintVerdictRequest = z.infer<typeof PrintVerdictRequest>
