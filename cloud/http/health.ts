import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { askDatabase } from '../db/operation.ts'
import type { Context } from './context.ts'

const answerWithinMs = 2_000

/**
 * For whoever supervises the process, without a login and without a word on anybody's data: `/healthz` says that it
 * answers, `/readyz` whether it can do its work (503 with what is missing).
 */
export function addHealthRoutes(app: FastifyInstance, { db, uplink }: Pick<Context, 'db' | 'uplink'>): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const isDatabaseThere = await Promise.race([
      askDatabase(db).then(
        () => true,
        () => false,
      ),
      delay(answerWithinMs, false, { ref: false }),
    ])
    const missing = [...(isDatabaseThere ? [] : ['database']), ...(uplink.isSubscribed() ? [] : ['broker'])]
    reply.header('cache-control', 'no-store')
    if (missing.length === 0) return { status: 'ok' }
    return reply.code(503).send({ status: 'unavailable', missing })
  })
}
