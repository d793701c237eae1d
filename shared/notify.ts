import { z } from 'zod'

/** The ways a person can be told. `push` is Web Push, one browser at a time. */
export const Channel = z.enum(['email', 'push'])
export type Channel = z.infer<typeof Channel>
