import { createHmac, timingSafeEqual } from 'node:crypto'
import { ActKind } from '@layerwatch/shared/notify.ts'
import type { Message } from './messages.ts'

/*
 * What a notification lets its reader do without signing in. Nothing here resumes, and nothing ever may: the two
 * acts that there are stop a machine or take an alarm back.
 */

/** A token is good for so long after its notification was sent. */
export const actHoldsForMs = 15 * 60_000

/** What each message offers: a pause while it may still be printing, and to say that there is nothing. */
const offers: Partial<Record<Message['kind'], readonly ActKind[]>> = {
  suspected: ['pause', 'false-alarm'],
  confirmed: ['pause', 'false-alarm'],
  'pause-failed': ['pause', 'false-alarm'],
  paused: ['false-alarm'],
}

/** Which acts a message offers. */
export function actsOf(kind: Message['kind']): readonly ActKind[] {
  return offers[kind] ?? []
}

/** An act one notification offers, until a time. */
export interface OfferedAct {
  act: ActKind
  notificationId: string
  expiresAt: Date
}

/** Signs an offer. What is signed stands in the token, so nothing needs to be stored. */
export function signAct({ act, notificationId, expiresAt }: OfferedAct, secret: string): string {
  const text = `${act}.${notificationId}.${Math.floor(expiresAt.getTime() / 1000).toString(36)}`
  return `${text}.${macOf(text, secret)}`
}

/** What a token offers; undefined where we never signed it. Whether its time is over is for the caller to say. */
export function readActToken(token: string, secret: string): OfferedAct | undefined {
  const [, text = '', kind, notificationId = '', seconds = '', mac = ''] =
    /^(([a-z-]{1,20})\.([0-9a-f-]{36})\.([0-9a-z]{1,10}))\.([\w-]{22})$/.exec(token) ?? []
  const act = ActKind.safeParse(kind)
  const expected = Buffer.from(macOf(text, secret))
  const given = Buffer.from(mac)
  if (!act.success || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return { act: act.data, notificationId, expiresAt: new Date(Number.parseInt(seconds, 36) * 1000) }
}

/** 132 bits of it: nobody guesses one within its fifteen minutes. */
function macOf(text: string, secret: string): string {
  return createHmac('sha256', secret).update(`notification act ${text}`).digest('base64url').slice(0, 22)
}
