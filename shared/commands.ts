import { z } from 'zod'
import { Box, Id } from './vocabulary.ts'

/**
 * What the cloud may ask of an agent. `snapshot` asks for one fresh picture; `live` renews a viewer's lease of
 * 10 s, during which the newest frames are sent on `live`. `mark` tells what a person said of a print; `untune` takes
 * back what the printer learned last. Neither moves anything.
 */
export const CommandAction = z.enum(['pause', 'resume', 'cancel', 'snapshot', 'live', 'mark', 'untune'])
export type CommandAction = z.infer<typeof CommandAction>

/**
 * What a person said of a print: it was fine, whatever was suspected; it failed; or nothing any more. It waits in the
 * cloud until its device has kept it, and is told to it again until then; of two, the higher revision counts.
 */
export const PrintMark = z.object({
  printId: Id,
  verdict: z.enum(['fine', 'failed', 'none']),
  /** The layer a person says it failed from. */
  failedAtLayer: z.number().int().min(0).optional(),
  /** What a person said to ignore, boxes in 0..1 of the picture. */
  ignore: z.array(Box).max(8).optional(),
  /** Counts what was said of this print. */
  revision: z.number().int().min(1),
})
export type PrintMark = z.infer<typeof PrintMark>

/**
 * A command, complete: nothing outside it says whom it concerns or how long it holds. It is accepted only by
 * the boot it names, until the agent's own monotonic clock reaches `notAfterUptimeMs`.
 */
export const Command = z.object({
  id: Id,
  deviceId: Id,
  printerId: Id,
  /** The print it was meant for; required for pause, resume and cancel. */
  printId: Id.optional(),
  action: CommandAction,
  issuer: z.object({ personId: z.string().max(64), name: z.string().max(200) }),
  boot: Id,
  notAfterUptimeMs: z.number().int().min(0),
  /** The picture the person saw when asking to resume; at most 30 s old. */
  snapshotId: Id.optional(),
  /** Of a `mark`. */
  mark: PrintMark.optional(),
})
export type Command = z.infer<typeof Command>

/** What travels on the `commands` topic: Ed25519 over `signedText(command)`, base64. */
export const SignedCommand = z.object({
  command: Command,
  /** First 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
  keyId: z.string().length(16),
  signature: z.string().max(128),
})
export type SignedCommand = z.infer<typeof SignedCommand>

/** How long a command is accepted, from the moment it is issued. */
export const acceptedForMs: Record<CommandAction, number> = {
  pause: 60_000,
  cancel: 60_000,
  resume: 15_000,
  snapshot: 30_000,
  live: 10_000,
  mark: 30_000,
  untune: 30_000,
}

/** `command.finished` follows acceptance within this time, or the cloud settles the command as failed. */
export const finishedWithinMs = 120_000
/** A resume names a picture that is at most this old. */
export const snapshotFreshForMs = 30_000
export const liveLeaseMs = 10_000

/** The exact text that is signed: JSON with keys in alphabetical order at every depth, no spaces. */
export function signedText(command: Command): string {
  return `layerwatch-command-v1\n${canonicalJson(command)}`
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}
