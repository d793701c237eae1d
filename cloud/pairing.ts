import { createHmac, randomInt, randomUUID } from 'node:crypto'
import type { PairingView } from '@layerwatch/shared/api.ts'
import type { PairingReply, PairingRequest } from '@layerwatch/shared/pairing.ts'
import type { Broker } from './broker.ts'
import type { Db, Tx } from './db/client.ts'
import { createDevice } from './db/devices.ts'
import { createPairing, type PairingRow, takePairing } from './db/pairings.ts'
import { organisationOf, ownerNameOf } from './db/people.ts'
import { signRequest } from './keys/certificates.ts'
import { brokerServerName, type Keys } from './keys.ts'

/** How long a code holds. */
export const codeHoldsForMs = 10 * 60_000

/** Crockford's base 32: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Eight letters and digits, 40 bits of chance. */
export function makeCode(): string {
  return Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** What is kept of a code: of no use to who reads the database without the cloud's secret. */
export function hashCode(code: string, secret: string): string {
  return createHmac('sha256', secret).update(`pairing ${code}`).digest('hex')
}

/** Makes a code for a person; a former one that nobody used is void. Shown this once. */
export async function startPairing(
  db: Db,
  { personId, cloudUrl, keys }: { personId: string; cloudUrl: string; keys: Pick<Keys, 'sessionSecret'> },
): Promise<PairingView> {
  const { organisationId } = await organisationOf(db, personId)
  const code = makeCode()
  const id = randomUUID()
  const expiresAt = new Date(Date.now() + codeHoldsForMs)
  const codeHash = hashCode(code, keys.sessionSecret)
  await createPairing(db, { id, organisationId, personId, codeHash, expiresAt })
  const shown = `${code.slice(0, 4)}-${code.slice(4)}`
  return {
    id,
    code: shown,
    command: `npm run agent -- pair ${shown} --cloud ${cloudUrl}`,
    expiresAt: expiresAt.toISOString(),
    status: 'waiting',
  }
}

/** How a pairing stands; the code is not in it. */
export function viewPairing(pairing: PairingRow, now: Date): PairingView {
  const status = pairing.expiresAt > now ? 'waiting' : 'expired'
  return {
    id: pairing.id,
    expiresAt: pairing.expiresAt.toISOString(),
    status: pairing.usedAt ? 'paired' : status,
    ...(pairing.deviceId && { deviceId: pairing.deviceId }),
  }
}

export type PairingOutcome =
  | { kind: 'paired'; reply: PairingReply; pairing: PairingRow }
  | { kind: 'wrong-code' }
  | { kind: 'bad-request' }

/**
 * Makes a device of whoever sends a code that holds: an identity, a certificate for the key it made, and whom
 * to believe. The code is used up with it, in one transaction.
 */
export async function pairDevice(
  db: Db,
  request: PairingRequest,
  { keys, broker, reachedAt }: { keys: Keys; broker: Broker; reachedAt: string },
): Promise<PairingOutcome> {
  const deviceId = randomUUID()
  const signed = await signRequest(keys.authority, request.certificateRequest, deviceId)
  if (!signed) return { kind: 'bad-request' }
  return await db.$transaction(async (tx): Promise<PairingOutcome> => {
    const codeHash = hashCode(request.code, keys.sessionSecret)
    const pairing = await takePairing(tx, codeHash, { deviceId, now: new Date() })
    if (!pairing) return { kind: 'wrong-code' }
    await createDevice(tx, {
      id: deviceId,
      organisationId: pairing.organisationId,
      name: request.deviceName,
      certificateSerial: signed.serial,
      certificateEndsAt: signed.endsAt,
    })
    const reply = {
      deviceId,
      certificate: signed.certificate,
      authority: keys.authority.certificate,
      broker: { url: broker.urlForDevice(reachedAt), serverName: brokerServerName },
      commandKeys: { [keys.commands.keyId]: keys.commands.publicKey },
      ownerName: await nameOfOwner(tx, pairing),
    }
    return { kind: 'paired', reply, pairing }
  })
}

async function nameOfOwner(tx: Tx, pairing: PairingRow): Promise<string> {
  return (await ownerNameOf(tx, pairing.organisationId)).slice(0, 200)
}
