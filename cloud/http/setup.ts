import type { SetupView } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { hasPeople } from '../db/people.ts'
import type { Context } from './context.ts'

/** `GET /api/setup`: what the sign-in page needs to know, without a session. */
export function addSetupRoutes(app: FastifyInstance, context: Pick<Context, 'config' | 'db' | 'keys'>): void {
  const { config, db, keys } = context
  app.get(
    '/api/setup',
    async (): Promise<SetupView> => ({
      hasOwner: await hasPeople(db),
      signUp: config.signUp,
      pushPublicKey: keys.vapid.publicKey,
      canSendEmail: config.smtp !== undefined,
    }),
  )
}
