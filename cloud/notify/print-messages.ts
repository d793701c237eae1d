import type { LayerHealth, Mover } from '@layerwatch/shared/vocabulary.ts'
import { actors, capital, hour, job, type Message, oneLine, type Scene, sentences } from './messages.ts'

/* The words of a print that goes its way; see `messages.ts`. */

/** A print began. */
export function startedMessage(scene: Scene): Message {
  return {
    kind: 'started',
    title: `Printing: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

const grades: Record<LayerHealth, string> = {
  fine: 'looks fine',
  suspected: 'is doubtful',
  failed: 'looks failed',
  unwatched: 'was not watched',
}

/** The first layer is done. */
export function firstLayerMessage(
  scene: Scene & { health: LayerHealth; healthScore?: number | undefined },
): Message {
  const { health, healthScore } = scene
  const score = healthScore === undefined ? undefined : `Health ${Math.round(healthScore)} of 100`
  return {
    kind: 'first-layer',
    title: `First layer ${grades[health]}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(score, job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

/** A print came so far. */
export function progressMessage(
  scene: Scene & { percent: number; secondsLeft?: number | undefined },
): Message {
  const { percent, secondsLeft } = scene
  const left = secondsLeft === undefined ? undefined : `About ${minutesText(secondsLeft)} left`
  return {
    kind: 'progress',
    title: `${percent} % printed: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(left, job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

/** Somebody or something other than us paused a print in which nothing was found. */
export function pausedByMessage(scene: Scene & { by: Mover; reason?: string | undefined }): Message {
  const where = scene.layer === undefined ? '' : ` at layer ${scene.layer}`
  return {
    kind: 'paused',
    title: `Paused ${actors[scene.by]}${where}, ${hour(scene)}`,
    body: sentences(
      oneLine(scene.printerName),
      scene.reason === undefined ? undefined : capital(oneLine(scene.reason)),
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** A paused print goes on. */
export function resumedMessage(scene: Scene & { by: Mover }): Message {
  return {
    kind: 'resumed',
    title: `Resumed ${actors[scene.by]}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

function minutesText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60))
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
