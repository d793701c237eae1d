import type { ContactKind, ContactView, LastNotice } from '@layerwatch/shared/notify.ts'
import type { Db } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { toJson } from './json.ts'

export type ContactRow = Prisma.ContactModel

/** Keeps where a person is told; replaces the one of its kind. */
export async function putContact(
  db: Db,
  personId: string,
  contact: { id: string; kind: ContactKind; label: string; settings: object; at: Date },
): Promise<void> {
  const { id, kind, label, at } = contact
  const columns = { label, settings: toJson(contact.settings), createdAt: at }
  await db.contact.upsert({
    where: { personId_kind: { personId, kind } },
    create: { id, personId, kind, ...columns },
    update: columns,
  })
}

/** The settings of one of a person's contacts as they are stored; undefined where there is none. */
export async function findContactSettings(db: Db, personId: string, kind: ContactKind): Promise<unknown> {
  const row = await db.contact.findUnique({ where: { personId_kind: { personId, kind } } })
  return row?.settings
}

/** Contacts whose settings an earlier version left open. */
export async function findUnsealedContacts(db: Db): Promise<ContactRow[]> {
  return db.$queryRaw<ContactRow[]>`
    SELECT * FROM "Contact" WHERE "kind" <> 'telegram' AND NOT jsonb_exists("settings", 'sealed')`
}

/** Replaces a contact's settings, if they are still what they were. */
export async function replaceSettings(
  db: Db,
  id: string,
  { from, to }: { from: object; to: object },
): Promise<boolean> {
  const where = { id, settings: { equals: toJson(from) } }
  return (await db.contact.updateMany({ where, data: { settings: toJson(to) } })).count > 0
}

/** A person's contacts, the oldest first. */
export async function findContacts(db: Db, personId: string): Promise<ContactRow[]> {
  return db.contact.findMany({ where: { personId }, orderBy: { createdAt: 'asc' } })
}

/** False where there was none. */
export async function deleteContact(db: Db, personId: string, kind: ContactKind): Promise<boolean> {
  const { count } = await db.contact.deleteMany({ where: { personId, kind } })
  return count > 0
}

/** How a person's newest notification on each channel went. */
export async function findLastNotices(db: Db, personId: string): Promise<Map<string, LastNotice>> {
  const rows = await db.notification.findMany({
    where: { personId, tries: { gt: 0 }, status: { not: 'dropped' } },
    distinct: ['channel'],
    orderBy: { createdAt: 'desc' },
    select: { channel: true, createdAt: true, sentAt: true, status: true, outcome: true },
  })
  return new Map(
    rows.map(({ channel, createdAt, sentAt, status, outcome }) => [
      channel,
      {
        at: (sentAt ?? createdAt).toISOString(),
        status: status === 'sent' || status === 'failed' ? status : 'pending',
        ...(outcome && { detail: outcome }),
      },
    ]),
  )
}

/** A contact as its person may see it. */
export function viewContact(row: ContactRow, kind: ContactKind, last: LastNotice | undefined): ContactView {
  return { kind, label: row.label, connectedAt: row.createdAt.toISOString(), ...(last && { last }) }
}

/** Keeps a new code (its hash) for a person; a former one is void. */
export async function putContactCode(
  db: Db,
  personId: string,
  { codeHash, expiresAt }: { codeHash: string; expiresAt: Date },
): Promise<void> {
  const columns = { codeHash, expiresAt }
  await db.contactCode.upsert({ where: { personId }, create: { personId, ...columns }, update: columns })
}

/** Uses a code up; whose it was, or undefined where there is none or it ran out. */
export async function takeContactCode(
  db: Db,
  { codeHash, now }: { codeHash: string; now: Date },
): Promise<string | undefined> {
  return db.$transaction(async (tx) => {
    const row = await tx.contactCode.findUnique({ where: { codeHash } })
    const { count } = await tx.contactCode.deleteMany({ where: { codeHash, expiresAt: { gt: now } } })
    return count > 0 ? row?.personId : undefined
  })
}

/** Ends a Telegram chat, whosever it is: asked for in that very chat. */
export async function deleteChat(db: Db, chatId: number): Promise<void> {
  await db.contact.deleteMany({
    where: { kind: 'telegram', settings: { path: ['chatId'], equals: chatId } },
  })
}
