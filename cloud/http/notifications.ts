import type { NotificationTestView } from '@layerwatch/shared/api.ts'
import { NotificationTestRequest } from '@layerwatch/shared/notify.ts'
import type { FastifyInstance } from 'fastify'
import { sendTest } from '../notify/send.ts'
import type { Context } from './context.ts'
import { limitPerson } from './person-limit.ts'
import { requirePerson } from './session.ts'

/** The page waits no longer than this for an answer. */
const withinMs = 8_000

/** `POST /api/notifications/test`: a real message to oneself, through one channel or all that are set up. */
export function addNotificationRoutes(app: FastifyInstance, context: Pick<Context, 'sending'>): void {
  const count = limitPerson({ perMinute: 12 })
  app.post('/api/notifications/test', async (request): Promise<NotificationTestView> => {
    const person = await requirePerson(request)
    count(person.personId)
    const { channel } = NotificationTestRequest.parse(request.body ?? {})
    const signal = AbortSignal.timeout(withinMs)
    const outcomes = await sendTest(context.sending, { receiver: person, only: channel }, signal)
    return { channels: outcomes }
  })
}
