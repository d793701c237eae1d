import { z } from 'zod'
import { Id } from './vocabulary.ts'

/** Answers one event or one picture, sent only after the cloud committed it. */
export const Receipt = z.object({
  /** Id of the event or of the snapshot; absent where the payload could not be read. */
  id: Id.optional(),
  /** SHA-256 of the payload as received, hex: names what could not be parsed. */
  digest: z.string().length(64),
  result: z.enum(['stored', 'duplicate', 'rejected']),
  reason: z.string().max(300).optional(),
})
export type Receipt = z.infer<typeof Receipt>
