import pg from 'pg'
import { bookName } from '../db/migrate.ts'

/*
 * Tables as text, by PostgreSQL's own functions: what it writes as JSON it reads as JSON, also in another major
 * version (https://www.postgresql.org/docs/18/functions-json.html). No value passes through a JavaScript number.
 */

const rowsAtOnce = 500

/** Each table of the application, parents before those that refer to them. */
export async function listTables(client: pg.Client): Promise<string[]> {
  const tables = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname <> $1 ORDER BY relname`,
    [bookName],
  )
  const references = await client.query<Reference>(
    `SELECT child.relname AS child, parent.relname AS parent
     FROM pg_constraint one
     JOIN pg_class child ON child.oid = one.conrelid
     JOIN pg_class parent ON parent.oid = one.confrelid
     WHERE one.contype = 'f' AND one.connamespace = current_schema()::regnamespace`,
  )
  return orderByReferences(
    tables.rows.map(({ name }) => name),
    references.rows,
  )
}

export interface Reference {
  child: string
  parent: string
}

/**
 * Parents before children. Pure.
 * @throws Error where tables refer to each other in a circle.
 */
export function orderByReferences(tables: readonly string[], references: readonly Reference[]): string[] {
  const ordered: string[] = []
  let left = [...tables]
  while (left.length > 0) {
    const free = left.filter((table) =>
      references.every(({ child, parent }) => child !== table || parent === table || !left.includes(parent)),
    )
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${left.join(', ')}`)
    ordered.push(...free)
    left = left.filter((table) => !free.includes(table))
  }
  return ordered
}

/** The rows of a table, each a line of JSON, some at once. To be read inside a transaction. */
export function readRows(client: pg.Client, table: string): AsyncGenerator<string[]> {
  return readLines(client, `SELECT row_to_json(one)::text FROM ${pg.escapeIdentifier(table)} one`)
}

/** What a statement gives that selects one text, some rows at once. To be read inside a transaction. */
export async function* readLines(client: pg.Client, select: string): AsyncGenerator<string[]> {
  await client.query(`DECLARE backup_lines NO SCROLL CURSOR FOR ${select}`)
  for (;;) {
    const { rows } = await client.query<[string]>({
      text: `FETCH ${rowsAtOnce} FROM backup_lines`,
      rowMode: 'array',
    })
    if (rows.length === 0) break
    yield rows.map(([line]) => line)
  }
  await client.query('CLOSE backup_lines')
}

/** Fills a table from lines of JSON as `readRows` gave them; how many. */
export async function writeRows(
  client: pg.Client,
  table: string,
  lines: AsyncIterable<string>,
): Promise<number> {
  const name = pg.escapeIdentifier(table)
  const insert = `INSERT INTO ${name} SELECT * FROM json_populate_recordset(NULL::${name}, $1::json)`
  let waiting: string[] = []
  let written = 0
  const flush = async () => {
    await client.query(insert, [`[${waiting.join(',')}]`])
    written += waiting.length
    waiting = []
  }
  for await (const line of lines) {
    waiting.push(line)
    if (waiting.length === rowsAtOnce) await flush()
  }
  if (waiting.length > 0) await flush()
  return written
}

/** Whether any of the tables holds a row. */
export async function holdsRows(client: pg.Client): Promise<boolean> {
  for (const table of await listTables(client)) {
    const { rowCount } = await client.query(`SELECT 1 FROM ${pg.escapeIdentifier(table)} LIMIT 1`)
    if (rowCount) return true
  }
  return false
}
