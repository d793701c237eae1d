import type { PushSubscriptionRequest } from '@layerwatch/shared/api.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'

export type PushSubscriptionRow = Prisma.PushSubscriptionModel

/** Most browsers one person may be told on; the oldest makes room. */
const maxPerPerson = 20

/** Keeps where a person's browser is told. An endpoint belongs to whoever signed in there last. */
export async function putPushSubscription(
  db: Db,
  personId: string,
  { id, request }: { id: string; request: PushSubscriptionRequest },
): Promise<void> {
  const { endpoint, keys } = request
  const columns = { personId, p256dh: keys.p256dh, auth: keys.auth }
  await db.pushSubscription.upsert({
    where: { endpoint },
    create: { id, endpoint, ...columns },
    update: columns,
  })
  const rows = await findPushSubscriptions(db, personId)
  const surplus = rows.slice(maxPerPerson).map((row) => row.id)
  await db.pushSubscription.deleteMany({ where: { id: { in: surplus } } })
}

/** A person's browsers, newest first. */
export async function findPushSubscriptions(db: Db | Tx, personId: string): Promise<PushSubscriptionRow[]> {
  return db.pushSubscription.findMany({ where: { personId }, orderBy: { createdAt: 'desc' } })
}

/** The person's browser no longer wants to be told. */
export async function deletePushSubscription(db: Db, personId: string, endpoint: string): Promise<void> {
  await db.pushSubscription.deleteMany({ where: { personId, endpoint } })
}

/** The push service says that this browser is gone. */
export async function deleteGonePushSubscription(db: Db, id: string): Promise<void> {
  await db.pushSubscription.deleteMany({ where: { id } })
}
