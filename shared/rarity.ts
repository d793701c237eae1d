import { z } from 'zod'

/** How rare a value is on good prints: ln(hours between two sights of it) = intercept + slope · value. */
export const Tail = z.object({ intercept: z.number(), slope: z.number().positive() })
export type Tail = z.infer<typeof Tail>

/** The tails of a model: how rarely its good prints rise so far, over each duration, or begin at such a level. */
export const Rarity = z.object({ rises: z.array(Tail), start: Tail })
export type Rarity = z.infer<typeof Rarity>

/** A tail is fitted through values this rare and rarer, ln: those that one print of three hours in five reaches. */
export const tailNats = Math.log(3 / 0.2)
/** Below, values become common faster than the tail says; how much faster only moves where nothing is decided. */
const bodySteepness = 4

/** ln of the hours of good printing between two sights of at least this value. */
export function natsOf(value: number, tail: Tail | undefined): number {
  if (!tail) return -Infinity
  const nats = tail.intercept + tail.slope * value
  return nats >= tailNats ? nats : tailNats - bodySteepness * (tailNats - nats)
}
