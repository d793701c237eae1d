import type { MeView } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { countPushSubscriptions, organisationOf } from '../db/people.ts'
import { findPreferencesOf } from '../db/preferences.ts'
import type { Context } from './context.ts'
import { requirePerson } from './session.ts'

/** `GET /api/me`: who is signed in. */
export function addMeRoutes(app: FastifyInstance, context: Pick<Context, 'config' | 'db'>): void {
  const { config, db } = context
  app.get('/api/me', async (request): Promise<MeView> => {
    const person = await requirePerson(request)
    const { organisationName } = await organisationOf(db, person.personId)
    const { timeZone } = await findPreferencesOf(db, person.personId)
    return {
      ...person,
      organisationName,
      ...(timeZone && { timeZone }),
      notifications: {
        email: config.smtp !== undefined,
        pushSubscriptions: await countPushSubscriptions(db, person.personId),
      },
    }
  })
}
