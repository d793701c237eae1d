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
