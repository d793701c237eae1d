import { type IncidentStep, type IncidentView, type PrinterView, Resolution } from '@layerwatch/shared/api.ts'
import { nameDefect } from '@layerwatch/shared/defect-names.ts'
import type { CameraReport } from '@layerwatch/shared/status.ts'
import type { LayerHealth } from '@layerwatch/shared/vocabulary.ts'
import type { AskAction, AskFailure } from './asks.ts'
import { count, duration, exactTime, moment, score } from './format.ts'
import {
  actorNames,
  blindReasons,
  healthNames,
  numberWords,
  outcomeNames,
  resolutionNames,
  standingWords,
  stepNames,
} from './names.ts'
import { type Standing, type StandingKind, standingOf } from './standing.ts'
import { texts } from './texts.ts'

/** The catalogue's second half: the sentences that depend on what is known. No text is written elsewhere. */

/** A defect's name, capitalised; one of a later version is said as the detector calls it. */
export function defectName(defect: string): string {
  return nameDefect(defect)
}

/** What stands in large letters: the state, and who made it. */
export function standingTitle(standing: Standing, printer: PrinterView, nowMs: number): string {
  const since = 'since' in printer.watching ? moment(printer.watching.since, nowMs) : ''
  const fixed: Partial<Record<StandingKind, string>> = {
    'pause-failed': 'Pause not confirmed',
    'pause-moving': 'Says it has paused, but still moves',
    'alarm-unpaused': 'Failing, and not paused',
    'alarm-pausing': 'Pause sent, not confirmed yet',
    'alarm-paused': 'Paused by Layerwatch',
    error: 'The printer reports an error',
    blind: `Not watching since ${since}`,
    suspected: `Suspected: ${defectName(printer.incident?.defect ?? '').toLowerCase()}`,
    resumed: 'Printing again after an alarm',
    pausing: 'Pausing, not confirmed yet',
    resuming: 'Resuming, not confirmed yet',
    cancelling: 'Stopping, not confirmed yet',
    paused: printer.pausedBy ? `Paused by ${actorNames[printer.pausedBy]}` : 'Paused',
    offline: 'Printer is off',
    fine: 'Printing fine',
    finished: 'Finished',
    cancelled: 'Stopped',
    idle: 'Idle',
  }
  if (standing.kind !== 'silent') return fixed[standing.kind] ?? ''
  const { heardAt } = printer.device
  return heardAt ? `No word since ${moment(heardAt, nowMs)}` : 'No word from the device'
}

/** The sentence under the title. */
export function standingWhy(standing: Standing, printer: PrinterView, nowMs: number): string {
  const { incident, watching } = printer
  switch (standing.kind) {
    case 'pause-failed':
      return 'It may still be printing.'
    case 'pause-moving':
    case 'alarm-unpaused':
    case 'alarm-pausing':
    case 'alarm-paused':
      return alarmWhy(printer, nowMs)
    case 'silent':
      return `${printer.device.name} may still be watching.`
    case 'blind':
      return watching.isWatching || !watching.reason ? '' : sentence(blindReasons[watching.reason])
    case 'suspected':
      return incident
        ? `Since layer ${count(incident.beganAtLayer)}. Pauses by itself if it is confirmed.`
        : ''
    case 'resumed':
      return incident ? `${defectName(incident.defect)} at layer ${count(incident.layer)}.` : ''
    case 'paused':
      return printer.pausedAt ? `At ${moment(printer.pausedAt, nowMs)}.` : ''
    case 'idle':
    case 'finished':
    case 'cancelled':
    case 'offline':
      return 'Watching starts with the next print.'
    case 'error':
      return 'Look at its screen.'
    default:
      return watching.isWatching ? `Watching since ${moment(watching.since, nowMs)}` : ''
  }
}

function alarmWhy(printer: PrinterView, nowMs: number): string {
  const { incident } = printer
  if (!incident) return ''
  const at = printer.pausedAt ?? incident.openedAt
  const said = `At layer ${count(incident.layer)}, ${moment(at, nowMs)}: ${defectName(incident.defect).toLowerCase()}`
  return printer.device.isPresent ? said : `${said}. No word from ${printer.device.name} since.`
}

/** The page's first sentence: who needs a person, or that nobody does. */
export function homeTitle(printers: readonly PrinterView[]): string {
  const needing = printers.filter((printer) => standingOf(printer).needsYou).length
  if (needing > 0) return `${numberWord(needing)} ${needing === 1 ? 'printer needs' : 'printers need'} you`
  const standings = printers.map((printer) => standingOf(printer))
  if (standings.some((standing) => standing.kind === 'suspected')) return 'One to keep an eye on'
  const printing = standings.filter((standing) => standing.kind === 'fine').length
  if (printing > 0) return 'All is well'
  return 'Nothing is printing'
}

/** 1 paused by Layerwatch, 1 not watched, 2 fine */
export function homeSummary(printers: readonly PrinterView[]): string {
  const counts = new Map<string, number>()
  const ordered = printers.map((printer) => standingOf(printer)).sort((a, b) => a.rank - b.rank)
  for (const { kind } of ordered) {
    const word = standingWords[kind] ?? 'changing'
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, number]) => `${number}\u00A0${word.replaceAll(' ', '\u00A0')}`).join(', ')
}

const turns: readonly IncidentStep['kind'][] = ['paused', 'resumed', 'stopped', 'cleared', 'ended']

/** The newest step that tells how the print goes on; what an alarm's page says first follows it. */
export function lastTurn(incident: IncidentView): IncidentStep | undefined {
  return incident.timeline.findLast((step) => turns.includes(step.kind))
}

/** What an alarm's page says first. */
export function incidentTitle(incident: IncidentView, nowMs: number): string {
  const turn = lastTurn(incident)
  if (turn?.kind === 'resumed') return `Printing again since ${moment(turn.at, nowMs)}`
  if (turn?.kind === 'stopped') return `Stopped, ${moment(turn.at, nowMs)}`
  if (turn?.kind === 'ended') return `Ended ${turn.detail ?? ''}, ${moment(turn.at, nowMs)}`
  if (incident.pause === 'moving') return 'Says it has paused, but still moves'
  if (turn?.kind === 'cleared') return `Suspicion ended, ${moment(turn.at, nowMs)}`
  if (incident.severity === 'suspected') return `Suspected: ${defectName(incident.defect).toLowerCase()}`
  if (incident.pause === 'failed') return 'Pause not confirmed. It may still be printing'
  if (incident.pause === 'sent') return 'Pause sent, not confirmed yet'
  const layer = `layer ${count(incident.layer)}`
  if (incident.pause === 'none') return `${defectName(incident.defect)} confirmed at ${layer}`
  const who = actorNames[turn?.by ?? 'layerwatch']
  return `Paused by ${who} at ${layer}, ${moment(turn?.at ?? incident.openedAt, nowMs)}`
}

export function incidentWhy(incident: IncidentView): string {
  const sentAt = incident.timeline.findLast((step) => step.kind === 'pause.sent')?.at
  const isEnded = lastTurn(incident)?.kind === 'ended'
  if (incident.pause === 'failed' && sentAt && !isEnded) {
    return `Layerwatch sent the pause at ${exactTime(sentAt)}. The printer has not answered.`
  }
  const confirmedAt = incident.timeline.find((step) => step.kind === 'confirmed')?.at
  const began = `It began at layer ${count(incident.beganAtLayer)}`
  const seconds = confirmedAt ? (Date.parse(confirmedAt) - Date.parse(incident.openedAt)) / 1000 : 0
  const before = seconds >= 60 ? `, ${duration(seconds)} before` : ''
  return `${defectName(incident.defect)}. ${began}${before}.`
}

export function stepTitle(step: IncidentStep): string {
  const isThere = step.by === 'printer' || step.by === 'sensor' || step.by === 'hand'
  return step.kind === 'paused' && isThere ? texts.incident.pausedThere : stepNames[step.kind]
}

/** Who and where, under a step's title. */
export function stepDetail(step: IncidentStep, incident: IncidentView): string {
  if (step.kind === 'paused') return pausedDetail(step)
  if (step.kind === 'pause.still') return 'in the picture'
  if (step.kind === 'pause.moving') return 'in the picture: look at it'
  const actor = step.by ? `by ${actorNames[step.by]}` : ''
  const who = step.person ? `by ${step.person}` : actor
  const began = step.kind === 'suspected' && step.layer === incident.beganAtLayer ? 'began here: ' : ''
  const where = step.layer === undefined ? '' : `${began}layer ${count(step.layer)}`
  const isPlace = step.kind === 'suspected' || step.kind === 'confirmed'
  const detail = step.kind === 'resolved' ? closedAs(step.detail) : step.detail
  return [isPlace ? where : who, detail ?? ''].filter(Boolean).join(', ')
}

/** What a person closed an incident as; a printer's own words otherwise. */
function closedAs(detail: string | undefined): string | undefined {
  const resolution = Resolution.safeParse(detail)
  return resolution.success ? resolutionNames[resolution.data] : detail
}

/** The printer's word for a pause, and whose pause it was where nobody asked for it through Layerwatch. */
function pausedDetail({ by, detail }: IncidentStep): string {
  if (by === 'sensor') return detail ? `sensor: ${detail}` : 'by its own sensor'
  if (by === 'hand') return 'by a person at the printer'
  return by === 'printer' ? 'at the printer' : 'it has paused'
}

/** One line of an alert's list: what and where. */
export function incidentLine(incident: IncidentView): string {
  if (incident.outcome) return outcomeNames[incident.outcome]
  if (incident.severity === 'suspected') return `Suspected at layer ${count(incident.layer)}`
  if (incident.pause === 'confirmed') return `Paused at layer ${count(incident.layer)}`
  if (incident.pause === 'moving') return `Paused at layer ${count(incident.layer)}, but still moves`
  return `Confirmed at layer ${count(incident.layer)}, not paused`
}

/** What the strip's slider speaks: Layer 41, failed, spaghetti .95 */
export function layerSpoken(
  layer: number,
  view: { health: LayerHealth; evidence?: number | undefined; defects: Record<string, number> } | undefined,
): string {
  const health = view?.health ?? 'unwatched'
  return `Layer ${count(layer)}, ${healthNames[health]}${worstSpoken(view)}`
}

function worstSpoken(view: { health: LayerHealth; defects: Record<string, number> } | undefined): string {
  if (!view || view.health === 'fine' || view.health === 'unwatched') return ''
  const worst = worstDefect(view.defects)
  return worst ? `, ${defectName(worst[0]).toLowerCase()} ${score(worst[1])}` : ''
}

/** The defect with the highest evidence. */
export function worstDefect(evidences: Record<string, number>): [string, number] | undefined {
  return Object.entries(evidences).sort((a, b) => b[1] - a[1])[0]
}

/** Why a command came to nothing, under its button. */
export function failureText(action: AskAction, failure: AskFailure | undefined, atMs: number): string {
  if (failure?.kind === 'not-sent') return 'not sent: no connection'
  if (failure?.kind === 'expired') return 'not carried out in time'
  if (failure?.reason) return failure.reason
  if (failure?.kind === 'refused') return 'refused'
  if (action === 'pause') return texts.dock.notConfirmedHow
  return texts.dock.notConfirmed(atMs)
}

function numberWord(number: number): string {
  return numberWords[number] ?? count(number)
}

/** How a camera does: how often it gives a picture, or why it sees nothing. */
export function cameraLine({ name, isSeeing, reason, intervalSeconds }: CameraReport): string {
  const why = reason ? `, ${blindReasons[reason]}` : ''
  return `${sentence(name)}: ${isSeeing ? pace(intervalSeconds) : `${texts.printer.seesNothing}${why}`}`
}

function pace(seconds: number | undefined): string {
  if (seconds === undefined) return texts.printer.noInterval
  return texts.printer.everySeconds(`${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`)
}

/** The agent's reasons as running text, whether they end in a full stop or not. */
export function sentences(reasons: readonly string[]): string {
  return reasons.map((reason) => sentence(/[.!?]$/.test(reason) ? reason : `${reason}.`)).join(' ')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
