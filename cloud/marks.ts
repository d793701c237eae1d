import { randomUUID } from 'node:crypto'
import { acceptedForMs } from '@layerwatch/shared/commands.ts'
import type { Logger } from 'pino'
import type { Change } from './changes.ts'
import { type CommandContext, publishSigned } from './commands.ts'
import { findRole } from './db/access.ts'
import type { Db } from './db/client.ts'
import { findUntoldMarks, putMark, type Saying, wireMark } from './db/marks.ts'
import { lockPrinter } from './db/printers.ts'
import { findPrint } from './db/prints.ts'
import type { Episode } from './incidents.ts'
import type { Presence } from './presence.ts'

/*
 * What people say of prints on its way to the devices, which learn from it. It is stored first, and told to a device
 * that is there until that device says that it keeps it.
 */

/** What a person says of a print directly. */
export async function sayOfPrint(
  db: Db,
  { printId, person, at }: { printId: string; person: { personId: string; name: string }; at: Date },
  said: Saying,
): Promise<{ changes: Change[] } | { refusal: 'unknown-print' | 'not-allowed' }> {
  const print = await findPrint(db, person.personId, printId)
  if (!print) return { refusal: 'unknown-print' }
  const { printerId } = print
  const role = await findRole(db, person.personId, printerId)
  if (!role || role === 'viewer') return { refusal: 'not-allowed' }
  await db.$transaction(async (tx) => {
    const printer = await lockPrinter(tx, printerId)
    if (!printer) return
    const { organisationId } = printer
    const by = { personId: person.personId, personName: person.name, at }
    await putMark(tx, { printId, printerId, organisationId }, { ...said, ...by })
  })
  return { changes: [{ kind: 'printer', printerId }] }
}

/** What a person's word on a print's incidents says of the print; undefined where nobody said anything. */
export function sayingOf(episodes: readonly Pick<Episode, 'outcome' | 'beganAtLayer'>[]): Saying | undefined {
  const failed = episodes.filter(({ outcome }) => outcome === 'saved' || outcome === 'already-lost')
  if (failed.length > 0) {
    return { verdict: 'failed', failedAtLayer: Math.min(...failed.map(({ beganAtLayer }) => beganAtLayer)) }
  }
  return episodes.some(({ outcome }) => outcome === 'false-alarm') ? { verdict: 'fine' } : undefined
}

/** How long a device has to say that it keeps a mark before it is told again. */
const againAfterMs = 60_000
/** How often it is looked whether a device came back. */
const everyMs = 15_000

/** Makes the round that tells devices what they do not keep yet; it returns the milliseconds until the next one. */
export function makeMarkTeller(
  context: Pick<CommandContext, 'db' | 'keys' | 'publish' | 'now'> & { presence: Presence; log: Logger },
): () => Promise<number> {
  const { db, presence, log, now } = context
  const told = new Map<string, number>()
  return async () => {
    const nowMs = now().getTime()
    for (const [key, atMs] of told) if (nowMs - atMs >= againAfterMs) told.delete(key)
    for (const { mark, deviceId } of await findUntoldMarks(db, presence.listPresent())) {
      const run = presence.runOf(deviceId)
      const key = `${mark.printId} ${mark.revision} ${run?.boot}`
      if (!run || told.has(key)) continue
      const { printerId, printId, personId, personName } = mark
      const command = {
        ...{ id: randomUUID(), deviceId, printerId, printId, action: 'mark' as const },
        issuer: { personId, name: personName },
        boot: run.boot,
        notAfterUptimeMs: run.uptimeMs + acceptedForMs.mark,
        mark: wireMark(mark),
      }
      try {
        await publishSigned(context, command)
        told.set(key, nowMs)
      } catch (error) {
        log.warn({ err: error, deviceId }, 'mark not published; it is told again')
      }
    }
    return everyMs
  }
}
