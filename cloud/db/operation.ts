import type { Db } from './client.ts'

/** How much there is of what an operator watches, over all tenants. */
export interface Workload {
  printers: ReadonlyMap<string, number>
  openIncidents: number
  openCommands: number
  /** Due and not yet sent. */
  waitingNotifications: number
  /** How long the oldest of them has been due. */
  oldestWaitingSeconds: number
}

export async function measureWorkload(db: Db, now: Date): Promise<Workload> {
  const due = { status: 'pending', nextTryAt: { lte: now } }
  const [states, openIncidents, openCommands, waiting] = await Promise.all([
    db.printer.groupBy({ by: ['state'], _count: true }),
    db.incident.count({ where: { resolvedAt: null } }),
    db.command.count({ where: { finishedAt: null } }),
    db.notification.aggregate({ where: due, _count: true, _min: { nextTryAt: true } }),
  ])
  const oldest = waiting._min.nextTryAt ?? now
  return {
    printers: new Map(states.map(({ state, _count }) => [state, _count])),
    openIncidents,
    openCommands,
    waitingNotifications: waiting._count,
    oldestWaitingSeconds: (now.getTime() - oldest.getTime()) / 1000,
  }
}

/** Rejects where the database does not answer. */
export async function askDatabase(db: Db): Promise<void> {
  await db.$queryRaw`SELECT 1`
}

/** Notifications that were given up since an instant, by what was said of them, the most frequent first. */
export async function listFailures(db: Db, since: Date): Promise<{ outcome: string; count: number }[]> {
  const groups = await db.notification.groupBy({
    by: ['outcome'],
    where: { status: 'failed', createdAt: { gte: since } },
    _count: true,
  })
  return groups
    .map(({ outcome, _count }) => ({ outcome: outcome ?? 'no reason given', count: _count }))
    .sort((one, other) => other.count - one.count)
}

/** Paired devices that said nothing since an instant, or whose certificate ends before another. */
export async function listNeglected(
  db: Db,
  { heardBefore, endsBefore }: { heardBefore: Date; endsBefore: Date },
): Promise<{ silent: string[]; ending: string[] }> {
  const devices = await db.device.findMany({ where: { revokedAt: null } })
  return {
    silent: devices
      .filter(({ heardAt, pairedAt }) => (heardAt ?? pairedAt) < heardBefore)
      .map(({ name }) => name),
    ending: devices.filter(({ certificateEndsAt }) => certificateEndsAt < endsBefore).map(({ name }) => name),
  }
}
