import type { EventType } from '@layerwatch/shared/events.ts'
import type { Logger } from 'pino'
import type { Hold } from '../assess/hold.ts'
import type { Change, PrinterCourse } from '../assess/prints.ts'

/** An event of one printer, with the picture it speaks of. */
export type Entry = Change & { jpeg?: Uint8Array }

/** Where a monitor writes down what happened. Nothing here throws or waits: a full disk must not stop a pause. */
export interface Journal {
  record(entries: readonly Entry[]): void
  /** Returns when it is on the disk, or can't be written. */
  saveCourse(course: PrinterCourse, hold: Hold | undefined): Promise<void>
  keepLayerPicture(printId: string, layer: number, jpeg: Uint8Array): void
}

/** What the terminal says; types without a phrase are not worth a line. */
const phrases: Partial<Record<EventType, string>> = {
  'print.started': 'print started',
  'print.finished': 'print ended',
  'defect.suspected': 'defect suspected',
  'defect.confirmed': 'defect confirmed',
  'defect.cleared': 'suspicion cleared',
  'pause.sent': 'pausing the printer',
  'pause.failed': 'pause failed',
  'printer.paused': 'printer paused',
  'pause.checked': 'pause looked at',
  'fallback.used': 'fallback used',
  'heater.warned': 'heater goes off soon',
  'heater.switched': 'heater switched off',
  'care.failed': 'paused printer not cared for as configured',
  'printer.resumed': 'printer resumed',
  'camera.lost': 'not watching',
  'camera.restored': 'watching again',
  'view.lost': 'a camera sees nothing',
  'view.restored': 'the camera sees again',
  'light.failed': 'light does not obey',
  'printer.lost': 'printer lost',
  'printer.restored': 'printer back',
  'detector.failed': 'detector failed',
  'detector.restored': 'detector works again',
  'sensor.tripped': 'sensor alarms',
  'sensor.cleared': 'sensor alarms no more',
  'sensor.failed': 'sensor can not be believed',
  'sensor.restored': 'sensor can be believed again',
  'command.accepted': 'command accepted',
  'command.finished': 'command finished',
  'printer.tuned': 'learned from its owner',
}

const gravePhrases: readonly EventType[] = [
  'defect.confirmed',
  'pause.failed',
  'fallback.used',
  'care.failed',
  'camera.lost',
  'view.lost',
  'light.failed',
  'printer.lost',
  'sensor.tripped',
  'sensor.failed',
]

/** Says a change of state as one log line: a constant phrase, and the few figures that matter as fields. */
export function logChange(log: Logger, change: Change): void {
  const phrase = phrases[change.type]
  if (!phrase) return
  const fields = briefly(change.data)
  if (isGrave(change)) log.warn(fields, phrase)
  else log.info(fields, phrase)
}

function isGrave(change: Change): boolean {
  if (change.type === 'pause.checked') return change.data.picture === 'moving'
  if (change.type === 'heater.switched') return change.data.result === 'failed'
  return gravePhrases.includes(change.type)
}

function briefly(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).filter(([key]) => !['detections', 'snapshotId', 'beforeSnapshotId'].includes(key)),
  )
}
