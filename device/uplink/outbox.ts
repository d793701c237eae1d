import { DatabaseSync } from 'node:sqlite'
import { transact } from '../thread/file-worker.ts'
import { countBytes, makeRoom } from './outbox-room.ts'
import { blob, count, number, schema, text } from './outbox-rows.ts'

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
/** What a row takes beside its content, its indexes included. */
const rowBytes = 160
const keptCommands = 10_000
const keptQuarantined = 200
/** Free this much at a time, so that not every event pays for the room it takes. */
const freeShare = 0.05

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
    if (options.maxPages) db.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`)
    db.prepare("INSERT OR IGNORE INTO meta VALUES ('stream', ?)").run(options.newId())
    const stream = text(db.prepare("SELECT value FROM meta WHERE key = 'stream'").get()?.value)
    const bytes = countBytes(db)
    return new Outbox(db, { ...options, stream, bytes })
  }

  /** Stores events in order, each with the next seq, with their pictures. All of them or, when it throws, none. */
  append(events: readonly NewEvent[]): void {
    const added = transact(this.#db, () => {
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
    const freed = transact(this.#db, () =>
      ['events', 'snapshots'].reduce((sum, table) => {
        const row = this.#db.prepare(`DELETE FROM ${table} WHERE id = ? RETURNING bytes`).get(id)
        return sum + (row ? number(row.bytes) : 0)
      }, 0),
    )
    this.#bytes -= freed
  }

  /** The cloud refused it: the row is set aside, so that what follows can go on. */
  quarantine(id: string, reason: string): void {
    transact(this.#db, () => {
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
    this.#bytes = countBytes(this.#db)
  }

  /** Remembers a command for ever; false where it was already obeyed. On the disk before it returns. */
  claimCommand(id: string): boolean {
    return transact(this.#db, () => {
      const { changes } = this.#db.prepare('INSERT OR IGNORE INTO commands (id) VALUES (?)').run(id)
      this.#db
        .prepare(`DELETE FROM commands WHERE number <= (SELECT max(number) FROM commands) - ${keptCommands}`)
        .run()
      return Number(changes) > 0
    })
  }

  /** The id and the last course of a printer, by its configured name; a new name gets a new id. */
  printer(name: string): PrinterRecord {
    return transact(this.#db, () => {
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
    const bytes = Buffer.byteLength(json) + rowBytes
    this.#db
      .prepare('INSERT INTO events (seq, id, type, json, bytes) VALUES (?, ?, ?, ?, ?)')
      .run(seq, id, type, json, bytes)
    if (!snapshot) return bytes
    const pictureBytes = snapshot.jpeg.length + rowBytes
    this.#db
      .prepare('INSERT INTO snapshots (id, seq, jpeg, bytes) VALUES (?, ?, ?, ?)')
      .run(snapshot.id, seq, snapshot.jpeg, pictureBytes)
    return bytes + pictureBytes
  }

  /** What was appended is stored, whatever becomes of this: on a disk that refuses, the next event tries again. */
  #makeRoom(): void {
    const targetBytes = this.#maxBytes * (1 - freeShare)
    const insert = (event: NewEvent) => this.#insert(event)
    try {
      transact(this.#db, () => makeRoom(this.#db, { targetBytes, newId: this.#newId, insert }))
      this.#bytes = countBytes(this.#db)
    } catch {
      // A caller told of it would store its events a second time, which their ids forbid: for ever.
    }
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
}
