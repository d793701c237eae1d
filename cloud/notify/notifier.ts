import type { ActKind } from '@layerwatch/shared/notify.ts'
import type { Message } from './messages.ts'

/** One message on its way to one person. */
export interface Outgoing {
  /** The same for every try. */
  id: string
  message: Message
  at: Date
  /** Messages of one tag replace each other where the channel can do that. */
  tag: string
  /** The incident's picture, JPEG. */
  picture?: Buffer
  /** What its reader may do, each with its signed token: see act-tokens.ts. */
  acts?: readonly { act: ActKind; token: string }[]
}

/** What an act is called where it is pressed. */
export const actLabels: Record<ActKind, string> = { pause: 'Pause', 'false-alarm': 'False alarm' }

/** Whom it goes to. */
export interface Receiver {
  personId: string
  name: string
  email: string
  /** One of the person's browsers by the id of its subscription; without it Web Push tells all of them. */
  target?: string
}

/** A way to reach people. */
export interface Notifier {
  /**
   * Hands the message over and resolves, once it was taken, with what to record of it.
   * @throws UnavailableError where a later try may succeed, RejectedError where none will.
   */
  send(outgoing: Outgoing, receiver: Receiver, signal: AbortSignal): Promise<string>
}

/** Alarms: they are delivered at once, and kept for whoever is offline. */
export function isAlarm({ kind }: Message): boolean {
  return kind === 'confirmed' || kind === 'paused' || kind === 'pause-failed'
}
