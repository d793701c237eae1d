import { randomUUID } from 'node:crypto'
import { ActKind } from '@layerwatch/shared/notify.ts'
import { PairingCode } from '@layerwatch/shared/pairing.ts'
import { z } from 'zod'
import type { Db } from '../../db/client.ts'
import { deleteChat, findContactSettings, putContact, takeContactCode } from '../../db/contacts.ts'
import { findActTarget } from '../../db/notifications.ts'
import type { TryLimit } from '../../pairing/try-limit.ts'
import { hashCode } from '../../pairing.ts'
import { actHoldsForMs } from '../act-tokens.ts'
import { type ActContext, type ActRefusal, perform } from '../acts.ts'
import type { TelegramApi } from './api.ts'
import { TelegramSettings } from './notifier.ts'
import type { TelegramMessage, TelegramPress, Update } from './updates.ts'

/** What answering in chats works with. */
export interface TelegramDesk {
  db: Db
  api: TelegramApi
  acts: ActContext
  /** Bounds wrong codes of one chat and of all together. */
  tries: TryLimit
}

/** Does what somebody wrote or pressed in a chat with the bot, and says so there, also where it could not be done. */
export async function answerUpdate(desk: TelegramDesk, update: Update, signal: AbortSignal): Promise<void> {
  if (update.message) await answerMessage(desk, update.message, signal)
  if (update.callback_query) await answerPress(desk, update.callback_query, signal)
}

const words = {
  private: 'I write to one person in a private chat alone.',
  how: 'Open Layerwatch, You, Notifications, Telegram and press Connect. Then send me the code you see there.',
  wrong: 'This code is wrong or ran out. Make a new one on the page.',
  tooMany: 'Too many wrong codes. Wait a minute.',
  connected: 'Connected. Layerwatch tells you here when a print fails. /stop ends it.',
  stopped: 'Stopped. Nothing more comes here.',
  notNow: 'That could not be done just now. Send it again.',
  notPressed: 'That could not be done just now; nothing was sent. Try again.',
} as const

async function answerMessage(
  desk: TelegramDesk,
  { chat, from, text = '' }: TelegramMessage,
  signal: AbortSignal,
): Promise<void> {
  const say = (text: string) =>
    desk.api({ method: 'sendMessage', fields: { chat_id: chat.id, text }, signal })
  if (chat.type !== 'private') {
    if (text.startsWith('/start')) await say(words.private)
    return
  }
  const [answer] = await Promise.allSettled([answerText(desk, { chat, from, text })])
  await say(answer.status === 'fulfilled' ? answer.value : words.notNow)
  if (answer.status === 'rejected') throw answer.reason
}

async function answerText(desk: TelegramDesk, { chat, from, text = '' }: TelegramMessage): Promise<string> {
  if (text.startsWith('/stop')) {
    await deleteChat(desk.db, chat.id)
    return words.stopped
  }
  const code = PairingCode.safeParse(text.replace(/^\/start\s*/, ''))
  if (!code.success) return words.how
  const label = from?.username ? `@${from.username}` : (from?.first_name ?? '')
  return connect(desk, { code: code.data, chatId: chat.id, label })
}

async function connect(
  { db, acts, tries }: TelegramDesk,
  { code, chatId, label }: { code: string; chatId: number; label: string },
): Promise<string> {
  const address = String(chatId)
  if (!tries.mayTry(address)) return words.tooMany
  tries.countWrong(address)
  const at = acts.now()
  const personId = await takeContactCode(db, { codeHash: hashCode(code, acts.secret), now: at })
  if (!personId) return words.wrong
  tries.forgive(address)
  const kind = 'telegram'
  await putContact(db, personId, {
    id: randomUUID(),
    kind,
    label: label.slice(0, 100),
    settings: { chatId },
    at,
  })
  return words.connected
}

const doneWords: Record<ActKind, string> = {
  pause: 'Pause sent. Whether it paused, the next message tells.',
  'false-alarm': 'Marked as a false alarm. The printer was not touched.',
}

const refusalWords: Partial<Record<ActRefusal, string>> = {
  'act-expired': 'This was good for 15 minutes and is over. The app can do it.',
  'not-allowed': 'You can watch this printer, not move it.',
  'device-absent': 'No word from the device. Nothing was sent.',
  'not-printing': 'Nothing is printing there.',
  'other-print': 'Another print is running there by now. Nothing was sent.',
  'not-possible': 'This printer can’t be paused.',
}

async function answerPress(desk: TelegramDesk, press: TelegramPress, signal: AbortSignal): Promise<void> {
  const [acted] = await Promise.allSettled([act(desk, press)])
  // The buttons stay: to press once more is to ask for the same thing, which is done once.
  const { text, isOver } =
    acted.status === 'fulfilled' ? acted.value : { text: words.notPressed, isOver: false }
  const { message } = press
  if (isOver && message) {
    const empty = { inline_keyboard: [] }
    const fields = { chat_id: message.chat.id, message_id: message.message_id, reply_markup: empty }
    await desk.api({ method: 'editMessageReplyMarkup', fields, signal }).catch(() => signal.throwIfAborted())
  }
  const fields = { callback_query_id: press.id, text, show_alert: true }
  await desk.api({ method: 'answerCallbackQuery', fields, signal })
  if (acted.status === 'rejected') throw acted.reason
}

const PressData = z.object({ act: ActKind, notificationId: z.uuid() })

/** Nothing of a press is believed but where it comes from: which person that is, we know ourselves. */
async function act(desk: TelegramDesk, press: TelegramPress): Promise<{ text: string; isOver: boolean }> {
  const { db, acts } = desk
  const nothing = { text: 'There is nothing to do any more.', isOver: true }
  const [kind, notificationId] = (press.data ?? '').split('.')
  const asked = PressData.safeParse({ act: kind, notificationId })
  const target = asked.success ? await findActTarget(db, asked.data.notificationId) : undefined
  if (!asked.success || !target) return nothing
  const settings = TelegramSettings.safeParse(await findContactSettings(db, target.person.id, 'telegram'))
  const chatId = settings.data?.chatId
  if (chatId === undefined || press.message?.chat.id !== chatId || press.from.id !== chatId) return nothing
  const expiresAt = new Date(target.sentAt.getTime() + actHoldsForMs)
  if (expiresAt <= acts.now()) return { text: refusalWords['act-expired'] ?? '', isOver: true }
  const acted = await perform(acts, { offer: { ...asked.data, expiresAt }, target })
  if ('done' in acted) return { text: doneWords[acted.done], isOver: true }
  return { text: refusalWords[acted.refusal] ?? 'Nothing was done.', isOver: false }
}
