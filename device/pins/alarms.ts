import type { EventInput } from '@layerwatch/shared/events.ts'
import type { SensorName } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import { isActive } from '../assess/prints.ts'
import type { PrinterMonitor } from '../monitor.ts'
import type { ActionOutcome } from '../pause/act.ts'
import type { ContactNews } from '../printer/contact.ts'
import type { Entry } from '../watch/journal.ts'
import type { GpioConfig } from './config.ts'

interface PinAlarmParts {
  config: GpioConfig
  monitor: () => Pick<PrinterMonitor, 'link' | 'pausing' | 'layer'>
  /** Cuts the printer's power; there only where the owner wants that at smoke. */
  cutPower: (() => void) | undefined
  log: Logger
  record: (entries: readonly Entry[]) => void
  /** Something changed that the phone or the lamp shows. */
  onChange: () => void
}

/** What the phone shows as long as it lasts. */
const words = {
  smoke: {
    tripped: 'The smoke alarm on the device reports smoke.',
    stuck:
      'The smoke alarm on the device has been on since Layerwatch began: is there smoke, or is it wired the other ' +
      'way round? Nothing is done at its alarm until it was off once.',
    unsteady: 'The smoke alarm on the device flutters, so it is not believed: look at its wires.',
    unreadable: 'The smoke alarm on the device can not be read.',
  },
  filament: {
    tripped: 'The filament sensor on the device sees no filament.',
    stuck:
      'The filament sensor on the device has seen no filament since Layerwatch began: put some in, or wire it the ' +
      'other way round. No print is paused for it until it saw some.',
    unsteady: 'The filament sensor on the device flutters, so it is not believed: look at its wires.',
    unreadable: 'The filament sensor on the device can not be read.',
  },
} as const

type Standing = keyof (typeof words)['smoke']

/**
 * What is done at the alarm of a sensor that is wired to the Pi: at smoke the print is paused and, where its owner
 * wants that, the power cut; at the end of the filament it is paused where its owner wants that. Always told. One
 * that can't be believed is told, and nothing done.
 */
export class PinAlarms {
  readonly #parts: PinAlarmParts
  readonly #standings = new Map<SensorName, Standing>()
  #printId: string | undefined

  constructor(parts: PinAlarmParts) {
    this.#parts = parts
  }

  /** There is smoke. */
  get isSmoking(): boolean {
    return this.#standings.get('smoke') === 'tripped'
  }

  /** What a person should know of the sensors as long as it lasts. */
  get limits(): string[] {
    return [...this.#standings].map(([sensor, standing]) => words[sensor][standing])
  }

  /** Takes in what a contact told. */
  take(sensor: SensorName, news: ContactNews, signal: AbortSignal): void {
    if (news.kind === 'tripped') {
      this.#trip(sensor, signal)
      return
    }
    if (news.kind === 'failed') this.#standings.set(sensor, news.fault)
    else this.#standings.delete(sensor)
    this.#record(describeNews(sensor, news))
    this.#parts.onChange()
  }

  /** A print that begins without filament is one that its sensor can stop. */
  follow(signal: AbortSignal): void {
    const { printId } = this.#link.course.print ?? {}
    if (printId === this.#printId) return
    this.#printId = printId
    if (printId !== undefined && this.#standings.get('filament') === 'tripped') this.#trip('filament', signal)
  }

  #trip(sensor: SensorName, signal: AbortSignal): void {
    const { config, monitor, onChange } = this.#parts
    const { pausing, layer } = monitor()
    this.#standings.set(sensor, 'tripped')
    // Done first and told after: writing may wait for a slow disk.
    const power = sensor === 'smoke' ? this.#cut() : undefined
    const isPausing = sensor === 'smoke' || config.filament?.pauses === true
    const pause = isPausing ? this.#pause(signal) : undefined
    const data = {
      sensor,
      print: this.#describePrint(pause),
      layer,
      ...(power && { power }),
    }
    this.#record({ type: 'sensor.tripped', data })
    if (pause) void pausing.settle(pause, { by: 'layerwatch', sensor }, signal)
    onChange()
  }

  get #link(): PrinterMonitor['link'] {
    return this.#parts.monitor().link
  }

  #cut(): EventInput<'sensor.tripped'>['power'] {
    const { cutPower, log } = this.#parts
    if (!cutPower) return undefined
    try {
      cutPower()
      return 'cut'
    } catch (error) {
      log.error({ err: error }, 'relay not switched')
      return 'failed'
    }
  }

  /** Asks for a pause of a print that moves, as far as is known; a pause that is under way is enough. */
  #pause(signal: AbortSignal): Promise<ActionOutcome> | undefined {
    const { link, pausing } = this.#parts.monitor()
    const { print, state } = link.course
    const isMoving = print && (state === 'offline' || (isActive(state) && !isHeld.includes(state ?? '')))
    if (!isMoving || link.lacks('pause') || link.isUnderWay('pause') || link.isUnderWay('cancel'))
      return undefined
    return pausing.act('pause', 'layerwatch', signal)
  }

  #describePrint(pause: Promise<ActionOutcome> | undefined): EventInput<'sensor.tripped'>['print'] {
    const link = this.#link
    const { print, state } = link.course
    if (pause || (link.isUnderWay('pause') && print)) return 'pausing'
    if (!print || state === 'cancelling') return 'none'
    return state === 'paused' ? 'paused' : 'printing'
  }

  #record(entry: Entry): void {
    const { printId } = this.#link.course.print ?? {}
    this.#parts.record([printId ? { printId, ...entry } : entry])
  }
}

/** Nothing moves in these that a pause would stop. */
const isHeld: readonly string[] = ['paused', 'cancelling']

function describeNews(sensor: SensorName, news: Exclude<ContactNews, { kind: 'tripped' }>): Entry {
  if (news.kind === 'failed') return { type: 'sensor.failed', data: { sensor, fault: news.fault } }
  const seconds = Math.round(news.afterMs / 1000)
  if (news.kind === 'cleared') return { type: 'sensor.cleared', data: { sensor, seconds } }
  return { type: 'sensor.restored', data: { sensor, fault: news.fault, seconds } }
}
