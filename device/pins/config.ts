import { z } from 'zod'

/* What the agent's configuration says of the Pi's pins; see `device/config.ts`. */

const Pin = z.number().int().min(0).max(27).describe('BCM number of the pin')

/** A contact that closes when something is wrong. */
const Contact = z.strictObject({
  pin: Pin,
  isActiveLow: z
    .boolean()
    .default(true)
    .describe(
      'The pin is low when the contact alarms. Pins 2 to 8 are pulled up by the Pi, the others need a resistor',
    ),
  debounceMs: z.number().int().min(100).max(60_000).default(500).describe('Milliseconds the alarm must last'),
})

export const GpioConfig = z.strictObject({
  relay: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(false).describe('The relay is on while the pin is low'),
      cutsPower: z
        .boolean()
        .default(false)
        .describe(
          'Switch the relay when a confirmed failure could not be paused and the printer still answers',
        ),
    })
    .optional()
    .describe('Relay, off unless switched'),
  button: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(true).describe('The pin is low while the button is pressed'),
      debounceMs: z.number().int().min(1).max(1000).default(30).describe('Milliseconds a press must last'),
    })
    .optional()
    .describe('Button that pauses the print'),
  lamp: z
    .strictObject({
      pin: Pin.optional().describe(
        'One lamp for all: dark while nothing prints, lit while a print is watched, blinking slowly at a suspicion, ' +
          'fast at a failure or smoke, two short flashes again and again while nobody sees',
      ),
      pins: z
        .strictObject({
          watching: Pin.optional(),
          warning: Pin.optional(),
          failed: Pin.optional(),
          blind: Pin.optional(),
        })
        .optional()
        .describe('A lamp for each instead, of which one is lit at a time'),
      isActiveLow: z.boolean().default(false).describe('A lamp is lit while its pin is low'),
    })
    .refine(({ pin, pins }) => (pin === undefined) !== (pins === undefined), {
      error: 'needs pin or pins, and not both',
    })
    .optional()
    .describe('Status lamp'),
  light: z
    .strictObject({
      pin: Pin,
      isActiveLow: z.boolean().default(false).describe('The light is on while the pin is low'),
    })
    .optional()
    .describe('Light for the pictures, by a relay or a transistor; used as the printer’s light says'),
  smoke: Contact.extend({
    cutsPower: z
      .boolean()
      .default(false)
      .describe('Switch the relay at smoke, at once, whatever the printer does'),
  })
    .optional()
    .describe('Contact of a smoke alarm: it is told at once, and the print is paused'),
  filament: Contact.extend({
    pauses: z.boolean().default(false).describe('Pause the print when the filament has run out'),
  })
    .optional()
    .describe('Switch of a filament sensor that alarms when there is none; no sensor of motion'),
})
export type GpioConfig = z.infer<typeof GpioConfig>

/** What of it contradicts itself; paths count from `gpio`. */
export function findPinMistakes(gpio: GpioConfig): { path: string[]; message: string }[] {
  const pins = listPins(gpio)
  const twice = pins.flatMap(({ path, pin }, index) => {
    const first = pins.slice(0, index).find((other) => other.pin === pin)
    return first ? [{ path, message: `pin ${pin} is the ${first.part}'s already` }] : []
  })
  const isRelayMissing = gpio.smoke?.cutsPower && !gpio.relay
  if (!isRelayMissing) return twice
  return [...twice, { path: ['smoke', 'cutsPower'], message: 'needs a relay' }]
}

/** Every pin with the part it belongs to and the field that names it. */
export function listPins(gpio: GpioConfig): { part: string; path: string[]; pin: number }[] {
  const { lamp, ...parts } = gpio
  const lamps = Object.entries(lamp?.pins ?? {}).flatMap(([mode, pin]) =>
    pin === undefined ? [] : [{ part: 'lamp', path: ['lamp', 'pins', mode], pin }],
  )
  const single = Object.entries({ ...parts, lamp }).flatMap(([part, config]) =>
    config?.pin === undefined ? [] : [{ part, path: [part, 'pin'], pin: config.pin }],
  )
  return [...single, ...lamps]
}
