import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findRole } from '../db/access.ts'
import { findPrinter } from '../db/printers.ts'
import type { Context } from './context.ts'
import { idOf } from './params.ts'
import { notFound } from './problem.ts'
import { requirePerson } from './session.ts'
import { openEventStream } from './sse.ts'

/** A stream answers no HEAD: it would hold its connection, and a viewer's lease, for nothing. */
const streaming = { exposeHeadRoute: false }

/** `GET /api/live` and `GET /api/printers/{printerId}/live`: what changes, and the moving picture. */
export function addLiveRoutes(app: FastifyInstance, context: Pick<Context, 'db' | 'hub' | 'frames'>): void {
  const { db, hub, frames } = context

  app.get('/api/live', streaming, async (request, reply) => {
    const { personId } = await requirePerson(request)
    const stream = openEventStream(request, reply)
    let leave = () => {}
    stream.onEnd(() => leave())
    try {
      leave = await hub.open({
        personId,
        isSignedIn: () => isStill(request, personId),
        send: (change) => stream.send('change', change),
        close: () => stream.close(),
      })
    } catch (err) {
      request.log.error({ err }, 'live stream failed')
      stream.close()
    }
    // It may have ended while its printers were read.
    stream.onEnd(() => leave())
  })

  app.get('/api/printers/:printerId/live', streaming, async (request, reply) => {
    const person = await requirePerson(request)
    const printer = await findPrinter(db, person.personId, idOf(request, 'printerId'))
    if (!printer) throw notFound('printer')
    const { id: printerId, deviceId } = printer
    const stream = openEventStream(request, reply)
    const leave = frames.watch(
      { printerId, deviceId },
      {
        issuer: { personId: person.personId, name: person.name },
        mayWatch: async () =>
          (await isStill(request, person.personId)) &&
          (await findRole(db, person.personId, printerId)) !== undefined,
        // The newest frame counts: what a slow client cannot take is left out.
        send: (frame) => {
          if (!stream.isBackedUp()) stream.send('frame', frame)
        },
        close: () => stream.close(),
      },
    )
    stream.onEnd(leave)
  })
}

/** Whether the session the stream was opened with is still that person's. */
async function isStill(request: FastifyRequest, personId: string): Promise<boolean> {
  return (await request.auth?.personOf(request.headers))?.personId === personId
}
