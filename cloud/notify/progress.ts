import type { NotificationRules } from '@layerwatch/shared/notify-rules.ts'
import { findViewers } from '../db/access.ts'
import type { Tx } from '../db/client.ts'
import { findPreferences } from '../db/preferences.ts'
import type { Stride } from '../projections-status.ts'
import { idOf } from './enqueue-print.ts'
import { progressMessage } from './print-messages.ts'
import { tell } from './tell.ts'

/** Queues word of the steps that prints came past, to those who chose them. Returns how many rows were written. */
export async function enqueueProgress(
  tx: Tx,
  strides: readonly Stride[],
  { at, canSendEmail }: { at: Date; canSendEmail: boolean },
): Promise<number> {
  let queued = 0
  for (const stride of strides) {
    const { printer, print, secondsLeft } = stride
    if (!stepsPast(stride)) continue
    const people = await findViewers(tx, printer.id)
    const preferences = await findPreferences(tx, people)
    const stepOf = (personId: string) => stepReached(stride, preferences.get(personId)?.rules)
    const steps = new Set(people.flatMap((personId) => stepOf(personId) ?? []))
    for (const percent of steps) {
      const scene = {
        printerId: printer.id,
        printerName: printer.name,
        job: print.job,
        percent,
        secondsLeft,
        at,
      }
      const notice = {
        eventId: idOf('progress', print.id, String(percent)),
        organisationId: printer.organisationId,
        printerId: printer.id,
        topic: 'progress' as const,
        messageIn: (timeZone: string) => progressMessage({ ...scene, timeZone }),
        canSendEmail,
        notBefore: at,
        at,
      }
      queued += await tell(tx, notice, ({ personId }) => stepOf(personId) === percent)
    }
  }
  return queued
}

/** Steps are multiples of so many percent. */
const finestStep = 5

function stepsPast({ from, to }: Stride): boolean {
  return Math.floor((to * 100) / finestStep) > Math.floor((from * 100) / finestStep)
}

/** The highest of a person's steps that was just come past: one message for however many. Pure. */
export function stepReached(
  { from, to }: Pick<Stride, 'from' | 'to'>,
  rules: Pick<NotificationRules, 'progressSteps'> | undefined,
): number | undefined {
  const passed = (rules?.progressSteps ?? []).filter((step) => from * 100 < step && step <= to * 100)
  return passed.length > 0 ? Math.max(...passed) : undefined
}
