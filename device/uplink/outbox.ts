import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'

/*
 * What happened and was not yet acknowledged by the cloud, in one SQLite file; with it the few things that must
 * survive a restart: the printers' ids, the prints they run, and the commands that were obeyed. Every method is
 * one transaction that is on the disk when it returns (WAL, synchronous=FULL). It runs in a thread of its own,
 * see `outbox-thread.ts`, because a slow card must not stop the watching.
 */

/** An event's envelope but for what the outbox itself gives it. */
export interface NewEvent {
  id: string
  type: string
  printerId?: string | undefined
  printId?: string | undefined
  /** The rest of the envelope, see `shared/events.ts`: boot, uptimeMs, at, clock, data. */
  rest: Record<string, unknown>
  /** The picture of a `snapshot.taken`. */
  snapshot?: { id: string; jpeg: Uint8Array } | undefined
}

/** Something to send: an event as JSON or a picture, in `order`. */
export type OutgoingRow = { order: number; id: string } & (
  | { kind: 'event'; json: string }
  | { kind: 'snapshot'; jpeg: Uint8Array }
)

export interface PrinterRecord {
  printerId: string
  /** JSON of the printer's course; see `assess/prints.ts`. */
  course: string | undefined
}

export interface OutboxFigures {
  stream: string
  pending: number
  quarantined: number
  bytes: number
}

interface OutboxOptions {
  file: string
  newId: () => string
  maxBytes?: number
  /** For a test of the full disk. */
  maxPages?: number
}

const defaultMaxBytes = 200 * 1024 * 1024
const pageBytes = 4096
const keptCommands = 10_000
const keptQuarantined = 200
/** Dropped in this order; all else (incidents, commands' results, prints) stays. */
const droppable = ['snapshot', 'layer.judged'] as const
/** Free this much at a time, so that not every event pays for the room it takes. */
const freeShare = 0.05

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, json TEXT NOT NULL,
    bytes INTEGER NOT NULL, isSent INTEGER NOT NULL DEFAULT 0, rejected TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshots (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, jpeg BLOB NOT NULL, bytes INTEGER NOT NULL, rejected TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS snapshotsBySeq ON snapshots (seq);
  CREATE TABLE IF NOT EXISTS commands (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS printers (name TEXT PRIMARY KEY, printerId TEXT NOT NULL, course TEXT) STRICT;
`

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

export class Outbox {
  readonly #db: DatabaseSync
  readonly #newId: () => string
  readonly #maxBytes: number
  readonly #stream: string
  #bytes: number

  private constructor(db: DatabaseSync, options: OutboxOptions & { stream: string; bytes: number }) {
    this.#db = db
    this.#newId = options.newId
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes
    this.#stream = options.stream
    this.#bytes = options.bytes
  }

  static open(options: OutboxOptions): Outbox {
    const db = new DatabaseSync(options.file)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000')
    db.exec(schema)
    const maxPages = options.maxPages ?? Math.ceil(((options.maxBytes ?? defaultMaxBytes) * 1.5) / pageBytes)
    db.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`)
    db.prepare("INSERT OR IGNORE INTO meta VALUES ('stream', ?)").run(options.newId())
    const stream = text(db.prepare("SELECT value FROM meta WHERE key = 'stream'").get()?.value)
    const bytes = count(
      db.prepare(
        `SELECT (SELECT coalesce(sum(bytes), 0) FROM events) + (SELECT coalesce(sum(bytes), 0) FROM snapshots) AS n`,
      ),
    )
    return new Outbox(db, { ...options, stream, bytes })
  }

  /** Stores events in order, each with the next seq, with their pictures. All of them or, when it throws, none. */
  append(events: readonly NewEvent[]): void {
    const added = this.#transact(() => {
      const sizes = events.map((event) => this.#insert(event))
      return sizes.reduce((sum, size) => sum + size, 0)
    })
    this.#bytes += added
    if (this.#bytes > this.#maxBytes) this.#makeRoom()
  }

  /** The oldest rows after `order` that are still to be sent. */
  pending(afterOrder: number, limit: number): OutgoingRow[] {
    const afterSeq = Math.floor(afterOrder / 2)
    const events = this.#db
      .prepare(
        'SELECT seq, id, json FROM events WHERE seq * 2 > ? AND seq >= ? AND rejected IS NULL ORDER BY seq LIMIT ?',
      )
      .all(afterOrder, afterSeq, limit)
      .map(
        (row): OutgoingRow => ({
          order: number(row.seq) * 2,
          id: text(row.id),
          kind: 'event',
          json: text(row.json),
        }),
      )
    const lastSeq =
      events.length === limit ? Math.floor((events.at(-1)?.order ?? 0) / 2) : Number.MAX_SAFE_INTEGER
    const snapshots = this.#db
      .prepare(
        `SELECT seq, id, jpeg FROM snapshots WHERE seq * 2 + 1 > ? AND seq BETWEEN ? AND ? AND rejected IS NULL
         ORDER BY seq LIMIT ?`,
      )
      .all(afterOrder, afterSeq, lastSeq, limit)
      .map(
        (row): OutgoingRow => ({
          order: number(row.seq) * 2 + 1,
          id: text(row.id),
          kind: 'snapshot',
          jpeg: blob(row.jpeg),
        }),
      )
    const rows = [...events, ...snapshots].sort((a, b) => a.order - b.order).slice(0, limit)
    this.#markSent(rows)
    return rows
  }

  /** The cloud has it: the row goes. */
  acknowledge(id: string): void {
    const freed = this.#transact(() =>
      ['events', 'snapshots'].reduce((sum, table) => {
        const row = this.#db.prepare(`DELETE FROM ${table} WHERE id = ? RETURNING bytes`).get(id)
        return sum + (row ? number(row.bytes) : 0)
      }, 0),
    )
    this.#bytes -= freed
  }

  /** The cloud refused it: the row is set aside, so that what follows can go on. */
  quarantine(id: string, reason: string): void {
    this.#transact(() => {
      for (const table of ['events', 'snapshots']) {
        this.#db.prepare(`UPDATE ${table} SET rejected = ? WHERE id = ?`).run(reason, id)
        this.#db
          .prepare(
            `DELETE FROM ${table} WHERE rejected IS NOT NULL AND seq <= coalesce((SELECT seq FROM ${table}
             WHERE rejected IS NOT NULL ORDER BY seq DESC LIMIT 1 OFFSET ${keptQuarantined}), -1)`,
          )
          .run()
      }
    })
    this.#bytes = this.#countBytes()
  }

  /** Remembers a command for ever; false where it was already obeyed. On the disk before it returns. */
  claimCommand(id: string): boolean {
    return this.#transact(() => {
      const { changes } = this.#db.prepare('INSERT OR IGNORE INTO commands (id) VALUES (?)').run(id)
      this.#db
        .prepare(`DELETE FROM commands WHERE number <= (SELECT max(number) FROM commands) - ${keptCommands}`)
        .run()
      return Number(changes) > 0
    })
  }

  /** The id and the last course of a printer, by its configured name; a new name gets a new id. */
  printer(name: string): PrinterRecord {
    return this.#transact(() => {
      this.#db
        .prepare('INSERT OR IGNORE INTO printers (name, printerId) VALUES (?, ?)')
        .run(name, this.#newId())
      const row = this.#db.prepare('SELECT printerId, course FROM printers WHERE name = ?').get(name)
      const course = row?.course
      return { printerId: text(row?.printerId), course: typeof course === 'string' ? course : undefined }
    })
  }

  saveCourse(printerId: string, course: string): void {
    this.#db.prepare('UPDATE printers SET course = ? WHERE printerId = ?').run(course, printerId)
  }

  figures(): OutboxFigures {
    const n = (sql: string) => count(this.#db.prepare(`SELECT ${sql} AS n`))
    const both = (condition: string) =>
      n(
        `(SELECT count(*) FROM events WHERE ${condition}) + (SELECT count(*) FROM snapshots WHERE ${condition})`,
      )
    return {
      stream: this.#stream,
      pending: both('rejected IS NULL'),
      quarantined: both('rejected IS NOT NULL'),
      bytes: this.#bytes,
    }
  }

  close(): void {
    this.#db.close()
  }

  #insert({ id, type, printerId, printId, rest, snapshot }: NewEvent): number {
    const seq = this.#nextSeq()
    const json = JSON.stringify({ id, type, stream: this.#stream, seq, printerId, printId, ...rest })
    this.#db
      .prepare('INSERT INTO events (seq, id, type, json, bytes) VALUES (?, ?, ?, ?, ?)')
      .run(seq, id, type, json, json.length)
    if (!snapshot) return json.length
    this.#db
      .prepare('INSERT INTO snapshots (id, seq, jpeg, bytes) VALUES (?, ?, ?, ?)')
      .run(snapshot.id, seq, snapshot.jpeg, snapshot.jpeg.length)
    return json.length + snapshot.jpeg.length
  }

  /** Gapless: `sqlite_sequence` never goes back, and is undone with a transaction that failed. */
  #nextSeq(): number {
    return count(
      this.#db.prepare(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) + 1 AS n",
      ),
    )
  }

  #markSent(rows: readonly OutgoingRow[]): void {
    const gaps = rows.filter((row) => row.kind === 'event' && row.json.includes('"history.gap"'))
    for (const { id } of gaps) this.#db.prepare('UPDATE events SET isSent = 1 WHERE id = ?').run(id)
  }

  /** Drops the oldest of what may be dropped, and says so in one `history.gap`. */
  #makeRoom(): void {
    const target = this.#maxBytes * (1 - freeShare)
    this.#transact(() => {
      const dropped: { seq: number; what: string }[] = []
      for (const what of droppable) {
        if (this.#countBytes() <= target) break
        dropped.push(...this.#dropOldest(what, this.#countBytes() - target).map((seq) => ({ seq, what })))
      }
      if (dropped.length > 0) this.#recordGap(dropped)
    })
    this.#bytes = this.#countBytes()
  }

  #dropOldest(what: (typeof droppable)[number], bytesToFree: number): number[] {
    const [table, condition] = what === 'snapshot' ? ['snapshots', '1'] : ['events', `type = '${what}'`]
    const rows = this.#db
      .prepare(
        `SELECT seq FROM (SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS upTo FROM ${table} WHERE ${condition})
         WHERE upTo - bytes < ?`,
      )
      .all(bytesToFree)
    const last = rows.at(-1)
    if (last) this.#db.prepare(`DELETE FROM ${table} WHERE ${condition} AND seq <= ?`).run(number(last.seq))
    return rows.map((row) => number(row.seq))
  }

  /** Adds to the gap that was not yet sent, or makes one. */
  #recordGap(dropped: readonly { seq: number; what: string }[]): void {
    const row = this.#db
      .prepare("SELECT seq, json FROM events WHERE type = 'history.gap' AND isSent = 0 ORDER BY seq LIMIT 1")
      .get()
    const open = row ? GapRow.parse(row) : undefined
    const data = addToGap(open ? GapData.parse(open.json.data) : undefined, dropped)
    if (open) {
      const json = JSON.stringify({ ...open.json, data })
      this.#db.prepare('UPDATE events SET json = ?, bytes = ? WHERE seq = ?').run(json, json.length, open.seq)
      return
    }
    const newest = this.#db.prepare('SELECT json FROM events ORDER BY seq DESC LIMIT 1').get()
    const { boot, uptimeMs, at, clock } = z.looseObject({}).parse(JSON.parse(text(newest?.json ?? '{}')))
    this.#insert({ id: this.#newId(), type: 'history.gap', rest: { boot, uptimeMs, at, clock, data } })
  }

  #countBytes(): number {
    return count(
      this.#db.prepare(
        `SELECT (SELECT coalesce(sum(bytes), 0) FROM events) + (SELECT coalesce(sum(bytes), 0) FROM snapshots) AS n`,
      ),
    )
  }

  #transact<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk may have rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
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

function count(statement: { get(): Record<string, SQLOutputValue> | undefined }): number {
  return number(statement.get()?.n)
}

function number(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('the outbox holds something else than a number')
  return value
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('the outbox holds something else than text')
  return value
}

function blob(value: SQLOutputValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('the outbox holds something else than bytes')
  return value
}
