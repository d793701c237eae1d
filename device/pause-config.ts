import { z } from 'zod'
import type { PrinterConfig } from './printer/config.ts'
import { WebhookConfig } from './printer/webhook.ts'

/* What the agent's configuration says of pauses; see `device/config.ts`. */

const FallbackConfig = z.discriminatedUnion('kind', [
  WebhookConfig.extend({ kind: z.literal('webhook') }),
  z.strictObject({ kind: z.literal('emergency-stop') }),
])
export type FallbackConfig = z.infer<typeof FallbackConfig>

export const PauseConfig = z.strictObject({
  fallback: z
    .array(FallbackConfig)
    .max(4)
    .default([])
    .describe(
      'What ends the print when a confirmed failure could not be paused, or a stop from the phone was not obeyed: ' +
        'webhook calls a smart plug, emergency-stop halts Klipper. Tried in this order, a relay last; never because ' +
        'contact was lost',
    ),
})
export type PauseConfig = z.infer<typeof PauseConfig>

/** A mistake and the field it is in, counted from `pause`. */
export interface PauseMistake {
  path: (string | number)[]
  message: string
}

/** What of it this printer's interface does not allow, and what to do about it. */
export function findPauseMistakes(pause: PauseConfig, printer: PrinterConfig): PauseMistake[] {
  return pause.fallback.flatMap((one, index) =>
    one.kind === 'emergency-stop' && printer.kind !== 'moonraker'
      ? [{ path: ['fallback', index], message: 'only Klipper behind Moonraker has one: use a webhook' }]
      : [],
  )
}
