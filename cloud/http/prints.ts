import type { LayerView, PrintView } from '@layerwatch/shared/api.ts'
import { PrintVerdictRequest } from '@layerwatch/shared/marks.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { findRole } from '../db/access.ts'
import { findLayers } from '../db/layers.ts'
import { findPrint, findPrints } from '../db/prints.ts'
import { sayOfPrint } from '../marks.ts'
import type { Context } from './context.ts'
import { idOf, pageOf } from './params.ts'
import { ApiRefusal, notFound } from './problem.ts'
import { requirePerson } from './session.ts'

const LayersQuery = z.object({ after: z.coerce.number().int().min(-1).optional() })

/** `GET /api/printers/{printerId}/prints`, `GET /api/prints/{printId}`, `…/layers` and `PUT …/verdict`. */
export function addPrintRoutes(app: FastifyInstance, context: Pick<Context, 'db' | 'hub' | 'teller'>): void {
  const { db, hub, teller } = context

  app.get('/api/printers/:printerId/prints', async (request): Promise<PrintView[]> => {
    const { personId } = await requirePerson(request)
    const printerId = idOf(request, 'printerId')
    if (!(await findRole(db, personId, printerId))) throw notFound('printer')
    return findPrints(db, personId, { printerId, ...pageOf(request) })
  })

  app.get('/api/prints/:printId', async (request): Promise<PrintView> => {
    const { personId } = await requirePerson(request)
    const print = await findPrint(db, personId, idOf(request, 'printId'))
    if (!print) throw notFound('print')
    return print
  })

  app.put('/api/prints/:printId/verdict', async (request): Promise<PrintView> => {
    const person = await requirePerson(request)
    const printId = idOf(request, 'printId')
    const said = PrintVerdictRequest.parse(request.body)
    const outcome = await sayOfPrint(db, { printId, person, at: new Date() }, said)
    if ('refusal' in outcome) {
      if (outcome.refusal === 'unknown-print') throw notFound('print')
      throw new ApiRefusal(403, outcome.refusal, 'You can watch this printer, not decide about it.')
    }
    teller.wake()
    hub.announce(outcome.changes)
    const print = await findPrint(db, person.personId, printId)
    if (!print) throw notFound('print')
    return print
  })

  app.get('/api/prints/:printId/layers', async (request): Promise<LayerView[]> => {
    const { personId } = await requirePerson(request)
    const printId = idOf(request, 'printId')
    if (!(await findPrint(db, personId, printId))) throw notFound('print')
    return findLayers(db, personId, { printId, ...LayersQuery.parse(request.query) })
  })
}
