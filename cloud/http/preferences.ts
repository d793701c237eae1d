import { PreferencesPatch, type PreferencesView } from '@layerwatch/shared/notify-rules.ts'
import type { FastifyInstance } from 'fastify'
import { releaseHeld } from '../db/held-notifications.ts'
import { changePreferences, findPreferencesOf, type Preferences } from '../db/preferences.ts'
import { nextDigest, ownTimeZone } from '../notify/hours.ts'
import type { Context } from './context.ts'
import { requirePerson } from './session.ts'

/** `GET /api/preferences` and `PATCH /api/preferences`: how a person wants to be told. */
export function addPreferenceRoutes(app: FastifyInstance, context: Pick<Context, 'db' | 'later'>): void {
  const { db, later } = context

  app.get('/api/preferences', async (request): Promise<PreferencesView> => {
    const { personId } = await requirePerson(request)
    return viewPreferences(await findPreferencesOf(db, personId))
  })

  app.patch('/api/preferences', async (request): Promise<PreferencesView> => {
    const { personId } = await requirePerson(request)
    const patch = PreferencesPatch.parse(request.body)
    const at = new Date()
    const changed = await changePreferences(
      db,
      { personId, patch, at },
      ({ rules, timeZone = ownTimeZone() }) =>
        rules.digest ? nextDigest(at, rules.digest, timeZone) : undefined,
    )
    if (patch.quiet !== undefined || patch.timeZone !== undefined) await releaseHeld(db, personId, at)
    later.wake()
    return viewPreferences(changed)
  })
}

function viewPreferences({ rules, timeZone }: Preferences): PreferencesView {
  return { rules, cloudTimeZone: ownTimeZone(), ...(timeZone && { timeZone }) }
}
