import { randomUUID } from 'node:crypto'
import type { Db, Tx } from './client.ts'

/** Whether anybody has an account yet. */
export async function hasPeople(db: Db | Tx): Promise<boolean> {
  return (await db.user.findFirst({ select: { id: true } })) !== null
}

/** Lets one sign-up at a time look whether it is the first; held to the end of the transaction. */
export async function lockSignUps(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(72707370)`
}

/** The tenant of a new person, who owns it. */
export async function createOrganisation(tx: Tx, person: { id: string; name: string }): Promise<void> {
  await tx.organization.create({
    data: {
      id: randomUUID(),
      name: person.name,
      slug: person.id,
      members: { create: { id: randomUUID(), userId: person.id, role: 'owner' } },
    },
  })
}

export interface Membership {
  organisationId: string
  organisationName: string
}

/** The organisation a person's own devices belong to; every person has exactly one they own. */
export async function organisationOf(db: Db | Tx, personId: string): Promise<Membership> {
  const member = await db.member.findFirstOrThrow({
    where: { userId: personId, role: 'owner' },
    orderBy: { createdAt: 'asc' },
    select: { organization: { select: { id: true, name: true } } },
  })
  return { organisationId: member.organization.id, organisationName: member.organization.name }
}

export async function countPushSubscriptions(db: Db, personId: string): Promise<number> {
  return await db.pushSubscription.count({ where: { personId } })
}

/** Name of whoever owns an organisation. */
export async function ownerNameOf(db: Db | Tx, organisationId: string): Promise<string> {
  const member = await db.member.findFirst({
    where: { organizationId: organisationId, role: 'owner' },
    orderBy: { createdAt: 'asc' },
    select: { user: { select: { name: true } } },
  })
  return member?.user.name ?? ''
}

/** Sets a password (its hash) and ends every session of that person. False where nobody has that address. */
export async function replacePassword(db: Db, email: string, passwordHash: string): Promise<boolean> {
  return await db.$transaction(async (tx) => {
    const person = await tx.user.findUnique({ where: { email: email.toLowerCase() }, select: { id: true } })
    if (!person) return false
    await tx.account.updateMany({
      where: { userId: person.id, providerId: 'credential' },
      data: { password: passwordHash },
    })
    await tx.session.deleteMany({ where: { userId: person.id } })
    return true
  })
}
