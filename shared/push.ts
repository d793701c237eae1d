import { z } from 'zod'
import { Instant } from './vocabulary.ts'

/** What a notification tells of. */
export const NoticeKind = z.enum([
  'suspected',
  'confirmed',
  'paused',
  'pause-failed',
  'finished',
  'lost',
  'restored',
  'started',
  'first-layer',
  'progress',
  'resumed',
  'summary',
  'digest',
  'test',
])
export type NoticeKind = z.infer<typeof NoticeKind>

/** What the service worker is given with a Web Push message: JSON, shown as it is. */
export const PushMessage = z.object({
  kind: NoticeKind,
  title: z.string(),
  body: z.string(),
  /** Where a tap leads, such as `/incidents/{id}`. */
  path: z.string().startsWith('/'),
  /** Messages of one tag replace each other: an episode shows once, with its newest word. */
  tag: z.string(),
  at: Instant,
})
export type PushMessage = z.infer<typeof PushMessage>
