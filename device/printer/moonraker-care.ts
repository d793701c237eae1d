import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { HeaterName } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { ReadReply } from '../net/http.ts'
import { errorText, type MoonrakerQuestion, readResult } from './moonraker-api.ts'
import { ObjectList, ObjectsReply } from './moonraker-wire.ts'
import type { PausedCare } from './printer.ts'

/*
 * What is done to a Klipper that stands paused. https://www.klipper3d.org/G-Codes.html
 */

interface CareTools {
  ask: (question: MoonrakerQuestion) => Promise<ReadReply>
  /** @throws RejectedError unless the job last told of stands paused now. */
  checkPaused: (signal: AbortSignal) => Promise<void>
}

/** Longer than a parking macro, or heating up again, takes. */
const macroTimeoutMs = 600_000
const IdleTimeout = z.object({ idle_timeout: z.object({ state: z.string() }).optional() })
/** Speeds in mm/min that any printer bears. */
const retractSpeed = 1_800
const liftSpeed = 600

export function careForKlipper({ ask, checkPaused }: CareTools): PausedCare {
  async function run(lines: readonly string[], signal: AbortSignal, timeoutMs?: number): Promise<void> {
    await checkPaused(signal)
    await refuseBusy(signal)
    const script = encodeURIComponent(lines.join('\n'))
    const path = `printer/gcode/script?script=${script}`
    const reply = await ask({ path, method: 'POST', signal, ...(timeoutMs !== undefined && { timeoutMs }) })
    if (reply.status === 503) throw new UnavailableError(`Klipper is gone: ${errorText(reply)}`)
    if (reply.status !== 200) throw new RejectedError(`Klipper refuses: ${errorText(reply)}`)
    readResult(reply, z.unknown())
  }

  /** A command sent while a macro runs waits behind it, and would be done who knows when. */
  async function refuseBusy(signal: AbortSignal): Promise<void> {
    const reply = await ask({ path: 'printer/objects/query?idle_timeout=state', signal })
    const told = IdleTimeout.safeParse(readResult(reply, ObjectsReply).status).data
    if (told?.idle_timeout?.state === 'Printing') throw new RejectedError('Klipper is busy with a macro')
  }

  async function heatersNamed(heater: HeaterName, signal: AbortSignal): Promise<string[]> {
    if (heater === 'bed') return ['heater_bed']
    const { objects } = readResult(await ask({ path: 'printer/objects/list', signal }), ObjectList)
    return objects.filter((name) => /^extruder\d*$/.test(name))
  }

  return {
    findLimits: async (macros, signal) => {
      const { objects } = readResult(await ask({ path: 'printer/objects/list', signal }), ObjectList)
      // Klipper knows them in any case. https://www.klipper3d.org/Command_Templates.html
      const known = new Set(objects.map((name) => name.toLowerCase()))
      return macros
        .filter((name) => !known.has(`gcode_macro ${name.toLowerCase()}`))
        .map(
          (name) =>
            `Can pause, but can not run the macro ${name}, for Klipper has none of this name: add ` +
            `[gcode_macro ${name}] to printer.cfg, or name another in the configuration.`,
        )
    },
    switchOff: async (heater, signal) => {
      const names = await heatersNamed(heater, signal)
      await run(
        names.map((name) => `SET_HEATER_TEMPERATURE HEATER=${name} TARGET=0`),
        signal,
      )
    },
    runMacro: (name, signal) => run([name], signal, macroTimeoutMs),
    moveAway: ({ retractMm, liftMm }, signal) =>
      run(
        inOwnModes([
          ...(retractMm > 0 ? [`G1 E-${retractMm} F${retractSpeed}`] : []),
          ...(liftMm > 0 ? [`G1 Z${liftMm} F${liftSpeed}`] : []),
        ]),
        signal,
      ),
    giveBack: (retractedMm, signal) => run(inOwnModes([`G1 E${retractedMm} F${retractSpeed}`]), signal),
  }
}

/** Relative moves that leave the modes of the print as they were. RESUME itself goes back to where PAUSE stood. */
function inOwnModes(moves: readonly string[]): string[] {
  return [
    'SAVE_GCODE_STATE NAME=layerwatch',
    'G91',
    'M83',
    ...moves,
    'RESTORE_GCODE_STATE NAME=layerwatch MOVE=0',
  ]
}
