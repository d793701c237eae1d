import type { NotificationTestView } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { sendTest } from '../notify/send.ts'
import type { Context } from './context.ts'
import { requirePerson } from './session.ts'

/** The page waits no longer than this for an answer. */
const withinMs = 8_000

/** `POST /api/notifications/test`: a real message to oneself through every channel that is set up. */
export function addNotificationRoutes(app: FastifyInstance, context: Pick<Context, 'sending'>): void {
  const options = { config: { rateLimit: { max: 6, timeWindow: '1 minute' } } }
  app.post('/api/notifications/test', options, async (request): Promise<NotificationTestView> => {
    const person = await requirePerson(request)
    return { channels: await sendTest(context.sending, person, AbortSignal.timeout(withinMs)) }
  })
}
