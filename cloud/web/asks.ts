import type { CommandRequest, CommandView, PrinterView } from '@layerwatch/shared/api.ts'
import { snapshotFreshForMs } from '@layerwatch/shared/commands.ts'

/** What a person asked of a printer on this page, from the press to the printer's own word. */

export type AskAction = Exclude<CommandRequest['action'], 'untune'>

export type Ask = {
  key: string
  printerId: string
  action: AskAction
  askedAtMs: number
  /** Known once the cloud took it. */
  commandId?: string
  /** The press came to nothing. */
  failure?: AskFailure
  confirmedAtMs?: number
  /** The printer's own time of it, where it told one. */
  confirmedAt?: string
}

export type AskFailure =
  | { kind: 'not-sent' }
  | { kind: 'refused' | 'failed' | 'expired'; reason: string | undefined; atMs: number }

export type AskPhase =
  | { kind: 'rest' }
  | { kind: 'sent'; seconds: number }
  | { kind: 'confirmed'; at: string | undefined }
  | { kind: 'unconfirmed'; atMs: number; failure: AskFailure | undefined }

/** After this long without the printer's word a command counts as not confirmed. */
export const confirmWithinMs = 20_000
/** How long a confirmation stays on its button. */
const confirmedForMs = 5_000

/** What the button of an ask shows now. */
export function askPhase(ask: Ask | undefined, nowMs: number): AskPhase {
  if (!ask) return { kind: 'rest' }
  if (ask.confirmedAtMs !== undefined) {
    const isOver = nowMs - ask.confirmedAtMs > confirmedForMs
    return isOver ? { kind: 'rest' } : { kind: 'confirmed', at: ask.confirmedAt }
  }
  if (ask.failure) {
    const atMs = ask.failure.kind === 'not-sent' ? ask.askedAtMs : ask.failure.atMs
    return { kind: 'unconfirmed', atMs, failure: ask.failure }
  }
  const elapsedMs = nowMs - ask.askedAtMs
  if (elapsedMs >= confirmWithinMs) {
    return { kind: 'unconfirmed', atMs: ask.askedAtMs + confirmWithinMs, failure: undefined }
  }
  return { kind: 'sent', seconds: Math.max(0, Math.floor(elapsedMs / 1000)) }
}

/** Takes in what the cloud said of the printer and of the command; the printer's state outranks the command's. */
export function settleAsk(
  ask: Ask,
  facts: { printer: PrinterView | undefined; command: CommandView | undefined; nowMs: number },
): Ask {
  if (ask.confirmedAtMs !== undefined) return ask
  const { printer, command, nowMs } = facts
  if (printer && hasReached(ask.action, printer)) {
    return { ...withoutFailure(ask), confirmedAtMs: nowMs, ...timeOf(ask.action, printer, command) }
  }
  if (command?.status === 'done' && ask.action === 'snapshot') return { ...ask, confirmedAtMs: nowMs }
  if (command && isFailure(command.status) && !ask.failure) {
    return { ...ask, failure: { kind: command.status, reason: command.reason, atMs: nowMs } }
  }
  return ask
}

/** A picture a person may resume on: which, and when it was taken at the latest guess to its disfavour. */
export type FreshPicture = { snapshotId: string; takenAtMs: number }

export type ResumeGate =
  | { kind: 'open'; snapshotId: string; ageMs: number }
  | { kind: 'too-old'; ageMs: number }
  | { kind: 'no-picture' }

/** Whether a resume may be asked: only with a picture of at most 30 s of age on screen. */
export function resumeGate(picture: FreshPicture | undefined, nowMs: number): ResumeGate {
  if (!picture) return { kind: 'no-picture' }
  const ageMs = Math.max(0, nowMs - picture.takenAtMs)
  if (ageMs > snapshotFreshForMs) return { kind: 'too-old', ageMs }
  return { kind: 'open', snapshotId: picture.snapshotId, ageMs }
}

function hasReached(action: AskAction, printer: PrinterView): boolean {
  switch (action) {
    case 'pause':
      return printer.state === 'paused'
    case 'resume':
      return printer.state === 'printing'
    case 'cancel':
      return ['cancelled', 'idle', 'finished'].includes(printer.state)
    case 'snapshot':
      return false
  }
}

function timeOf(
  action: AskAction,
  printer: PrinterView,
  command: CommandView | undefined,
): Pick<Ask, 'confirmedAt'> {
  const at = action === 'pause' ? printer.pausedAt : (command?.finishedAt ?? printer.print?.endedAt)
  return at === undefined ? {} : { confirmedAt: at }
}

function withoutFailure({ failure: _failure, ...ask }: Ask): Ask {
  return ask
}

function isFailure(status: CommandView['status']): status is 'refused' | 'failed' | 'expired' {
  return status === 'refused' || status === 'failed' || status === 'expired'
}
