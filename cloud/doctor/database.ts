import type { Db } from '../db/client.ts'
import { listFailures, listNeglected, measureWorkload } from '../db/operation.ts'
import { advise, complain, type Finding, fine } from './finding.ts'

/* What the database tells of how the installation does. */

const minuteMs = 60_000
const dayMs = 24 * 3600_000
/** A queue that is worked on is empty within seconds. */
const stuckAfterSeconds = 600

/** Whether notifications go out. */
export async function checkNotifications(db: Db, now: Date): Promise<Finding[]> {
  const load = await measureWorkload(db, now)
  const failures = await listFailures(db, new Date(now.getTime() - dayMs))
  const waiting = `${load.waitingNotifications} notifications wait, the oldest for ${Math.round(load.oldestWaitingSeconds / 60)} min`
  const queue =
    load.oldestWaitingSeconds > stuckAfterSeconds
      ? complain('queue', waiting, 'start the cloud; where it runs, see its log')
      : fine('queue', 'no notification is stuck')
  if (failures.length === 0) return [queue, fine('delivery', 'none was given up within a day')]
  const told = failures.slice(0, 3).map(({ outcome, count }) => `${count} × ${outcome}`)
  const words = `given up within a day: ${told.join('; ')}`
  return [queue, advise('delivery', words, 'each person can test a channel under You, Notifications')]
}

/** Whether devices are there and stay trusted. */
export async function checkDevices(db: Db, now: Date): Promise<Finding[]> {
  const { silent, ending } = await listNeglected(db, {
    heardBefore: new Date(now.getTime() - dayMs),
    endsBefore: new Date(now.getTime() + 90 * dayMs),
  })
  const findings = [
    silent.length === 0
      ? fine('devices', 'every device was heard within a day')
      : advise(
          'devices',
          `not heard for a day: ${silent.join(', ')}`,
          'see whether they run, or remove them on the page',
        ),
  ]
  if (ending.length === 0) return findings
  const words = `certificates that end within 90 days: ${ending.join(', ')}`
  return [...findings, complain('certificates', words, 'pair these devices again')]
}

/** Whether the clock of this machine goes as the database's does. */
export async function checkClock(db: Db): Promise<Finding> {
  const before = Date.now()
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
  const apartMs = Math.abs((row?.now.getTime() ?? 0) - before)
  if (apartMs < minuteMs) return fine('clock', 'this machine and the database agree')
  const words = `this machine and the database are ${Math.round(apartMs / 1000)} s apart`
  return complain('clock', words, 'let both set their clocks by NTP')
}
