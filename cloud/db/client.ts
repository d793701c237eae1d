import { PrismaPg } from '@prisma/adapter-pg'
import { Prisma, PrismaClient } from './generated/client.ts'

/** The database as query functions of `cloud/db` take it. Nothing outside this folder imports Prisma. */
export type Db = PrismaClient
/** Inside a transaction; a query that may run in one takes `Db | Tx`. */
export type Tx = Prisma.TransactionClient

/** For a column that holds JSON and is to be null. */
export const jsonNull = Prisma.DbNull

/** Opens a pool of connections; the first query connects. Close it before the embedded server stops. */
export function openDatabase(url: string, { poolSize = 10 } = {}): { db: Db; close: () => Promise<void> } {
  const adapter = new PrismaPg({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    // A query that hangs must not hold a connection for ever.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
  })
  const db = new PrismaClient({ adapter })
  return { db, close: () => db.$disconnect() }
}

/** True where a statement failed because a row with that key is there already. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}
