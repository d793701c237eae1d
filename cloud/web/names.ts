import type { IncidentStep, Resolution } from '@layerwatch/shared/api.ts'
import type { BlindReason, LayerHealth, Mover, PrintOutcome } from '@layerwatch/shared/vocabulary.ts'
import type { StandingKind } from './standing.ts'

/** The catalogue's names: what the words of the vocabulary are called on the page. */

export const blindReasons: Record<BlindReason, string> = {
  'camera-unreachable': 'the camera cannot be reached',
  'camera-garbled': 'the camera sends broken pictures',
  'camera-dark': 'the picture is too dark',
  'camera-blurred': 'the picture is blurred',
  'camera-frozen': 'the camera picture is frozen',
  'camera-blocked': 'something blocks the camera',
  'camera-moved': 'the camera was moved',
  'printer-unreachable': 'the printer cannot be reached',
  'printer-unclear': 'not sure what the printer does',
  'detector-failed': 'the detector failed',
  'agent-silent': 'the device is silent',
}

/** What helps, said once beside the reason. */
export const blindRemedies: Partial<Record<BlindReason, string>> = {
  'camera-unreachable': 'Check its cable or its address.',
  'camera-dark': 'Switch on a lamp by the bed.',
  'camera-blurred': 'Clean or focus the lens.',
  'camera-frozen': 'Restart the camera.',
  'camera-blocked': 'Clear its view of the bed.',
  'camera-moved': 'Put it back, or let it learn the new view with the next print.',
  'printer-unreachable': 'Check that it is on and in the network.',
  'printer-unclear':
    'It says what Layerwatch does not understand, so nothing is done by itself: look at the printer.',
}

export const healthNames: Record<LayerHealth, string> = {
  fine: 'fine',
  suspected: 'suspected',
  failed: 'failed',
  unwatched: 'not watched',
}

export const actorNames: Record<Mover, string> = {
  layerwatch: 'Layerwatch',
  person: 'a person',
  button: 'the button',
  printer: 'the printer itself',
  sensor: 'the printer’s own sensor',
  hand: 'a person at the printer',
}

export const standingWords: Partial<Record<StandingKind, string>> = {
  'pause-failed': 'not paused',
  'pause-moving': 'paused, but moving',
  'alarm-unpaused': 'failing',
  'alarm-pausing': 'pausing',
  'alarm-paused': 'paused by Layerwatch',
  error: 'with an error',
  silent: 'silent',
  blind: 'not watched',
  suspected: 'suspected',
  resumed: 'resumed',
  paused: 'paused',
  offline: 'off',
  fine: 'fine',
  finished: 'finished',
  cancelled: 'stopped',
  idle: 'idle',
}

export const stepNames: Record<IncidentStep['kind'], string> = {
  suspected: 'Suspected',
  confirmed: 'Confirmed',
  cleared: 'Suspicion ended',
  'pause.sent': 'Pause sent',
  'pause.failed': 'No answer',
  paused: 'Printer confirmed',
  'pause.still': 'Stands still',
  'pause.moving': 'Still moving',
  ended: 'Ended',
  'not-ended': 'Not ended',
  'nozzle.off': 'Nozzle switched off',
  'bed.off': 'Bed switched off',
  'heater.failed': 'Not switched off',
  resumed: 'Resumed',
  stopped: 'Stopped',
  acknowledged: 'Seen',
  resolved: 'Closed',
}

export const outcomeNames = {
  saved: 'Saved',
  'false-alarm': 'False alarm',
  'already-lost': 'Already lost',
} as const

/** Under the line of the timeline that tells of it. */
export const resolutionNames: Record<Resolution, string> = {
  saved: 'saved',
  'false-alarm': 'a false alarm',
  'already-lost': 'already lost',
  'taken-back': 'took back what it was',
}

export const printOutcomes: Record<PrintOutcome, string> = {
  finished: 'Finished',
  cancelled: 'Stopped',
  failed: 'Failed',
}

export const numberWords = 'No One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve'.split(' ')
