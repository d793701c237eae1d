import type { SQLOutputValue } from 'node:sqlite'

/** The tables of the outbox, and how their values are read. */
export const schema = `
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

/** The number `n` that a statement selects. */
export function count(statement: { get(): Record<string, SQLOutputValue> | undefined }): number {
  return number(statement.get()?.n)
}

export function number(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('the outbox holds something else than a number')
  return value
}

export function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('the outbox holds something else than text')
  return value
}

export function blob(value: SQLOutputValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('the outbox holds something else than bytes')
  return value
}
