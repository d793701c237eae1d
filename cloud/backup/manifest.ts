import { z } from 'zod'

/** Paths a backup may hold, so that a restore writes nowhere else. */
const HeldPath = z.string().regex(/^(tables|keys|pictures)(\/(?!\.)[\w.-]+)+$|^broker-port$|^setup-token$/)

/** A file of a backup, its path from the backup's folder on. */
const HeldFile = z.strictObject({
  path: HeldPath,
  bytes: z.number().int().min(0),
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type HeldFile = z.infer<typeof HeldFile>

const Migration = z.strictObject({ name: z.string(), checksum: z.string() })

/** `manifest.json` of a backup; written last, so a folder that has one is whole. */
export const Manifest = z.strictObject({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** The server's version, for people: a backup is read by any. */
  postgres: z.string(),
  /** What had been applied, in order: a restore applies these, fills the tables, and then applies the rest. */
  migrations: z.array(Migration),
  /** In the order in which they can be filled. */
  tables: z.array(z.strictObject({ name: z.string(), rows: z.number().int().min(0) })),
  files: z.array(HeldFile),
})
export type Manifest = z.infer<typeof Manifest>

export const manifestName = 'manifest.json'

/** Where the rows of a table lie: JSON, one row a line, gzip. */
export function tablePath(table: string): string {
  return `tables/${table}.ndjson.gz`
}
