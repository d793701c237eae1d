import type { PrinterView, Role } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { findRoles } from '../db/access.ts'
import { findPrintersToView } from '../db/printers.ts'
import { viewPrinter } from '../views.ts'
import type { Context } from './context.ts'
import { idOf } from './params.ts'
import { notFound } from './problem.ts'
import { requirePerson } from './session.ts'

/** `GET /api/printers` and `GET /api/printers/{printerId}`. */
export function addPrinterRoutes(app: FastifyInstance, context: Pick<Context, 'db' | 'presence'>): void {
  const { db, presence } = context

  const view = async (roles: ReadonlyMap<string, Role>): Promise<PrinterView[]> => {
    const rows = await findPrintersToView(db, [...roles.keys()])
    return rows.map((row) =>
      viewPrinter(row, {
        role: roles.get(row.printer.id) ?? 'viewer',
        isPresent: presence.isPresent(row.printer.deviceId),
      }),
    )
  }

  app.get('/api/printers', async (request): Promise<PrinterView[]> => {
    const { personId } = await requirePerson(request)
    return view(await findRoles(db, personId))
  })

  app.get('/api/printers/:printerId', async (request): Promise<PrinterView> => {
    const { personId } = await requirePerson(request)
    const [printer] = await view(await findRoles(db, personId, idOf(request, 'printerId')))
    if (!printer) throw notFound('printer')
    return printer
  })
}
