import { z } from 'zod'

/** What the cloud tells the process that forked it, once it answers. */
export const ReadyMessage = z.object({
  kind: z.literal('cloud.ready'),
  url: z.url(),
  /** Where the set-up token lies; absent once there is an owner. */
  setupTokenFile: z.string().optional(),
})
export type ReadyMessage = z.infer<typeof ReadyMessage>
