import { PrismaPg } from '@prisma/adapter-pg'
import { z } from 'zod'
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

/** No connection, none free in time, or a transaction that could not go on: https://www.prisma.io/docs/orm/reference/error-reference */
const awayCodes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']
const socketCodes = [
  'EPIPE',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]
/** pg gives no code to what it says of a broken connection: its lib/client.js and pg-pool's index.js. */
const brokenConnection =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed)/

const CodedError = z.object({
  code: z.string(),
  meta: z
    .object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) })
    .optional()
    .catch(undefined),
})

/** True where the database cannot be asked just now, and a later try may succeed. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { data } = CodedError.safeParse(error)
  if (!data)
    return error instanceof Prisma.PrismaClientInitializationError || brokenConnection.test(error.message)
  const state = data.meta?.driverAdapterError.cause.originalCode ?? ''
  // Classes 08 (connection), 53 (out of room) and 57 (shut down by its operator, or stopped as too slow).
  return awayCodes.includes(data.code) || socketCodes.includes(data.code) || /^(08|53|57)/.test(state)
}
