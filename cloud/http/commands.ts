import { CommandRequest, type CommandView } from '@layerwatch/shared/api.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { issueCommand, type Refusal } from '../commands.ts'
import { findCommand } from '../db/commands.ts'
import type { Context } from './context.ts'
import { idOf } from './params.ts'
import { limitPerson } from './person-limit.ts'
import { ApiRefusal, notFound } from './problem.ts'
import { requirePerson } from './session.ts'

const Key = z.string().regex(/^[\x21-\x7e]{8,128}$/, 'an Idempotency-Key of 8 to 128 characters')

/** `POST /api/printers/{printerId}/commands` and `GET /api/commands/{id}`. */
export function addCommandRoutes(
  app: FastifyInstance,
  context: Pick<Context, 'db' | 'desk' | 'settler'>,
): void {
  const { db, desk, settler } = context
  // Far more than a hand presses: it keeps a runaway program from filling the database.
  const count = limitPerson({ perMinute: 300 })

  app.post('/api/printers/:printerId/commands', async (request, reply): Promise<CommandView> => {
    const { personId, name } = await requirePerson(request)
    count(personId)
    const printerId = idOf(request, 'printerId')
    const idempotencyKey = z.object({ 'idempotency-key': Key }).parse(request.headers)['idempotency-key']
    const asked = { printerId, request: CommandRequest.parse(request.body), idempotencyKey }
    const issued = await issueCommand(desk, { personId, name }, asked)
    if ('refusal' in issued) throw refuse(issued.refusal)
    settler.wake()
    reply.code(202)
    return issued.command
  })

  app.get('/api/commands/:id', async (request): Promise<CommandView> => {
    const { personId } = await requirePerson(request)
    const command = await findCommand(db, personId, idOf(request, 'id'))
    if (!command) throw notFound('command')
    return command
  })
}

const refusals: Record<Exclude<Refusal, 'unknown-printer'>, [status: number, message: string]> = {
  'not-allowed': [403, 'You can watch this printer, not move it.'],
  'device-absent': [409, 'No word from the device. Nothing was sent.'],
  'not-possible': [409, 'This printer can’t do that.'],
  'not-printing': [409, 'Nothing is printing there.'],
  'other-print': [409, 'Another print is running there by now.'],
  'no-picture': [400, 'Resuming needs a fresh picture on screen.'],
  'key-reused': [409, 'This Idempotency-Key was used for something else.'],
}

/** The answer to a command that was not sent. */
export function refuse(refusal: Refusal): ApiRefusal {
  if (refusal === 'unknown-printer') return notFound('printer')
  const [status, message] = refusals[refusal]
  return new ApiRefusal(status, refusal, message)
}
