import { RejectedError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { Db } from '../../db/client.ts'
import { findContactSettings } from '../../db/contacts.ts'
import { actLabels, isAlarm, type Notifier, type Outgoing } from '../notifier.ts'
import type { TelegramApi } from './api.ts'

/** What a Telegram contact's row holds: the id of a private chat. */
export const TelegramSettings = z.object({ chatId: z.number().int() })

/** What Telegram works with. */
export interface TelegramOptions {
  db: Db
  api: TelegramApi
  /** Where people open the page. */
  baseUrl: string
}

/**
 * Telegram: one message of the operator's bot in the person's private chat, with picture and buttons.
 * https://core.telegram.org/bots/api#sendphoto
 */
export function makeTelegramNotifier({ db, api, baseUrl }: TelegramOptions): Notifier {
  return {
    send: async (outgoing, { personId }, signal) => {
      const settings = TelegramSettings.safeParse(await findContactSettings(db, personId, 'telegram'))
      if (!settings.success) throw new RejectedError('Telegram is not connected')
      const { method, fields } = composeTelegram(outgoing, { baseUrl, chatId: settings.data.chatId })
      const { picture } = outgoing
      await api({ method, fields, signal, ...(picture && { photo: picture }) })
      return 'taken by Telegram'
    },
  }
}

/** The longest words under a picture; a message has more. https://core.telegram.org/bots/api#sendphoto */
const maxCaption = 1024

/**
 * Plain text, so that no name is markup. The buttons tell which notification they belong to; that the press comes
 * from its reader's chat and in time is checked when it arrives.
 */
function composeTelegram(
  { id, message, picture, acts = [] }: Outgoing,
  { baseUrl, chatId }: { baseUrl: string; chatId: number },
): { method: string; fields: Record<string, unknown> } {
  const text = `${message.title}\n${message.body}\n${baseUrl}${message.path}`
  const buttons = acts.map(({ act }) => ({ text: actLabels[act], callback_data: `${act}.${id}` }))
  const common = {
    chat_id: chatId,
    disable_notification: !isAlarm(message) && message.kind !== 'suspected' && message.kind !== 'test',
    ...(buttons.length > 0 && { reply_markup: { inline_keyboard: [buttons] } }),
  }
  if (picture) return { method: 'sendPhoto', fields: { ...common, caption: text.slice(0, maxCaption) } }
  return {
    method: 'sendMessage',
    fields: { ...common, text, link_preview_options: { is_disabled: true } },
  }
}
