import type { DeviceEvent, EventData } from '@layerwatch/shared/events.ts'
import type { Topic } from '@layerwatch/shared/notify-rules.ts'
import type { SensorName } from '@layerwatch/shared/vocabulary.ts'
import { hour, job, type Message, oneLine, type Scene, sentences } from './messages.ts'

/* The words of what is wired to the device and alarms by itself; see `messages.ts`. */

/**
 * What an event of a sensor has people told, and as what. Smoke is told however late it is heard of, an empty spool
 * while something prints.
 */
export function tellSensor(
  event: DeviceEvent,
  { isNews, ...scene }: Scene & { isNews: boolean },
): { message: Message; topic: Topic } | undefined {
  if (event.type === 'pause.failed') {
    const { sensor } = event.data
    if (!sensor) return undefined
    const message = sensorPauseFailedMessage({ ...scene, ...event.data, sensor })
    return { message, topic: sensor === 'smoke' ? 'smoke' : 'pause-failed' }
  }
  if (event.type !== 'sensor.tripped' && event.type !== 'sensor.cleared' && event.type !== 'sensor.failed')
    return undefined
  const isSmoke = event.data.sensor === 'smoke'
  const isWanted = isSmoke ? isNews || event.type === 'sensor.tripped' : isNews && event.printId !== undefined
  if (!isWanted) return undefined
  if (event.type === 'sensor.tripped')
    return { message: sensorTrippedMessage({ ...scene, ...event.data }), topic: event.data.sensor }
  if (event.type === 'sensor.cleared')
    return { message: sensorClearedMessage({ ...scene, ...event.data }), topic: 'sensor' }
  return { message: sensorFailedMessage({ ...scene, ...event.data }), topic: isSmoke ? 'smoke' : 'sensor' }
}

type Print = EventData<'sensor.tripped'>['print']

const prints: Record<Print, string> = {
  pausing: 'Pause sent, not confirmed yet',
  paused: 'It stands paused',
  printing: 'It goes on printing',
  none: 'Nothing is being printed',
}
const powers = {
  cut: 'Its power was cut by the relay',
  failed: 'Its power could not be cut: cut it yourself',
} as const

/** There is smoke, or no filament. Smoke is of the kind that must be heard, whatever the print does. */
function sensorTrippedMessage(scene: Scene & EventData<'sensor.tripped'>): Message {
  const { sensor, print, power } = scene
  const isSmoke = sensor === 'smoke'
  return {
    kind: isSmoke ? 'pause-failed' : 'paused',
    title: `${isSmoke ? 'Smoke' : 'Out of filament'}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(
      isSmoke ? 'Look at it at once' : undefined,
      power && powers[power],
      // Without power nothing is paused, whatever was sent.
      power === 'cut' ? undefined : prints[print],
      job(scene),
    ),
    path: `/printers/${scene.printerId}`,
  }
}

/** The alarm ended by itself. */
function sensorClearedMessage(scene: Scene & EventData<'sensor.cleared'>): Message {
  const said = scene.sensor === 'smoke' ? 'No more smoke' : 'Filament is there again'
  return {
    kind: 'restored',
    title: `${said}: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences('So says the sensor on the device', job(scene)),
    path: `/printers/${scene.printerId}`,
  }
}

const names: Record<SensorName, string> = { smoke: 'Smoke alarm', filament: 'Filament sensor' }
const faults: Record<EventData<'sensor.failed'>['fault'], string> = {
  stuck: 'It has alarmed since Layerwatch began: look at the printer, and at the wires',
  unsteady: 'Its contact flutters: look at its wires',
  unreadable: 'Its pin can not be read',
}

/** A sensor can't be believed: nothing is done at its alarms. */
function sensorFailedMessage(scene: Scene & EventData<'sensor.failed'>): Message {
  return {
    kind: scene.sensor === 'smoke' ? 'pause-failed' : 'lost',
    title: `${names[scene.sensor]} not believed: ${oneLine(scene.printerName)}, ${hour(scene)}`,
    body: sentences(faults[scene.fault], 'Until then its alarms do nothing'),
    path: `/printers/${scene.printerId}`,
  }
}

/** A pause at a sensor's alarm came to nothing. */
function sensorPauseFailedMessage(
  scene: Scene & EventData<'pause.failed'> & { sensor: SensorName },
): Message {
  return {
    kind: 'pause-failed',
    title: `Pause not confirmed, ${oneLine(scene.printerName)}`,
    body: sentences(
      'It may still be printing',
      scene.sensor === 'smoke' ? 'There was smoke' : 'It is out of filament',
      `Reason: ${oneLine(scene.reason)}`,
      'Try again or cut the power',
    ),
    path: `/printers/${scene.printerId}`,
  }
}
