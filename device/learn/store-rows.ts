import type { SQLOutputValue } from 'node:sqlite'
import type { z } from 'zod'
import { type Step, unpackSteps } from './steps.ts'

/** The tables of what is learned from, and how their values are read. */
export const schema = `
  CREATE TABLE IF NOT EXISTS prints (
    number INTEGER PRIMARY KEY AUTOINCREMENT, printId TEXT NOT NULL UNIQUE, printerId TEXT NOT NULL,
    basis TEXT NOT NULL, modelSha256 TEXT NOT NULL, beganAt INTEGER NOT NULL, outcome TEXT, alarmedAtLayer INTEGER,
    bytes INTEGER NOT NULL DEFAULT 0, hasTaught INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS printsByPrinter ON prints (printerId, basis);
  CREATE TABLE IF NOT EXISTS chunks (
    printId TEXT NOT NULL, number INTEGER NOT NULL, steps BLOB NOT NULL, PRIMARY KEY (printId, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS marks (
    printId TEXT PRIMARY KEY, printerId TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tunings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, printerId TEXT NOT NULL, basis TEXT NOT NULL, learnedAt INTEGER NOT NULL,
    json TEXT NOT NULL, undoneBy TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS baselines (
    printerId TEXT NOT NULL, basis TEXT NOT NULL, camera TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (printerId, basis, camera)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`

/** The steps of a chunk; undefined where it is damaged. */
export function tryUnpack(chunk: Uint8Array): Step[] | undefined {
  try {
    return unpackSteps(chunk)
  } catch {
    return undefined
  }
}

/** What a column's JSON says; undefined where it is none of ours. */
export function parseJson<T>(shape: z.ZodType<T>, value: SQLOutputValue | undefined): T | undefined {
  if (typeof value !== 'string') return undefined
  try {
    return shape.safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}
