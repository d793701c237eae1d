import { findViewers } from '../db/access.ts'
import type { Db, Tx } from '../db/client.ts'
import { deleteWaiting, findRecipientsOfEvent } from '../db/notifications.ts'
import { findSilentPrinters, findTold, lockPrinter, type ToldPrinter } from '../db/printers.ts'
import { idOf } from './enqueue-print.ts'
import { answeringMessage, type Scene, silentMessage } from './messages.ts'
import { type MessageIn, type Notice, tell, tellEnd } from './tell.ts'

/*
 * A device that goes silent during a print cannot say so itself. Its people are told once of each silence, and
 * again when it is heard; which silence it is, is known by when the device was heard last, also after a restart.
 */

/** A device whose printer prints may be silent for so long before anybody is told. */
export const silentAfterMs = 2 * 60_000
/** Longer ago is history: a cloud that was away for days does not ring for each device that left meanwhile. */
const noLongerAfterMs = 24 * 3600_000
const lookEveryMs = 15_000

/** What telling of silences works with. */
export interface SilenceContext {
  db: Db
  now: () => Date
  /** Since when this cloud listens: before, it was deaf itself. */
  listeningSince: Date
  canSendEmail: boolean
  /** Called after notifications were queued. */
  onNotifications: () => void
}

/** Queues word of every new silence. Returns the milliseconds until the next look. */
export async function tellSilences(context: SilenceContext): Promise<number> {
  const { db, now, listeningSince, canSendEmail, onNotifications } = context
  const at = now()
  const heardBefore = new Date(at.getTime() - silentAfterMs)
  if (listeningSince > heardBefore) return lookEveryMs
  const heardAfter = new Date(at.getTime() - noLongerAfterMs)
  for (const printerId of await findSilentPrinters(db, { heardBefore, heardAfter })) {
    const queued = await db.$transaction(async (tx) => {
      await lockPrinter(tx, printerId)
      const told = await findTold(tx, printerId)
      // It may have been heard while its row was waited for.
      if (!told?.heardAt || told.heardAt > heardBefore) return 0
      const eventId = episodeId('silent', { printerId, heardAt: told.heardAt })
      const scene = sceneOf(told, told.heardAt)
      const messageIn: MessageIn = (timeZone) => silentMessage({ ...scene, timeZone })
      return tell(tx, noticeOf(told, { eventId, messageIn, at, canSendEmail }))
    })
    if (queued > 0) onNotifications()
  }
  return lookEveryMs
}

/**
 * Queues word that a silence is over, in the transaction of the status that ended it: for those who were told of
 * it. Returns how many rows were written.
 * @param heard.before when the device was heard before this status; null for its first.
 */
export async function enqueueAnswering(
  tx: Tx,
  {
    printerIds,
    canSendEmail,
    heard,
  }: { printerIds: readonly string[]; canSendEmail: boolean } & {
    heard: { before: Date | null; at: Date }
  },
): Promise<number> {
  const { before, at } = heard
  if (!before || at.getTime() - before.getTime() < silentAfterMs) return 0
  let queued = 0
  for (const printerId of printerIds) {
    const silence = episodeId('silent', { printerId, heardAt: before })
    await deleteWaiting(tx, { eventId: silence })
    const people = await findViewers(tx, printerId)
    const recipients = await findRecipientsOfEvent(tx, { eventId: silence, people })
    const told = recipients.length > 0 ? await findTold(tx, printerId) : undefined
    if (!told) continue
    const eventId = episodeId('answering', { printerId, heardAt: before })
    const silentSeconds = (at.getTime() - before.getTime()) / 1000
    const scene = { ...sceneOf(told, at), silentSeconds }
    const messageIn: MessageIn = (timeZone) => answeringMessage({ ...scene, timeZone })
    queued += await tellEnd(tx, noticeOf(told, { eventId, messageIn, at, canSendEmail }), recipients)
  }
  return queued
}

/** The same for the same silence. */
function episodeId(what: string, { printerId, heardAt }: { printerId: string; heardAt: Date }): string {
  return idOf(what, printerId, heardAt.toISOString())
}

function sceneOf({ printerId, printerName, job, layer }: ToldPrinter, at: Date): Scene {
  return { printerId, printerName, job, layer, at }
}

function noticeOf(
  { organisationId, printerId }: ToldPrinter,
  about: Pick<Notice, 'eventId' | 'messageIn' | 'at' | 'canSendEmail'>,
): Notice {
  return { ...about, topic: 'offline', organisationId, printerId, notBefore: about.at }
}
