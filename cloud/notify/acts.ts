import type { ActView } from '@layerwatch/shared/notify.ts'
import type { Change } from '../changes.ts'
import { type CommandContext, issueCommand, type Refusal } from '../commands.ts'
import type { Db } from '../db/client.ts'
import { type ActTarget, findActTarget } from '../db/notifications.ts'
import { actOnIncident } from '../incident-acts.ts'
import { type OfferedAct, readActToken } from './act-tokens.ts'

/** What acts of notifications work with. */
export interface ActContext {
  db: Db
  desk: CommandContext
  /** Signs and checks the tokens. */
  secret: string
  now: () => Date
  onChanges: (changes: readonly Change[]) => void
  /** Called after a command was issued. */
  onCommand: () => void
  /** Called after somebody said what an incident was. */
  onMark: () => void
}

/** Why nothing was done. */
export type ActRefusal = 'unknown-act' | 'act-expired' | 'not-allowed' | Refusal

export type Looked = { view: ActView } | { refusal: ActRefusal }
export type Acted = { done: ActView['act'] } | { refusal: ActRefusal }

/** What a token is for, for the page that asks once more. It changes nothing. */
export async function lookAtAct(context: ActContext, token: string): Promise<Looked> {
  const found = await findOffer(context, token)
  if ('refusal' in found) return found
  const { offer, target } = found
  return {
    view: {
      act: offer.act,
      printerName: target.printerName,
      job: target.job,
      said: target.title,
      expiresAt: offer.expiresAt.toISOString(),
    },
  }
}

/**
 * Does what a token is for, in the name of the person the notification went to and with what they may do now. A
 * token does one thing once: the same pause is the same command, which is never sent twice.
 */
export async function performAct(context: ActContext, token: string): Promise<Acted> {
  const found = await findOffer(context, token)
  return 'refusal' in found ? found : perform(context, found)
}

interface FoundOffer {
  offer: Pick<OfferedAct, 'act' | 'expiresAt' | 'notificationId'>
  target: ActTarget
}

async function findOffer(
  { db, secret, now }: ActContext,
  token: string,
): Promise<FoundOffer | { refusal: ActRefusal }> {
  const offer = readActToken(token, secret)
  if (!offer) return { refusal: 'unknown-act' }
  if (offer.expiresAt <= now()) return { refusal: 'act-expired' }
  const target = await findActTarget(db, offer.notificationId)
  return target ? { offer, target } : { refusal: 'unknown-act' }
}

/** Does an act that was offered and whose offer was checked. */
export async function perform(context: ActContext, { offer, target }: FoundOffer): Promise<Acted> {
  const { db, desk, now, onChanges, onCommand, onMark } = context
  const { person, incidentId, printerId, printId } = target
  if (offer.act === 'pause') {
    const idempotencyKey = `notification-${offer.notificationId}-pause`
    const asked = { printerId, request: { action: 'pause' as const, printId }, idempotencyKey }
    const issued = await issueCommand(desk, { personId: person.id, name: person.name }, asked)
    if ('refusal' in issued) return issued
    onCommand()
    return { done: 'pause' }
  }
  const deed = { kind: 'resolved' as const, detail: 'false-alarm' as const }
  const by = { personId: person.id, personName: person.name }
  const acted = await actOnIncident(db, { incidentId, ...by, at: now() }, deed)
  if ('changes' in acted) {
    onChanges(acted.changes)
    onMark()
    return { done: 'false-alarm' }
  }
  return { refusal: acted.refusal === 'not-allowed' ? 'not-allowed' : 'unknown-act' }
}
