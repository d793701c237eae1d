import type { PairingView } from '@layerwatch/shared/api.ts'
import { type PairingReply, PairingRequest } from '@layerwatch/shared/pairing.ts'
import { Id } from '@layerwatch/shared/vocabulary.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findPairing } from '../db/pairings.ts'
import { TryLimit } from '../pairing/try-limit.ts'
import { type PairingOutcome, pairDevice, startPairing, viewPairing } from '../pairing.ts'
import type { Context } from './context.ts'
import { ApiRefusal, notFound } from './problem.ts'
import { requirePerson } from './session.ts'

/** A code has 40 bits and holds ten minutes: nobody finds one with these. */
const limits = { perAddress: 5, together: 100 }

/**
 * `POST /api/pairings` and `GET /api/pairings/{id}` for the person, `POST /api/pairing` for the device, which
 * has no session: its code is what it proves.
 */
export function addPairingRoutes(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'db' | 'keys' | 'broker' | 'log' | 'tellPairing'>,
): void {
  const { config, db, keys, broker, log } = context
  const tries = new TryLimit(limits)

  const tryOnce = async (address: string, attempt: () => Promise<PairingOutcome>) => {
    tries.countWrong(address)
    let isWrong = false
    try {
      const outcome = await attempt()
      isWrong = outcome.kind === 'wrong-code'
      return outcome
    } finally {
      if (!isWrong) tries.forgive(address)
    }
  }

  app.post('/api/pairings', async (request, reply): Promise<PairingView> => {
    const { personId } = await requirePerson(request)
    // The name the person reached us by is one the device can reach as well, unless the owner set another.
    const cloudUrl = config.baseUrl ?? `${request.protocol}://${request.host}`
    reply.code(201)
    return await startPairing(db, { personId, cloudUrl, keys })
  })

  app.get('/api/pairings/:id', async (request): Promise<PairingView> => {
    const { personId } = await requirePerson(request)
    const { id } = z.object({ id: Id }).parse(request.params)
    const pairing = await findPairing(db, personId, id)
    if (!pairing) throw notFound('pairing')
    return viewPairing(pairing, new Date())
  })

  app.post('/api/pairing', async (request): Promise<PairingReply> => {
    if (!tries.mayTry(request.ip)) {
      throw new ApiRefusal(429, 'too-many-tries', 'Too many wrong codes. Wait a minute and try again.')
    }
    const asked = PairingRequest.parse(request.body)
    const outcome = await tryOnce(request.ip, () =>
      pairDevice(db, asked, { keys, broker, reachedAt: hostOf(request) }),
    )
    if (outcome.kind === 'bad-request') {
      throw new ApiRefusal(
        400,
        'bad-certificate-request',
        'The certificate request is not for an EC P-256 key.',
      )
    }
    if (outcome.kind === 'wrong-code') {
      throw new ApiRefusal(403, 'wrong-code', 'This code is wrong or ran out. Make a new one on the page.')
    }
    const { pairing, reply } = outcome
    log.info({ deviceId: reply.deviceId, organisationId: pairing.organisationId }, 'device paired')
    context.tellPairing(pairing.personId, viewPairing(pairing, new Date()))
    return reply
  })
}

/** The name or address the device reached us at, without port. */
function hostOf(request: FastifyRequest): string {
  const url = `http://${request.host}`
  return URL.canParse(url) ? new URL(url).hostname : 'localhost'
}
