import { type IncidentView, ResolveRequest } from '@layerwatch/shared/api.ts'
import { Id } from '@layerwatch/shared/vocabulary.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findIncident, findIncidents } from '../db/incidents.ts'
import { actOnIncident } from '../incident-acts.ts'
import type { Context } from './context.ts'
import { idOf, pageOf } from './params.ts'
import { ApiRefusal, notFound } from './problem.ts'
import { requirePerson } from './session.ts'

const Filter = z.object({ printerId: Id.optional() })

/** `GET /api/incidents`, `GET /api/incidents/{id}`, `POST …/acknowledge` and `POST …/resolve`. */
export function addIncidentRoutes(
  app: FastifyInstance,
  context: Pick<Context, 'db' | 'hub' | 'teller'>,
): void {
  const { db, hub, teller } = context

  app.get('/api/incidents', async (request): Promise<IncidentView[]> => {
    const { personId } = await requirePerson(request)
    return findIncidents(db, personId, { ...Filter.parse(request.query), ...pageOf(request) })
  })

  const read = async (request: FastifyRequest): Promise<IncidentView> => {
    const { personId } = await requirePerson(request)
    const incident = await findIncident(db, personId, idOf(request, 'id'))
    if (!incident) throw notFound('incident')
    return incident
  }

  app.get('/api/incidents/:id', read)

  app.post('/api/incidents/:id/acknowledge', async (request) => {
    const person = await requirePerson(request)
    await act(request, person, { kind: 'acknowledged' })
    return read(request)
  })

  app.post('/api/incidents/:id/resolve', async (request) => {
    const person = await requirePerson(request)
    const { outcome, ignore } = ResolveRequest.parse(request.body)
    await act(request, person, { kind: 'resolved', detail: outcome, ignore })
    return read(request)
  })

  const act = async (
    request: FastifyRequest,
    { personId, name }: { personId: string; name: string },
    deed: Parameters<typeof actOnIncident>[2],
  ) => {
    const incidentId = idOf(request, 'id')
    const acted = await actOnIncident(db, { incidentId, personId, personName: name, at: new Date() }, deed)
    teller.wake()
    if ('changes' in acted) return hub.announce(acted.changes)
    if (acted.refusal === 'unknown-incident') throw notFound('incident')
    throw new ApiRefusal(403, acted.refusal, 'You can watch this printer, not decide about it.')
  }
}
