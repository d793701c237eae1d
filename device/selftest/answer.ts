import type { EventInput } from '@layerwatch/shared/events.ts'
import { z } from 'zod'
import type { Scribe } from '../uplink/scribe.ts'
import type { WatchedPrinter } from '../uplink/watched-printer.ts'

/** A self-test that is to be told of, as the agent that runs is asked to. */
const Told = z.object({
  printer: z.string(),
  result: z.object({
    isPassed: z.boolean(),
    confirmedAfterSeconds: z.number().min(0).optional(),
    reasons: z.array(z.string()),
  }),
})
export type Told = z.infer<typeof Told>

/** What `selftest` asks a running agent for, and what it hears. */
const Wish = z.object({ selftest: Told })
export const Answer = z.object({ isStored: z.boolean() })

/** What an event carries of reasons; see `shared/events.ts`. */
const most = { reasons: 8, characters: 300 }

/** What the running agent does with such a wish: the event is on the disk when it answers. */
export function answerSelftest(printers: readonly WatchedPrinter[], scribe: Scribe) {
  return async (asked: unknown): Promise<z.infer<typeof Answer>> => {
    const { printer, result } = Wish.parse(asked).selftest
    const watched = printers.find(({ name }) => name === printer)
    if (!watched) return { isStored: false }
    const reasons = result.reasons.slice(0, most.reasons).map((reason) => reason.slice(0, most.characters))
    const data: EventInput<'selftest.finished'> = { ...result, reasons }
    await scribe.recordNow({ type: 'selftest.finished', data }, watched.printerId)
    return { isStored: true }
  }
}
