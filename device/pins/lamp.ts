import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import { isActive } from '../assess/prints.ts'
import type { PrinterMonitor } from '../monitor.ts'

/** What a status lamp tells, each in a way of its own. */
export const lampModes = ['off', 'watching', 'warning', 'failed', 'blind'] as const
export type LampMode = (typeof lampModes)[number]

interface Seen {
  /** A print is under way, as far as is known: a printer that is out of reach keeps it. */
  isPrinting: boolean
  isBlind: boolean
  /** What is thought of this print. */
  verdict: Verdict
  isSmoking: boolean
}

/** The gravest that holds: a failure is not hidden by a camera that goes blind after it. */
export function chooseLampMode({ isPrinting, isBlind, verdict, isSmoking }: Seen): LampMode {
  if (isSmoking) return 'failed'
  if (!isPrinting) return 'off'
  if (verdict === 'fail') return 'failed'
  if (isBlind) return 'blind'
  return verdict === 'warn' ? 'warning' : 'watching'
}

/** What the lamp of a watched printer is to show now. */
export function lampModeOf({ link, eyes, verdict }: PrinterMonitor, isSmoking: boolean): LampMode {
  const isBlind = (link.contact.blind ?? eyes.blind) !== undefined
  const isPrinting = link.course.print !== undefined && (isBlind || isActive(link.course.state))
  return chooseLampMode({ isPrinting, isBlind, verdict, isSmoking })
}
