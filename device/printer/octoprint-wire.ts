import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { Heater, PrinterStatus } from './printer.ts'

/**
 * What OctoPrint says, as far as we use it. https://docs.octoprint.org/en/1.11.8/api/datamodel.html
 * The state is read strictly, for we act on it; a figure that makes no sense is left out.
 */

/** A figure within its bounds, or undefined. */
const figure = (min: number, max: number) => z.number().min(min).max(max).nullish().catch(undefined)

const Flags = z.object({
  operational: z.boolean(),
  printing: z.boolean(),
  paused: z.boolean(),
  closedOrError: z.boolean(),
  error: z.boolean(),
  pausing: z.boolean().default(false),
  resuming: z.boolean().default(false),
  cancelling: z.boolean().default(false),
  finishing: z.boolean().default(false),
})
type Flags = z.infer<typeof Flags>

const Job = z.object({
  file: z
    .object({
      name: z.string().max(1000).nullish(),
      display: z.string().max(1000).nullish(),
      path: z.string().max(4000).nullish(),
      origin: z.string().max(100).nullish(),
      size: figure(0, Number.MAX_SAFE_INTEGER),
    })
    .nullish(),
})

const Progress = z.object({
  /** Per cent. */
  completion: figure(0, 100),
  filepos: figure(0, Number.MAX_SAFE_INTEGER),
  /** Seconds. */
  printTime: figure(0, 1e9),
  printTimeLeft: figure(0, 1e9),
})

/** `GET /api/version`. */
export const VersionReply = z.object({ server: z.string().max(200), text: z.string().max(200) })

/** `POST /api/login` with `passive`: who the key stands for. */
export const LoginReply = z.object({
  name: z.string().max(1000),
  session: z.string().max(1000),
  needs: z.object({ role: z.array(z.string()) }).optional(),
})
export type LoginReply = z.infer<typeof LoginReply>

/** Degrees Celsius; a sensor that is not there is told as null or as nonsense. */
const HeaterReading = z.object({ actual: figure(-273, 1000), target: figure(0, 1000) })
const Temperatures = z
  .object({ tool0: HeaterReading.nullish(), bed: HeaterReading.nullish() })
  .nullish()
  .catch(undefined)
export type Temperatures = z.infer<typeof Temperatures>

/** `GET /api/printer`. */
export const PrinterReply = z.object({ state: z.object({ flags: Flags }), temperature: Temperatures })

/** `GET /api/job`. */
export const JobReply = z.object({ job: Job, progress: Progress })
export type JobReply = z.infer<typeof JobReply>

/** What the push socket sends in `current` and `history`. */
const Current = z.object({
  state: z.object({ flags: Flags }),
  job: Job,
  progress: Progress,
  /** Millimetres. */
  currentZ: figure(-1000, 100_000),
  /** Readings since the last message, oldest first; often none. */
  temps: z.array(Temperatures).nullish().catch(undefined),
})

/** One message of the push socket; those without a word we know are dropped. */
export const PushMessage = z.object({
  current: Current.optional(),
  history: Current.optional(),
  event: z
    .object({
      type: z.string(),
      payload: z.object({ reason: z.string().nullish(), user: z.string().nullish() }).nullish().catch(null),
    })
    .optional(),
  reauthRequired: z.unknown().optional(),
})
export type PushMessage = z.infer<typeof PushMessage>

/** How the last run ended, as the push socket told; REST forgets it. */
export type LastEnd = 'cancelled' | 'error' | undefined

/** What one event of the push socket tells of how the last run ended. */
export function endAfterEvent(last: LastEnd, event: NonNullable<PushMessage['event']>): LastEnd {
  if (event.type === 'PrintStarted' || event.type === 'PrintDone' || event.type === 'FileSelected')
    return undefined
  if (event.type === 'PrintCancelled') return 'cancelled'
  // A cancelled run fails as well, right after, for the reason "cancelled".
  if (event.type === 'PrintFailed' && event.payload?.reason === 'error') return 'error'
  return last
}

/** Who paused it: OctoPrint names the user who asked for it; none did where the firmware or a plugin paused. */
export function causeAfterEvent(
  last: PrinterStatus['pauseCause'],
  { type, payload }: NonNullable<PushMessage['event']>,
): PrinterStatus['pauseCause'] {
  if (type === 'PrintPaused') return { by: payload?.user ? 'hand' : 'sensor' }
  return type === 'PrintResumed' || type === 'PrintStarted' ? undefined : last
}

/** OctoPrint's words for a printer, in ours. @throws ProtocolError where its flags contradict each other. */
export function toStatus(heard: {
  flags: Flags
  job: JobReply
  lastEnd: LastEnd
  zMm?: number | null | undefined
  temperatures?: Temperatures
  pauseCause?: PrinterStatus['pauseCause']
}): PrinterStatus {
  const { job, progress } = heard.job
  const fileBytes = job.file?.size ?? undefined
  const filePosition = progress.filepos ?? undefined
  const name = job.file?.display ?? job.file?.name
  const state = toState(heard.flags, progress.completion ?? undefined, heard.lastEnd)
  return {
    state,
    ...(state === 'paused' && heard.pauseCause && { pauseCause: heard.pauseCause }),
    ...(name && { job: { name } }),
    ...(typeof heard.zMm === 'number' && { zMm: heard.zMm }),
    ...(fileBytes !== undefined && { fileBytes }),
    ...(filePosition !== undefined && filePosition <= (fileBytes ?? filePosition) && { filePosition }),
    ...(typeof progress.completion === 'number' && { progress: progress.completion / 100 }),
    ...(typeof progress.printTime === 'number' && { printSeconds: progress.printTime }),
    ...(typeof progress.printTimeLeft === 'number' && { secondsLeft: progress.printTimeLeft }),
    ...toTemperatures(heard.temperatures),
  }
}

function toTemperatures(told: Temperatures): Pick<PrinterStatus, 'temperatures'> {
  const nozzle = toHeater(told?.tool0)
  const bed = toHeater(told?.bed)
  return nozzle || bed ? { temperatures: { ...(nozzle && { nozzle }), ...(bed && { bed }) } } : {}
}

function toHeater(told: NonNullable<Temperatures>['bed']): Heater | undefined {
  if (typeof told?.actual !== 'number') return undefined
  return { actualC: told.actual, ...(typeof told.target === 'number' && { targetC: told.target }) }
}

function toState(flags: Flags, completionPercent: number | undefined, lastEnd: LastEnd): PrinterState {
  const isBusy = flags.printing || flags.paused || flags.pausing || flags.resuming || flags.cancelling
  if ((flags.closedOrError && (isBusy || flags.operational)) || (flags.paused && flags.printing)) {
    throw new ProtocolError(`OctoPrint's state contradicts itself: ${JSON.stringify(flags)}`)
  }
  if (flags.error) return 'error'
  if (flags.cancelling) return 'cancelling'
  if (flags.pausing) return 'pausing'
  if (flags.resuming) return 'resuming'
  if (flags.paused) return 'paused'
  if (flags.printing || flags.finishing) return 'printing'
  // Connecting, or closed: no printer to speak of.
  if (!flags.operational) return 'offline'
  if (lastEnd !== undefined) return lastEnd
  return completionPercent === 100 ? 'finished' : 'idle'
}
