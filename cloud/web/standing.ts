import type { PrinterView } from '@layerwatch/shared/api.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'

/** How a printer stands, as a person would sort it: what is said, in which tone, and who comes first. */
export type StandingKind =
  | 'pause-failed'
  | 'pause-moving'
  | 'alarm-unpaused'
  | 'alarm-pausing'
  | 'alarm-paused'
  | 'error'
  | 'silent'
  | 'blind'
  | 'suspected'
  | 'resumed'
  | 'pausing'
  | 'resuming'
  | 'cancelling'
  | 'paused'
  | 'offline'
  | 'fine'
  | 'finished'
  | 'cancelled'
  | 'idle'

export type Tone = 'fail' | 'blind' | 'warn' | 'fine' | 'quiet'

export type Standing = {
  kind: StandingKind
  tone: Tone
  /** A person should look now. */
  needsYou: boolean
  /** Counted from the most urgent. */
  rank: number
}

const tones: Record<StandingKind, Tone> = {
  'pause-failed': 'fail',
  'pause-moving': 'fail',
  'alarm-unpaused': 'fail',
  'alarm-pausing': 'fail',
  'alarm-paused': 'fail',
  error: 'fail',
  silent: 'blind',
  blind: 'blind',
  suspected: 'warn',
  resumed: 'warn',
  pausing: 'quiet',
  resuming: 'quiet',
  cancelling: 'quiet',
  paused: 'quiet',
  offline: 'blind',
  fine: 'fine',
  finished: 'quiet',
  cancelled: 'quiet',
  idle: 'quiet',
}

/** Most urgent first: the keys of `tones` are written in that order. */
const order = Object.keys(tones)

/** A print is under way, moving or held. */
export function isActive(state: PrinterState): boolean {
  return ['printing', 'pausing', 'paused', 'resuming', 'cancelling'].includes(state)
}

/** Judges one printer by what its owner must know first. */
export function standingOf(printer: PrinterView): Standing {
  const kind = kindOf(printer)
  const tone = tones[kind]
  const isQuietSilence = kind === 'silent' && !isActive(printer.state)
  const needsYou = (tone === 'fail' || tone === 'blind') && kind !== 'offline' && !isQuietSilence
  return { kind, tone, needsYou, rank: order.indexOf(kind) + (isQuietSilence ? order.length : 0) }
}

/** Printers with the most urgent first, else by name. */
export function sortByUrgency(printers: readonly PrinterView[]): PrinterView[] {
  return printers
    .map((printer) => ({ printer, rank: standingOf(printer).rank }))
    .sort((a, b) => a.rank - b.rank || a.printer.name.localeCompare(b.printer.name))
    .map(({ printer }) => printer)
}

function kindOf(printer: PrinterView): StandingKind {
  const alarm = alarmOf(printer)
  if (alarm) return alarm
  if (!printer.device.isPresent) return 'silent'
  if (printer.state === 'error') return 'error'
  if (printer.state === 'offline') return 'offline'
  if (isActive(printer.state) && isBlind(printer)) return 'blind'
  if (printer.state === 'printing') return printingKind(printer)
  return plainKinds[printer.state] ?? 'idle'
}

/** A confirmed failure that has not been resolved, while the print it concerns has not moved on. */
function alarmOf(printer: PrinterView): StandingKind | undefined {
  const { incident, state } = printer
  if (incident?.severity !== 'confirmed' || !isActive(state)) return undefined
  if (state === 'paused') {
    if (printer.pausedBy !== 'layerwatch') return undefined
    return incident.pause === 'moving' ? 'pause-moving' : 'alarm-paused'
  }
  if (incident.pause === 'failed') return 'pause-failed'
  if (incident.pause === 'none') return 'alarm-unpaused'
  return incident.pause === 'sent' ? 'alarm-pausing' : undefined
}

function isBlind(printer: PrinterView): boolean {
  return !printer.watching.isWatching && printer.watching.reason !== undefined
}

function printingKind(printer: PrinterView): StandingKind {
  if (printer.incident?.severity === 'suspected') return 'suspected'
  return printer.incident ? 'resumed' : 'fine'
}

const plainKinds: Partial<Record<PrinterState, StandingKind>> = {
  pausing: 'pausing',
  paused: 'paused',
  resuming: 'resuming',
  cancelling: 'cancelling',
  finished: 'finished',
  cancelled: 'cancelled',
}
