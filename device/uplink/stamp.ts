import { existsSync } from 'node:fs'

/** This run of the agent: commands name it, events carry it. */
export interface Boot {
  id: string
  /** Milliseconds since this run began, monotonic. */
  uptimeMs: () => number
}

/** When something happened, as every event and status says it. */
export interface Stamp {
  boot: string
  uptimeMs: number
  at: string
  clock: 'synced' | 'unsynced'
}

/** No agent was built before; a clock that says so was never set. */
const earliestMs = Date.UTC(2026, 0, 1)
/** Where systemd-timesyncd says that the clock was set from the network. */
const syncedMark = '/run/systemd/timesync/synchronized'
const timesyncFolder = '/run/systemd/timesync'

export function stamp(boot: Boot): Stamp {
  const nowMs = Date.now()
  const at = new Date(nowMs).toISOString()
  return { boot: boot.id, uptimeMs: Math.trunc(boot.uptimeMs()), at, clock: judgeClock(nowMs) }
}

function judgeClock(nowMs: number): Stamp['clock'] {
  if (nowMs < earliestMs) return 'unsynced'
  return existsSync(timesyncFolder) && !existsSync(syncedMark) ? 'unsynced' : 'synced'
}
