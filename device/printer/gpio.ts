import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Gpio as Pin } from 'onoff'
import type { Logger } from 'pino'
import type { GpioConfig } from '../config.ts'
import { findHeader } from './gpio-pins.ts'
import { beginButton, readButton } from './press.ts'

export type LampSignal = 'off' | 'on' | 'blink'

/** What is wired to the Pi's header. Parts that are not configured are not there. */
export interface Gpio {
  /** Switches the relay, which stays switched until the Pi is switched off and on. */
  cutPower?: () => void
  setLamp?: (signal: LampSignal) => void
  /** Puts the lamp out and lets go of button and lamp; the relay stays as it is. */
  close(): void
}

const pollMs = 20
const blinkMs = 500

/**
 * Takes over the configured pins. The relay is off at first, but one that cut the power before this process began
 * stays as it is: a restart must not give a printer its power back.
 * @throws ConfigError where this machine has no GPIO, onoff's addon is not built, or a pin can't be had.
 */
export async function openGpio(
  config: GpioConfig,
  { log, onPress }: { log: Logger; onPress: () => void },
): Promise<Gpio> {
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
  const { relay, button, lamp } = config
  const relayPin = relay && takePin(relay.pin, (number) => takeOutput(PinClass, number, relay))
  const lampPin = lamp && takePin(lamp.pin, (number) => takeOutput(PinClass, number, lamp))
  const stopButton =
    button &&
    listen(
      takePin(button.pin, (number) => new PinClass(number, 'in', 'both', { activeLow: button.isActiveLow })),
      { debounceMs: button.debounceMs, onPress, log },
    )
  if (relayPin?.readSync() === 1) log.warn('relay still cuts the power: switch the Pi off and on to end that')
  const lampSwitch = lampPin && switchLamp(lampPin)
  return {
    ...(relayPin && relay.cutsPower && { cutPower: () => cutPower(relayPin, log) }),
    ...(lampSwitch && { setLamp: lampSwitch }),
    close: () => {
      stopButton?.()
      lampSwitch?.('off')
      lampPin?.unexport()
    },
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

/** Makes the function that shows a signal on the lamp. */
function switchLamp(lamp: Pin): (signal: LampSignal) => void {
  let blinking: NodeJS.Timeout | undefined
  let isLit = false
  const light = (lit: boolean) => {
    isLit = lit
    lamp.writeSync(lit ? 1 : 0)
  }
  light(false)
  return (signal) => {
    clearInterval(blinking)
    light(signal !== 'off')
    if (signal === 'blink') blinking = setInterval(() => light(!isLit), blinkMs)
  }
}

/** Reads a button until the function it gives is called. */
function listen(
  pin: Pin,
  { debounceMs, onPress, log }: { debounceMs: number; onPress: () => void; log: Logger },
): () => void {
  let button = beginButton(pin.readSync() === 1, performance.now())
  if (button.isPressed) log.warn('button is pressed from the beginning: is it wired the other way round?')
  const read = () => {
    const reading = { isPressed: pin.readSync() === 1, nowMs: performance.now(), debounceMs }
    const [next, isNews] = readButton(button, reading)
    button = next
    if (!isNews) return
    log.info('button pressed')
    onPress()
  }
  const polling = setInterval(read, pollMs)
  try {
    // An interrupt only makes the reading sooner; where there are none, polling is enough.
    pin.watch(read)
  } catch (error) {
    log.info({ err: error }, 'button has no interrupts and is polled')
    forgetWatch(pin)
  }
  return () => {
    clearInterval(polling)
    pin.unexport()
  }
}

/** After a watch that failed, onoff would fail again on letting the pin go, unless told to forget it. */
function forgetWatch(pin: Pin): void {
  try {
    pin.unwatchAll()
  } catch {
    // Expected: it forgets first and fails then.
  }
}
