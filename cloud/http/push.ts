import { randomUUID } from 'node:crypto'
import { PushSubscriptionRequest } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { deletePushSubscription, putPushSubscription } from '../db/push-subscriptions.ts'
import type { Context } from './context.ts'
import { requirePerson } from './session.ts'

/** `POST /api/push-subscriptions` and `DELETE /api/push-subscriptions` with the endpoint: this browser, told or not. */
export function addPushRoutes(app: FastifyInstance, context: Pick<Context, 'db'>): void {
  const { db } = context

  app.post('/api/push-subscriptions', async (request, reply) => {
    const { personId } = await requirePerson(request)
    const subscription = PushSubscriptionRequest.parse(request.body)
    await putPushSubscription(db, personId, { id: randomUUID(), request: subscription })
    return reply.code(204).send()
  })

  app.delete('/api/push-subscriptions', async (request, reply) => {
    const { personId } = await requirePerson(request)
    const { endpoint } = PushSubscriptionRequest.pick({ endpoint: true }).parse(request.body)
    await deletePushSubscription(db, personId, endpoint)
    return reply.code(204).send()
  })
}
