import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { answerUpdate, type TelegramDesk } from './answers.ts'
import { Bot, Update } from './updates.ts'

/** Telegram holds a poll open for so long; it needs no way in from outside. */
const pollSeconds = 50
const answerWithinMs = (pollSeconds + 15) * 1000
/** After a failed poll, and after each more, up to the longest. */
const firstWaitMs = 2_000
const longestWaitMs = 60_000

/** Reads what people write to the bot, one poll after the other. */
export class TelegramPoll {
  readonly #desk: TelegramDesk
  readonly #log: Logger
  #offset = 0
  #waitMs = 0
  #username: string | undefined

  constructor(desk: TelegramDesk, log: Logger) {
    this.#desk = desk
    this.#log = log
  }

  /** The bot's name, once Telegram told it. */
  get username(): string | undefined {
    return this.#username
  }

  /** Waits for news and answers each. Returns the milliseconds until the next poll. */
  async round(signal: AbortSignal): Promise<number> {
    try {
      this.#username ??= Bot.parse(await this.#desk.api({ method: 'getMe', signal })).username
      await this.#poll(signal)
      if (this.#waitMs > 0) this.#log.info('Telegram answers again')
      this.#waitMs = 0
    } catch (err) {
      signal.throwIfAborted()
      // Said once: it may last for days.
      if (this.#waitMs === 0) this.#log.warn({ err }, 'Telegram cannot be asked for news')
      this.#waitMs = Math.min(longestWaitMs, Math.max(firstWaitMs, this.#waitMs * 2))
    }
    return this.#waitMs
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const fields = {
      offset: this.#offset,
      timeout: pollSeconds,
      allowed_updates: ['message', 'callback_query'],
    }
    const asked = { method: 'getUpdates', fields, signal, withinMs: answerWithinMs }
    const updates = z.array(Update).safeParse(await this.#desk.api(asked))
    if (!updates.success)
      throw new UnavailableError('Telegram’s news cannot be read', { cause: updates.error })
    for (const update of updates.data) {
      // Counted as read before it is answered: one that fails us must not come for ever.
      this.#offset = update.update_id + 1
      await answerUpdate(this.#desk, update, signal).catch((err: unknown) => {
        signal.throwIfAborted()
        this.#log.warn({ err, updateId: update.update_id }, 'a message to the bot was not answered')
      })
    }
  }
}
