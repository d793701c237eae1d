import { z } from 'zod'
import type { PrinterConfig } from '../printer/config.ts'
import { WebhookConfig } from '../printer/webhook.ts'

/* What the agent's configuration says of pauses; see `device/config.ts`. */

const FallbackConfig = z.discriminatedUnion('kind', [
  WebhookConfig.extend({ kind: z.literal('webhook') }),
  z.strictObject({ kind: z.literal('emergency-stop') }),
])
export type FallbackConfig = z.infer<typeof FallbackConfig>

/** Names only: what a macro does stands on the printer, and nobody can send another from afar. */
const MacroName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, { error: 'must be the name of a macro: letters, digits and _' })
/** Minutes a heater stays on; a day at most. */
const Minutes = z.number().min(1).max(1440).optional()

export const PauseConfig = z.strictObject({
  macro: MacroName.optional().describe(
    "Macro run once the printer has paused: a Klipper macro, or one of OctoPrint's G-code scripts, by its name",
  ),
  resumeMacro: MacroName.optional().describe(
    'Macro that heats up again what was switched off, run before a resume; without one a resume is refused until ' +
      'the printer is as hot as it was',
  ),
  retractMm: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Millimetres of filament drawn back after a pause'),
  liftMm: z.number().min(0).max(50).default(0).describe('Millimetres the nozzle is lifted after a pause'),
  hotendOffAfterMinutes: Minutes.describe('Minutes after a pause of ours until the hotend is switched off'),
  bedOffAfterMinutes: Minutes.describe(
    'Minutes after a pause of ours until the bed is switched off; a cold bed lets go of the part. Warned of before',
  ),
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

/** Whether anything is to be done for a printer that stands paused. */
export function isCareWanted(pause: PauseConfig): boolean {
  const { macro, retractMm, liftMm, hotendOffAfterMinutes, bedOffAfterMinutes } = pause
  const isMoved = retractMm + liftMm > 0
  return [macro, hotendOffAfterMinutes, bedOffAfterMinutes].some((one) => one !== undefined) || isMoved
}

/** A mistake and the field it is in, counted from `pause`. */
export interface PauseMistake {
  path: (string | number)[]
  message: string
}

/** What of it this printer's interface does not allow, and what to do about it. */
export function findPauseMistakes(pause: PauseConfig, printer: PrinterConfig): PauseMistake[] {
  return [...findFallbackMistakes(pause, printer), ...findCareMistakes(pause, printer)]
}

const caredFor: readonly PrinterConfig['kind'][] = ['moonraker', 'octoprint']

/** Not even a heater is switched off where a resume might then print cold, or where nothing can be sent. */
const whyUncared: Partial<Record<PrinterConfig['kind'], string>> = {
  bambu:
    ': a Bambu Lab printer would take it in developer mode, but whether it heats up again at a resume is not known',
  prusalink: ': PrusaLink takes no G-code',
  none: ': there is no link to this printer',
}

function findCareMistakes(pause: PauseConfig, printer: PrinterConfig): PauseMistake[] {
  const cares = ['macro', 'resumeMacro', 'hotendOffAfterMinutes', 'bedOffAfterMinutes'] as const
  const isCaredFor = caredFor.includes(printer.kind)
  const unknown = isCaredFor ? [] : cares.filter((care) => pause[care] !== undefined)
  const moves = (['retractMm', 'liftMm'] as const).filter((care) => pause[care] > 0)
  const unmoved = printer.kind === 'moonraker' ? [] : moves
  return [
    ...unknown.map((care) => ({
      path: [care],
      message: `only behind OctoPrint or Moonraker can this be done${whyUncared[printer.kind] ?? ''}`,
    })),
    ...unmoved.map((care) => ({
      path: [care],
      message:
        'only Klipper goes back by itself when it resumes: for OctoPrint use its G-code scripts ' +
        'afterPrintPaused and beforePrintResumed',
    })),
  ]
}

function findFallbackMistakes(pause: PauseConfig, printer: PrinterConfig): PauseMistake[] {
  return pause.fallback.flatMap((one, index) =>
    one.kind === 'emergency-stop' && printer.kind !== 'moonraker'
      ? [{ path: ['fallback', index], message: 'only Klipper behind Moonraker has one: use a webhook' }]
      : [],
  )
}
