import type { Logger } from 'pino'
import type { PrinterMonitor } from '../monitor.ts'
import { openGpio } from '../printer/gpio.ts'
import type { Light } from '../printer/printer.ts'
import type { Entry } from '../watch/journal.ts'
import { PinAlarms } from './alarms.ts'
import type { GpioConfig } from './config.ts'
import { lampModeOf } from './lamp.ts'

interface PinsParts {
  /** Asked for only once something happens: the monitor itself needs the relay first. */
  monitor: () => PrinterMonitor
  log: Logger
  signal: AbortSignal
  record: (entries: readonly Entry[]) => void
  /** Something changed that the phone shows. */
  onChange: () => void
}

/** What is wired to the Pi beside one printer. */
export interface Pins {
  alarms: PinAlarms
  /** Ends a failing print that did not pause, where the owner wants that of the relay. */
  cutPower: (() => void) | undefined
  light: Light | undefined
  /** Something changed of the printer or of its print. */
  follow(): void
  close(): void
}

/** @throws ConfigError as `openGpio` does. */
export async function openPins(config: GpioConfig, parts: PinsParts): Promise<Pins> {
  const { monitor, log, signal, record, onChange } = parts
  const gpio = await openGpio(config, {
    log,
    onPress: () => void monitor().pauseByButton(signal),
    onContact: (sensor, news) => alarms.take(sensor, news, signal),
  })
  const light = () => gpio.setLamp?.(lampModeOf(monitor(), alarms.isSmoking))
  const alarms = new PinAlarms({
    config,
    monitor,
    log,
    record,
    cutPower: config.smoke?.cutsPower ? gpio.cutPower : undefined,
    onChange: () => {
      light()
      onChange()
    },
  })
  return {
    alarms,
    cutPower: config.relay?.cutsPower ? gpio.cutPower : undefined,
    light: gpio.light,
    follow: () => {
      alarms.follow(signal)
      light()
    },
    close: () => gpio.close(),
  }
}
