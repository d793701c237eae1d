import type { EventData } from '@layerwatch/shared/events.ts'
import { describeCareFailure, describeFallback } from '@layerwatch/shared/pause-words.ts'
import { capital, job, type Message, oneLine, type Scene, sentences, type Trouble } from './messages.ts'

/* The words of what follows from a pause; see `messages.ts`. */

/** The printer says that it has paused, and the camera sees it go on. */
export function stillMovingMessage(trouble: Trouble): Message {
  return {
    kind: 'pause-failed',
    title: `Paused, but still moving: ${oneLine(trouble.printerName)}`,
    body: sentences(
      'It says that it has paused, and goes on moving in the picture',
      'Look at it, or cut the power',
      job(trouble),
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

/** What became of ending a printer that did not obey. */
export function fallbackMessage(trouble: Trouble & EventData<'fallback.used'>): Message {
  const isEnded = trouble.result === 'confirmed'
  const title = isEnded ? 'Ended, for it did not pause' : 'Not paused, and not ended'
  return {
    kind: 'pause-failed',
    title: `${title}: ${oneLine(trouble.printerName)}`,
    body: sentences(
      capital(oneLine(describeFallback(trouble))),
      isEnded ? 'The print is lost' : 'Cut the power yourself',
      job(trouble),
    ),
    path: `/incidents/${trouble.incidentId}`,
  }
}

/** A heater of a paused printer goes off soon. */
export function heaterWarningMessage(scene: Scene & EventData<'heater.warned'>): Message {
  return {
    kind: 'paused',
    title: `${capital(scene.heater)} goes off in ${scene.minutesLeft} min: ${oneLine(scene.printerName)}`,
    body: sentences(
      scene.heater === 'bed' ? 'A cold bed lets go of the part' : 'It has to be heated again to go on',
      'Resume or stop it before',
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** A heater of a paused printer stays hot, though it was to be switched off. */
export function heaterFailedMessage(scene: Scene & EventData<'heater.switched'>): Message {
  return {
    kind: 'pause-failed',
    title: `${capital(scene.heater)} still on: ${oneLine(scene.printerName)}`,
    body: sentences(
      `Paused for ${scene.minutes} min, and it could not be switched off`,
      oneLine(scene.reason ?? ''),
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** A paused printer was not cared for as its owner configured. */
export function careFailedMessage(scene: Scene & EventData<'care.failed'>): Message {
  return {
    kind: 'pause-failed',
    title: `Paused, but not cared for: ${oneLine(scene.printerName)}`,
    body: sentences(capital(oneLine(describeCareFailure(scene), 200)), 'Look at it', job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}
