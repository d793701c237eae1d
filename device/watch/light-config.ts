import { z } from 'zod'
import type { GpioConfig } from '../pins/config.ts'
import type { PrinterConfig } from '../printer/config.ts'

/* What the agent's configuration says of a printer's light; see `device/config.ts`. */

const When = z
  .enum(['auto', 'printing'])
  .default('auto')
  .describe('auto: switched on when the picture is dark while it prints; printing: on as long as it prints')

export const LightConfig = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('printer'), when: When })
    .describe('The light the printer itself has: the chamber light of a Bambu Lab printer'),
  z
    .strictObject({
      kind: z.literal('moonraker'),
      when: When,
      device: z
        .string()
        .min(1)
        .max(100)
        .describe(
          "Name of one of Moonraker's power devices, as in [power NAME]: a lamp's, not the printer's own",
        ),
    })
    .describe('A lamp that Moonraker switches'),
  z.strictObject({ kind: z.literal('gpio'), when: When }).describe('A lamp at the pin that gpio.light names'),
])
export type LightConfig = z.infer<typeof LightConfig>

/** Printers whose adapter has a light. */
const lit: readonly PrinterConfig['kind'][] = ['bambu', 'simulated']

/** Why there is no such light beside this printer; undefined where there is. */
export function findLightMistake(
  light: LightConfig,
  { printer, gpio }: { printer: PrinterConfig; gpio: GpioConfig | undefined },
): string | undefined {
  switch (light.kind) {
    case 'printer':
      return lit.includes(printer.kind)
        ? undefined
        : 'this printer tells of no light of its own: use kind moonraker or gpio'
    case 'moonraker':
      return printer.kind === 'moonraker' ? undefined : 'the printer is not behind Moonraker'
    case 'gpio':
      return gpio?.light ? undefined : 'name its pin under gpio.light'
  }
}
