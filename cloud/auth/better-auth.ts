import { prismaAdapter } from 'better-auth/adapters/prisma'
import { APIError } from 'better-auth/api'
import { betterAuth } from 'better-auth/minimal'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Db, Tx } from '../db/client.ts'

/** Carries the client's address as Fastify saw it to better-auth; a client's own header of this name is dropped. */
export const addressHeader = 'x-layerwatch-address'

export const passwordLength = { min: 10, max: 128 } as const

export interface AuthSettings {
  baseUrl: string
  secret: string
  log: Logger
}

/** One line of text for people; it travels in commands and mails. */
const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u)
const PersonFields = z.looseObject({ name: PersonName.optional(), email: z.string().max(254).optional() })

/** better-auth on a database or inside a transaction of it. */
export function makeBetterAuth(db: Db | Tx, { baseUrl, secret, log }: AuthSettings) {
  return betterAuth({
    appName: 'Layerwatch',
    baseURL: baseUrl,
    basePath: '/api/auth',
    secret,
    database: prismaAdapter(db, { provider: 'postgresql' }),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
    },
    session: { expiresIn: 30 * 24 * 60 * 60, updateAge: 24 * 60 * 60 },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 120,
      customRules: {
        '/sign-in/email': { window: 60, max: 10 },
        '/sign-up/email': { window: 60, max: 10 },
        '/change-password': { window: 60, max: 10 },
      },
    },
    advanced: {
      cookiePrefix: 'layerwatch',
      useSecureCookies: baseUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    databaseHooks: {
      user: {
        create: { before: async (user) => checkPerson(user) },
        update: { before: async (user) => checkPerson(user) },
      },
    },
    telemetry: { enabled: false },
    // What is no answer of its own is ours to log and to answer; else it would go to the console.
    onAPIError: { throw: true },
    logger: {
      level: 'warn',
      log: (level, detail) => log[level === 'error' ? 'error' : 'warn']({ detail }, 'better-auth says'),
    },
  })
}

async function checkPerson<T>(fields: T): Promise<{ data: T }> {
  const parsed = PersonFields.safeParse(fields)
  if (!parsed.success) {
    throw new APIError('BAD_REQUEST', {
      code: 'invalid',
      message: 'Please give a name of up to 100 letters.',
    })
  }
  const { name } = parsed.data
  return { data: name === undefined ? fields : { ...fields, name } }
}
