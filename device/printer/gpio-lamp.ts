import type { Logger } from 'pino'
import { type LampMode, lampModes } from '../pins/lamp.ts'

/** A pin as it is lit, active-low undone; `onoff` gives one. */
export interface LampPin {
  writeSync(value: 0 | 1): void
  unexport(): void
}

/**
 * How one lamp tells five modes apart: milliseconds lit, dark, lit, … over and over; a lone `lit` or `dark` for good.
 * Slow enough for the eye, and no two alike at a glance: dark, lit, one second each, a quick flicker, two flashes.
 */
const patterns: Record<LampMode, 'dark' | 'lit' | readonly number[]> = {
  off: 'dark',
  watching: 'lit',
  warning: [1_000, 1_000],
  failed: [150, 150],
  blind: [120, 180, 120, 1_600],
}

export interface Lamp {
  show(mode: LampMode): void
  /** Puts it out and lets go of its pins. */
  close(): void
}

/** One lamp that tells all modes by its rhythm. It never throws: a lamp that fails must not end the watching. */
export function openLamp(pin: LampPin, log: Logger): Lamp {
  const light = lighterOf(pin, log)
  let next: NodeJS.Timeout | undefined
  let shown: LampMode | undefined
  const play = (times: readonly number[], step: number) => {
    light(step % 2 === 0)
    next = setTimeout(() => play(times, (step + 1) % times.length), times[step])
  }
  const show = (mode: LampMode) => {
    if (mode === shown) return
    shown = mode
    clearTimeout(next)
    const pattern = patterns[mode]
    if (typeof pattern === 'string') light(pattern === 'lit')
    else play(pattern, 0)
  }
  show('off')
  return {
    show,
    close: () => {
      show('off')
      letGo(pin, log)
    },
  }
}

/** A lamp for each mode, of which one is lit at a time; modes without one are dark. */
export function openLamps(pins: Partial<Record<LampMode, LampPin>>, log: Logger): Lamp {
  const lights = lampModes.flatMap((mode) => {
    const pin = pins[mode]
    return pin ? [{ mode, pin, light: lighterOf(pin, log) }] : []
  })
  const show = (mode: LampMode) => {
    for (const lamp of lights) lamp.light(lamp.mode === mode)
  }
  show('off')
  return {
    show,
    close: () => {
      show('off')
      for (const { pin } of lights) letGo(pin, log)
    },
  }
}

/** Makes the function that lights a pin or not; a pin that fails is logged once, and tried again each time. */
function lighterOf(pin: LampPin, log: Logger): (isLit: boolean) => void {
  let hasFailed = false
  return (isLit) => {
    try {
      pin.writeSync(isLit ? 1 : 0)
      hasFailed = false
    } catch (error) {
      if (!hasFailed) log.error({ err: error }, 'lamp can not be switched')
      hasFailed = true
    }
  }
}

function letGo(pin: LampPin, log: Logger): void {
  try {
    pin.unexport()
  } catch (error) {
    log.warn({ err: error }, 'lamp not let go of')
  }
}
