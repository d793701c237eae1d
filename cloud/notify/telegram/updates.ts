import { z } from 'zod'

/*
 * What the Bot API tells of: https://core.telegram.org/bots/api#update. Required is what we use; the rest is passed
 * over, and so is an update of a kind we do not know.
 */

const Chat = z.object({ id: z.number().int(), type: z.string() })
const User = z.object({
  id: z.number().int(),
  first_name: z.string().default(''),
  username: z.string().optional(),
})

const Message = z.object({ chat: Chat, from: User.optional(), text: z.string().optional() })

const Press = z.object({
  id: z.string(),
  from: User,
  message: z.object({ message_id: z.number().int(), chat: Chat }).optional(),
  data: z.string().optional(),
})

export const Update = z.object({
  update_id: z.number().int(),
  message: Message.optional().catch(undefined),
  callback_query: Press.optional().catch(undefined),
})
export type Update = z.infer<typeof Update>
export type TelegramMessage = z.infer<typeof Message>
export type TelegramPress = z.infer<typeof Press>

/** The bot itself: https://core.telegram.org/bots/api#getme */
export const Bot = z.object({ username: z.string() })
