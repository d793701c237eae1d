import type { FastifyInstance } from 'fastify'
import { findSnapshot } from '../db/snapshots.ts'
import { readPicture } from '../pictures.ts'
import type { Context } from './context.ts'
import { idOf } from './params.ts'
import { notFound } from './problem.ts'
import { requirePerson } from './session.ts'

/** `GET /api/snapshots/{id}.jpg`: a stored picture, for those who may see its printer. */
export function addSnapshotRoutes(app: FastifyInstance, context: Pick<Context, 'db' | 'config'>): void {
  const { db, config } = context

  app.get('/api/snapshots/:id.jpg', async (request, reply) => {
    const { personId } = await requirePerson(request)
    const snapshot = await findSnapshot(db, personId, idOf(request, 'id'))
    const jpeg = snapshot && (await readPicture(config.dataDir, snapshot.id))
    if (!jpeg) throw notFound('picture')
    // No cache between may keep it: a mixed-up one would show it to somebody else.
    return reply.header('cache-control', 'private, no-store').type('image/jpeg').send(jpeg)
  })
}
