import { ConfigError } from '@layerwatch/shared/errors.ts'
import { SensorName } from '@layerwatch/shared/vocabulary.ts'
import type { Gpio as Pin } from 'onoff'
import type { Logger } from 'pino'
import type { GpioConfig } from '../pins/config.ts'
import { type LampMode, lampModes } from '../pins/lamp.ts'
import type { ContactNews } from './contact.ts'
import { followButton, followContact } from './gpio-inputs.ts'
import { type Lamp, type LampPin, openLamp, openLamps } from './gpio-lamp.ts'
import { findHeader } from './gpio-pins.ts'
import type { Light } from './printer.ts'

/** What is wired to the Pi's header. Parts that are not configured are not there. */
export interface Gpio {
  /** Switches the relay, which stays switched until the Pi is switched off and on. */
  cutPower?: () => void
  setLamp?: (mode: LampMode) => void
  light?: Light
  /** Puts the lamp out and lets go of all but relay and light, which stay as they are. */
  close(): void
}

interface Listeners {
  log: Logger
  onPress: () => void
  /** The contact of a smoke alarm or of a filament switch turned, or can't be believed. */
  onContact: (sensor: SensorName, news: ContactNews) => void
}

/**
 * Takes over the configured pins. The relay is off at first, but one that cut the power before this process began
 * stays as it is: a restart must not give a printer its power back.
 * @throws ConfigError where this machine has no GPIO, onoff's addon is not built, or a pin can't be had.
 */
export async function openGpio(config: GpioConfig, { log, onPress, onContact }: Listeners): Promise<Gpio> {
  const sysfsNumber = await findHeader()
  const { Gpio: PinClass } = await loadOnoff()
  const takePin = (bcm: number, take: (number: number) => Pin): Pin => {
    try {
      return take(sysfsNumber(bcm))
    } catch (cause) {
      if (cause instanceof ConfigError) throw cause
      throw new ConfigError(`pin ${bcm} can't be had: is the user in the group gpio?`, { cause })
    }
  }
  const { relay, button, lamp, light } = config
  const takeInput = (bcm: number, isActiveLow: boolean, edge: 'none' | 'both') =>
    takePin(bcm, (number) => new PinClass(number, 'in', edge, { activeLow: isActiveLow }))
  const relayPin = relay && takePin(relay.pin, (number) => takeOutput(PinClass, number, relay))
  const statusLamp =
    lamp && takeLamp(lamp, (bcm) => takePin(bcm, (number) => takeOutput(PinClass, number, lamp)), log)
  const lightPin = light && takePin(light.pin, (number) => takeOutput(PinClass, number, light))
  const stops = SensorName.options.flatMap((name) => {
    const contact = config[name]
    if (!contact) return []
    const pin = takeInput(contact.pin, contact.isActiveLow, 'none')
    const onNews = (news: ContactNews) => onContact(name, news)
    return [followContact(pin, { name, debounceMs: contact.debounceMs, onNews, log })]
  })
  if (button) {
    const pin = takeInput(button.pin, button.isActiveLow, 'both')
    stops.push(followButton(pin, { debounceMs: button.debounceMs, onPress, log }))
  }
  if (relayPin?.readSync() === 1) log.warn('relay still cuts the power: switch the Pi off and on to end that')
  return {
    ...(relayPin &&
      (relay.cutsPower || config.smoke?.cutsPower) && { cutPower: () => cutPower(relayPin, log) }),
    ...(statusLamp && { setLamp: statusLamp.show }),
    ...(lightPin && { light: openLight(lightPin) }),
    close: () => {
      for (const stop of stops) stop()
      statusLamp?.close()
    },
  }
}

/** One lamp for all modes, or one for each. */
function takeLamp(
  { pin, pins }: NonNullable<GpioConfig['lamp']>,
  take: (bcm: number) => LampPin,
  log: Logger,
): Lamp | undefined {
  if (pin !== undefined) return openLamp(take(pin), log)
  const taken = lampModes.flatMap((mode) => {
    const bcm = mode === 'off' ? undefined : pins?.[mode]
    return bcm === undefined ? [] : [[mode, take(bcm)] as const]
  })
  return openLamps(Object.fromEntries(taken), log)
}

function openLight(pin: Pin): Light {
  return {
    isOn: async () => pin.readSync() === 1,
    turn: async (to) => pin.writeSync(to === 'on' ? 1 : 0),
  }
}

/** Loaded late, so that agents without GPIO need no addon. */
async function loadOnoff(): Promise<typeof import('onoff')> {
  try {
    return await import('onoff')
  } catch (cause) {
    throw new ConfigError('the GPIO addon is not built: run npm run native:gpio', { cause })
  }
}

/**
 * Takes a pin as an output that is off. `high` and `low` set direction and level at once: with `out` an active-low
 * relay would be on for a moment. A pin that is an output already keeps its level.
 */
function takeOutput(PinClass: typeof Pin, number: number, { isActiveLow }: { isActiveLow: boolean }): Pin {
  return new PinClass(number, isActiveLow ? 'high' : 'low', 'none', {
    activeLow: isActiveLow,
    reconfigureDirection: false,
  })
}

function cutPower(relay: Pin, log: Logger): void {
  relay.writeSync(1)
  log.warn('relay cut the power of the printer')
}
