import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { NewEvent } from './outbox.ts'
import { count, number, text } from './outbox-rows.ts'

/** Dropped in this order; all else (incidents, commands' results, prints) stays. */
const droppable = ['snapshot', 'layer.judged'] as const
type Droppable = (typeof droppable)[number]

const GapRow = z.object({
  seq: z.number(),
  json: z.string().transform((json) => z.looseObject({ data: z.unknown() }).parse(JSON.parse(json))),
})
const GapData = z.object({
  fromSeq: z.number(),
  toSeq: z.number(),
  missing: z.record(z.string(), z.number()),
})
type GapData = z.infer<typeof GapData>

/** Bytes of everything that waits or was set aside. */
export function countBytes(db: DatabaseSync): number {
  return count(
    db.prepare(
      `SELECT (SELECT coalesce(sum(bytes), 0) FROM events) + (SELECT coalesce(sum(bytes), 0) FROM snapshots) AS n`,
    ),
  )
}

interface Room {
  targetBytes: number
  newId: () => string
  insert: (event: NewEvent) => void
}

/** Drops the oldest of what may be dropped, and says so in one `history.gap`. Runs within a transaction. */
export function makeRoom(db: DatabaseSync, room: Room): void {
  const dropped: { seq: number; what: string }[] = []
  for (const what of droppable) {
    const excess = countBytes(db) - room.targetBytes
    if (excess <= 0) break
    dropped.push(...dropOldest(db, what, excess).map((seq) => ({ seq, what })))
  }
  if (dropped.length > 0) recordGap(db, dropped, room)
}

function dropOldest(db: DatabaseSync, what: Droppable, bytesToFree: number): number[] {
  const [table, condition] = what === 'snapshot' ? ['snapshots', '1'] : ['events', `type = '${what}'`]
  const rows = db
    .prepare(
      `SELECT seq FROM (SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS upTo FROM ${table} WHERE ${condition})
       WHERE upTo - bytes < ?`,
    )
    .all(bytesToFree)
  const last = rows.at(-1)
  if (last) db.prepare(`DELETE FROM ${table} WHERE ${condition} AND seq <= ?`).run(number(last.seq))
  return rows.map((row) => number(row.seq))
}

/** Adds to the gap that was not yet sent, or makes one. */
function recordGap(
  db: DatabaseSync,
  dropped: readonly { seq: number; what: string }[],
  { newId, insert }: Room,
): void {
  const row = db
    .prepare("SELECT seq, json FROM events WHERE type = 'history.gap' AND isSent = 0 ORDER BY seq LIMIT 1")
    .get()
  const open = row ? GapRow.parse(row) : undefined
  const data = addToGap(open ? GapData.parse(open.json.data) : undefined, dropped)
  if (open) {
    const json = JSON.stringify({ ...open.json, data })
    db.prepare('UPDATE events SET json = ?, bytes = ? WHERE seq = ?').run(json, json.length, open.seq)
    return
  }
  const newest = db.prepare('SELECT json FROM events ORDER BY seq DESC LIMIT 1').get()
  const { boot, uptimeMs, at, clock } = z.looseObject({}).parse(JSON.parse(text(newest?.json ?? '{}')))
  insert({ id: newId(), type: 'history.gap', rest: { boot, uptimeMs, at, clock, data } })
}

function addToGap(gap: GapData | undefined, dropped: readonly { seq: number; what: string }[]): GapData {
  const missing = { ...gap?.missing }
  for (const { what } of dropped) missing[what] = (missing[what] ?? 0) + 1
  const seqs = dropped.map(({ seq }) => seq)
  return {
    fromSeq: Math.min(gap?.fromSeq ?? Number.MAX_SAFE_INTEGER, ...seqs),
    toSeq: Math.max(gap?.toSeq ?? 0, ...seqs),
    missing,
  }
}
