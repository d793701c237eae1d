import { nameDefect } from '@layerwatch/shared/defect-names.ts'
import type { NoticeKind } from '@layerwatch/shared/push.ts'
import type { BlindReason, Mover, PrintOutcome } from '@layerwatch/shared/vocabulary.ts'

/*
 * The words of notifications: state, who, where, when, in that order; no exclamation, no apology. "Suspected"
 * is not failed, "sent" is not paused, and stop is never called cancel.
 */

/** What a notification says, whatever carries it. */
export interface Message {
  kind: NoticeKind
  title: string
  body: string
  /** Where on the page it leads. */
  path: string
}

/** Where and when something happened. */
export interface Scene {
  printerId: string
  printerName: string
  job?: string | undefined
  layer?: number | undefined
  at: Date
  /** Zone the hour is told in, by its IANA name; the cloud's own by default. */
  timeZone?: string | undefined
}

/** An episode as it is told. */
export interface Trouble extends Scene {
  incidentId: string
  defect: string
  beganAtLayer: number
}

/** As it stands inside a sentence. */
function defectOf({ defect }: Trouble): string {
  return nameDefect(defect).toLowerCase()
}

/** The warn threshold was crossed. */
export function suspectedMessage(trouble: Trouble): Message {
  return {
    kind: 'suspected',
    title: `Suspected: ${defectOf(trouble)}, ${oneLine(trouble.printerName)}`,
    body: sentences(
      `Since layer ${trouble.beganAtLayer}, ${hour(trouble)}`,
      'Not paused. Layerwatch goes on watching',
      job(trouble),
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

/** The pause threshold was crossed, and nothing is known of a pause yet. */
export function confirmedMessage(trouble: Trouble & { isPauseSent: boolean }): Message {
  return {
    kind: 'confirmed',
    title: `Failing: ${defectOf(trouble)}, ${oneLine(trouble.printerName)}`,
    body: sentences(
      `${layerText(trouble)}since layer ${trouble.beganAtLayer}, ${hour(trouble)}`,
      trouble.isPauseSent ? 'Pause sent, not confirmed yet' : 'Not paused',
      job(trouble),
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

/** Who paused or resumed it, as it stands after the verb. */
export const actors: Record<Mover, string> = {
  layerwatch: 'by Layerwatch',
  person: 'from the page',
  button: 'by the button',
  printer: 'at the printer',
  sensor: 'by the printer’s own sensor',
  hand: 'by a person at the printer',
}

/** The printer was read back as paused. */
export function pausedMessage(trouble: Trouble & { by: Mover }): Message {
  const where = trouble.layer === undefined ? '' : ` at layer ${trouble.layer}`
  return {
    kind: 'paused',
    title: `Paused ${actors[trouble.by]}${where}, ${hour(trouble)}`,
    body: sentences(
      `${oneLine(trouble.printerName)}: ${defectOf(trouble)} since layer ${trouble.beganAtLayer}`,
      job(trouble),
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

/** Every try to pause failed: the one that must be heard. */
export function pauseFailedMessage(trouble: Trouble & { reason: string }): Message {
  return {
    kind: 'pause-failed',
    title: `Pause not confirmed, ${oneLine(trouble.printerName)}`,
    body: sentences(
      'It may still be printing',
      `${capital(defectOf(trouble))} since layer ${trouble.beganAtLayer}, ${hour(trouble)}`,
      `Reason: ${oneLine(trouble.reason)}`,
      'Try again or cut the power',
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

const outcomes: Record<PrintOutcome, string> = {
  finished: 'Finished',
  cancelled: 'Stopped',
  failed: 'Failed',
}

/** A print ended. */
export function finishedMessage(scene: Scene & { outcome: PrintOutcome }): Message {
  return {
    kind: 'finished',
    title: `${outcomes[scene.outcome]}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(job(scene), layerAt(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

const reasons: Record<BlindReason, string> = {
  'camera-unreachable': 'camera not reachable',
  'camera-garbled': 'camera sends no usable picture',
  'camera-dark': 'camera picture too dark',
  'camera-blurred': 'camera picture blurred',
  'camera-frozen': 'camera picture frozen',
  'camera-blocked': 'camera view blocked',
  'camera-moved': 'camera moved',
  'printer-unreachable': 'printer not reachable',
  'printer-unclear': 'not sure what the printer does',
  'detector-failed': 'detector failed',
  'agent-silent': 'no word from the device',
}

/** Nobody is watching a print that goes on. */
export function lostMessage(scene: Scene & { reason: BlindReason }): Message {
  return {
    kind: 'lost',
    title: `Not watching since ${hour(scene)}: ${reasons[scene.reason]}`,
    body: sentences(oneLine(scene.printerName), job(scene), layerAt(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

/** It is watched again. */
export function restoredMessage(scene: Scene & { reason: BlindReason; blindSeconds: number }): Message {
  return {
    kind: 'restored',
    title: `Watching again since ${hour(scene)}`,
    body: sentences(
      `${oneLine(scene.printerName)}: ${duration(scene.blindSeconds)} not watched, ${reasons[scene.reason]}`,
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** One of several cameras sees nothing; the others watch on. */
export function viewLostMessage(scene: Scene & { camera: string; reason: BlindReason }): Message {
  return {
    kind: 'lost',
    title: `${capital(scene.camera)} sees nothing since ${hour(scene)}: ${reasons[scene.reason]}`,
    body: sentences(`${oneLine(scene.printerName)} is watched by its other cameras alone`, job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

/** The light does not obey: the pictures may be dark, or it burns on. */
export function lightFailedMessage(scene: Scene & { to: 'on' | 'off'; reason: string }): Message {
  return {
    kind: 'lost',
    title: `Light could not be switched ${scene.to}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(oneLine(scene.reason), job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

/** That camera sees again. */
export function viewRestoredMessage(scene: Scene & { camera: string; blindSeconds: number }): Message {
  return {
    kind: 'restored',
    title: `${capital(scene.camera)} sees again since ${hour(scene)}`,
    body: sentences(`${oneLine(scene.printerName)}: it saw nothing for ${duration(scene.blindSeconds)}`),
    path: `/printers/${scene.printerId}`,
  }
}

/** Nothing was heard from the device for a while; what it does meanwhile nobody can say. */
export function silentMessage(scene: Scene): Message {
  return {
    kind: 'lost',
    title: `No word from the device since ${hour(scene)}`,
    body: sentences(
      `${oneLine(scene.printerName)} was printing`,
      'It pauses a failing print by itself, if it still runs',
      job(scene),
      layerAt(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** The device is heard again. */
export function answeringMessage(scene: Scene & { silentSeconds: number }): Message {
  return {
    kind: 'restored',
    title: `The device is heard again, ${hour(scene)}`,
    body: sentences(
      `${oneLine(scene.printerName)}: no word for ${duration(scene.silentSeconds)}`,
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** What a person asked for to see whether it arrives. */
export function testMessage({ at, timeZone }: Pick<Scene, 'at' | 'timeZone'>): Message {
  return {
    kind: 'test',
    title: 'Test from Layerwatch',
    body: `Notifications reach you here. Sent ${hour({ at, timeZone })}.`,
    path: '/',
  }
}

/** Somebody beside the device had its path proven; no print is meant. */
export function selftestMessage(
  scene: Scene & {
    isPassed: boolean
    confirmedAfterSeconds?: number | undefined
    reasons: readonly string[]
  },
): Message {
  const {
    isPassed,
    confirmedAfterSeconds: after,
    reasons: [reason],
  } = scene
  const found = after === undefined ? undefined : `A known failing print was found after ${duration(after)}`
  return {
    kind: 'test',
    title: `Self-test ${isPassed ? 'passed' : 'failed'}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences('No print is meant', found, reason === undefined ? undefined : oneLine(reason)),
    path: `/printers/${scene.printerId}`,
  }
}

/** The hour it happened at, in the zone it is told in. */
export function hour({ at, timeZone }: Pick<Scene, 'at' | 'timeZone'>): string {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat('en-GB', { ...options, ...(timeZone && { timeZone }) }).format(at)
}

export function sentences(...parts: (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) => `${part}.`)
    .join(' ')
}

export function job({ job: name }: Scene): string | undefined {
  return name === undefined ? undefined : oneLine(name)
}

function layerAt({ layer }: Scene): string | undefined {
  return layer === undefined ? undefined : `Layer ${layer}`
}

function layerText({ layer }: Scene): string {
  return layer === undefined ? 'Seen ' : `Seen at layer ${layer}, `
}

/** A hostile or endless name stays on one line and within reason. */
export function oneLine(text: string, most = 60): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  const letters = [...plain]
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : plain
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}
