import { randomUUID } from 'node:crypto'
import type { Db } from '../../cloud/db/client.ts'
import { makeTenant, type Tenant } from './tenants.ts'

/** Somebody who is told by e-mail and on one browser. */
export async function makeSubscriber(db: Db): Promise<Tenant> {
  const tenant = await makeTenant(db)
  const { personId } = tenant
  const endpoint = `https://push.example.org/${personId}`
  await db.pushSubscription.create({ data: { id: randomUUID(), personId, endpoint, p256dh: '', auth: '' } })
  return tenant
}

/** What was written down to be told to somebody, in order, and how long it waits. */
export async function listTold(
  db: Db,
  { personId }: Tenant,
): Promise<{ kind: string; channel: string; title: string; waitMs: number }[]> {
  const rows = await db.notification.findMany({
    where: { personId },
    orderBy: [{ createdAt: 'asc' }, { channel: 'asc' }],
  })
  return rows.map(({ kind, channel, title, nextTryAt, createdAt }) => {
    return { kind, channel, title, waitMs: nextTryAt.getTime() - createdAt.getTime() }
  })
}
