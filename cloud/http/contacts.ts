import { randomUUID } from 'node:crypto'
import {
  ContactKind,
  type ContactMade,
  ContactRequest,
  type ContactsView,
  type TelegramCode,
} from '@layerwatch/shared/notify.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import {
  deleteContact,
  findContacts,
  findLastNotices,
  putContact,
  putContactCode,
  viewContact,
} from '../db/contacts.ts'
import { sealContact } from '../notify/contact-settings.ts'
import { makeWebhookSecret } from '../notify/webhook.ts'
import { codeHoldsForMs, hashCode, makeCode } from '../pairing.ts'
import type { Context } from './context.ts'
import { ApiRefusal, notFound } from './problem.ts'
import { requirePerson } from './session.ts'

/**
 * `GET /api/contacts`, `POST /api/contacts`, `POST /api/contacts/telegram` and `DELETE /api/contacts`: where a person is told beyond mail
 * and browsers. What is secret in it is taken and never given out again.
 */
export function addContactRoutes(
  app: FastifyInstance,
  context: Pick<Context, 'db' | 'keys' | 'telegramBot'>,
): void {
  const { db, keys, telegramBot } = context

  app.get('/api/contacts', async (request): Promise<ContactsView> => {
    const { personId } = await requirePerson(request)
    const [rows, last] = await Promise.all([findContacts(db, personId), findLastNotices(db, personId)])
    const contacts = rows.flatMap((row) => {
      const kind = ContactKind.safeParse(row.kind)
      return kind.success ? [viewContact(row, kind.data, last.get(row.kind))] : []
    })
    const [email, push] = [last.get('email'), last.get('push')]
    const bot = telegramBot?.()
    const telegram = telegramBot && { telegram: { ...(bot && { bot }) } }
    return { contacts, ...telegram, last: { ...(email && { email }), ...(push && { push }) } }
  })

  app.post('/api/contacts', async (request, reply): Promise<ContactMade> => {
    const { personId } = await requirePerson(request)
    const asked = ContactRequest.parse(request.body)
    const secret = asked.kind === 'webhook' ? makeWebhookSecret() : undefined
    const at = new Date()
    const { kind } = asked
    const label = labelOf(asked)
    const settings = sealContact(keys.vault, personId, { ...asked, ...(secret && { secret }) })
    await putContact(db, personId, { id: randomUUID(), kind, label, settings, at })
    reply.code(201)
    const contact = { kind, label, connectedAt: at.toISOString() }
    return { contact, ...(secret && { secret }) }
  })

  app.post('/api/contacts/telegram', async (request, reply): Promise<TelegramCode> => {
    const { personId } = await requirePerson(request)
    const bot = telegramBot?.()
    if (!telegramBot) throw new ApiRefusal(409, 'no-bot', 'This server has no Telegram bot.')
    if (!bot) throw new ApiRefusal(503, 'unavailable', 'Telegram does not answer. Try again in a minute.')
    const code = makeCode()
    const expiresAt = new Date(Date.now() + codeHoldsForMs)
    await putContactCode(db, personId, { codeHash: hashCode(code, keys.sessionSecret), expiresAt })
    reply.code(201)
    return {
      code: `${code.slice(0, 4)}-${code.slice(4)}`,
      bot,
      link: `https://t.me/${bot}?start=${code}`,
      expiresAt: expiresAt.toISOString(),
    }
  })

  app.delete('/api/contacts', async (request, reply) => {
    const { personId } = await requirePerson(request)
    const { kind } = z.object({ kind: ContactKind }).parse(request.body)
    if (!(await deleteContact(db, personId, kind))) throw notFound('channel')
    return reply.code(204).send()
  })
}

/** Where it leads, without what lets others in: an ntfy topic, and a path of an address, are as good as passwords. */
function labelOf(asked: ContactRequest): string {
  switch (asked.kind) {
    case 'ntfy':
      return `${new URL(asked.server).host}, topic ${asked.topic.slice(0, 3)}…`
    case 'discord':
      return `webhook …${/\/webhooks\/\d*(\d{6})\//.exec(asked.url)?.[1] ?? ''}`
    case 'webhook':
      return new URL(asked.url).host
  }
}
