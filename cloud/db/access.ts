import type { Role } from '@layerwatch/shared/api.ts'
import type { Db, Tx } from './client.ts'

/*
 * Who may see and move which printer. Every query on a person's data goes through one of these; another's
 * row is indistinguishable from one that is not there.
 */

/** Condition on `Printer`: the person is a member of its organisation, or it is shared with them. */
export function visiblePrinter(personId: string) {
  return {
    OR: [{ organisation: { members: { some: { userId: personId } } } }, { grants: { some: { personId } } }],
  }
}

/** Condition on `Printer`: the person may do more than watch it, as `findRoles` says of them. */
export function ownOrOperated(personId: string) {
  const role = { in: ['operator', 'owner'] }
  return {
    OR: [
      { organisation: { members: { some: { userId: personId } } } },
      { grants: { some: { personId, role } } },
    ],
  }
}

const rank: Record<Role, number> = { viewer: 0, operator: 1, owner: 2 }

/** What a person may do with each printer they may see. Printers of a device that was removed are left out. */
export async function findRoles(
  db: Db | Tx,
  personId: string,
  printerId?: string,
): Promise<Map<string, Role>> {
  const rows = await db.printer.findMany({
    where: {
      ...visiblePrinter(personId),
      device: { revokedAt: null },
      ...(printerId !== undefined && { id: printerId }),
    },
    select: {
      id: true,
      organisation: { select: { members: { where: { userId: personId }, select: { role: true } } } },
      grants: { where: { personId }, select: { role: true } },
    },
  })
  return new Map(
    rows.map((row) => {
      const roles = [
        ...row.organisation.members.map((member) => roleOfMember(member.role)),
        ...row.grants.map((grant) => roleOfGrant(grant.role)),
      ]
      return [row.id, roles.reduce((best, role) => (rank[role] > rank[best] ? role : best), 'viewer')]
    }),
  )
}

/** A person's role at one printer; undefined where they may not see it, or it is not there. */
export async function findRole(db: Db | Tx, personId: string, printerId: string): Promise<Role | undefined> {
  return (await findRoles(db, personId, printerId)).get(printerId)
}

/**
 * Everybody who may see a printer: members of its organisation and those it is shared with. Who has more say comes
 * first; of the same say, whoever has been there for longer.
 */
export async function findViewers(db: Db | Tx, printerId: string): Promise<string[]> {
  const since = { orderBy: { createdAt: 'asc' } } as const
  const row = await db.printer.findUnique({
    where: { id: printerId },
    select: {
      organisation: { select: { members: { select: { userId: true, role: true }, ...since } } },
      grants: { select: { personId: true, role: true }, ...since },
    },
  })
  if (!row) return []
  const members = row.organisation.members.map(({ userId, role }) => ({
    id: userId,
    role: roleOfMember(role),
  }))
  const guests = row.grants.map(({ personId, role }) => ({ id: personId, role: roleOfGrant(role) }))
  const line = [...members, ...guests].toSorted((a, b) => rank[b.role] - rank[a.role])
  return [...new Set(line.map(({ id }) => id))]
}

/** The organisation plug-in's words for ours: its owners and admins own, its members operate. */
function roleOfMember(role: string): Role {
  return /\b(owner|admin)\b/.test(role) ? 'owner' : 'operator'
}

/** An unknown word gives the least. */
function roleOfGrant(role: string): Role {
  return role === 'owner' || role === 'operator' ? role : 'viewer'
}
