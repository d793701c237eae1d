import type { Db, Tx } from './client.ts'

export interface PairingRow {
  id: string
  organisationId: string
  personId: string
  expiresAt: Date
  usedAt: Date | null
  deviceId: string | null
}

/** Keeps a new code (its hash); codes of this person that nobody used are void from now on. */
export async function createPairing(
  db: Db,
  pairing: { id: string; organisationId: string; personId: string; codeHash: string; expiresAt: Date },
): Promise<void> {
  await db.$transaction([
    db.pairing.deleteMany({ where: { personId: pairing.personId, usedAt: null } }),
    db.pairing.create({ data: pairing }),
  ])
}

/** A pairing of this person. */
export async function findPairing(
  db: Db,
  personId: string,
  pairingId: string,
): Promise<PairingRow | undefined> {
  return (await db.pairing.findFirst({ where: { id: pairingId, personId } })) ?? undefined
}

/** Uses a code up; undefined where there is none, it ran out or another device was faster. */
export async function takePairing(
  tx: Tx,
  codeHash: string,
  used: { deviceId: string; now: Date },
): Promise<PairingRow | undefined> {
  const { count } = await tx.pairing.updateMany({
    where: { codeHash, usedAt: null, expiresAt: { gt: used.now } },
    data: { usedAt: used.now, deviceId: used.deviceId },
  })
  if (count === 0) return undefined
  return (await tx.pairing.findUnique({ where: { codeHash } })) ?? undefined
}
