import type { IncomingHttpHeaders } from 'node:http'
import type { ApiProblem } from '@layerwatch/shared/api.ts'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { APIError } from 'better-auth/api'
import { hashPassword } from 'better-auth/crypto'
import { fromNodeHeaders } from 'better-auth/node'
import type { Logger } from 'pino'
import { z } from 'zod'
import { addressHeader, makeBetterAuth, passwordLength } from './auth/better-auth.ts'
import {
  forgetSetupToken,
  readSetupToken,
  refuseSignUp,
  type SignUpRefusal,
  setupTokenHeader,
} from './auth/sign-up.ts'
import type { CloudConfig } from './config.ts'
import type { Db, Tx } from './db/client.ts'
import { createOrganisation, hasPeople, lockSignUps, replacePassword } from './db/people.ts'

/** Accounts and sessions; better-auth does the work. */
export interface Auth {
  /** Answers one request below `/api/auth`; `address` is the client's. */
  handle(request: Request, address: string): Promise<Response>
  /** Who the session cookie in these headers belongs to. */
  personOf(headers: IncomingHttpHeaders): Promise<SignedInPerson | undefined>
  /** Makes an account whatever the rules for signing up say; throws RejectedError where a field is no good. */
  addPerson(account: { name: string; email: string; password: string }): Promise<void>
  /** Sets a new password and ends every session. False where nobody has that address. */
  resetPassword(email: string, password: string): Promise<boolean>
}

export interface SignedInPerson {
  personId: string
  name: string
  email: string
}

const sentences: Record<SignUpRefusal, string> = {
  closed: 'Signing up is closed here.',
  'has-owner': 'This Layerwatch has an owner already. Ask them for an account.',
  'wrong-token': 'This is not the set-up token that was shown at the first start.',
}

/** Thrown to roll a sign-up back; carries the answer. */
class SignUpRolledBack extends Error {
  readonly answer: Response

  constructor(answer: Response) {
    super('sign-up rolled back')
    this.answer = answer
  }
}

/** @param options.baseUrl where people open the page; https makes the cookie secure. */
export function makeAuth(options: {
  db: Db
  config: Pick<CloudConfig, 'signUp' | 'dataDir'>
  baseUrl: string
  secret: string
  log: Logger
}): Auth {
  const { db, config, baseUrl, secret, log } = options
  const on = (database: Db | Tx) => makeBetterAuth(database, { baseUrl, secret, log })
  const auth = on(db)
  // scrypt takes its time, and another sign-up may hold the lock.
  const patience = { maxWait: 10_000, timeout: 20_000 }

  async function refusalOf(request: Request, database: Db | Tx): Promise<Response | undefined> {
    const refusal = refuseSignUp({
      signUp: config.signUp,
      hasOwner: await hasPeople(database),
      setupToken: readSetupToken(config.dataDir),
      givenToken: request.headers.get(setupTokenHeader) ?? undefined,
    })
    return refusal && refuse(403, `sign-up-${refusal}`, sentences[refusal])
  }

  /** Account, session and organisation come into being together or not at all. */
  async function signUp(request: Request): Promise<Response> {
    // Who may not is turned away before anybody else has to wait; under the lock it counts.
    const early = await refusalOf(request, db)
    if (early) return early
    try {
      const answer = await db.$transaction(async (tx) => {
        await lockSignUps(tx)
        const refusal = await refusalOf(request, tx)
        if (refusal) throw new SignUpRolledBack(refusal)
        const response = await on(tx).handler(request)
        if (!response.ok) throw new SignUpRolledBack(response)
        const { user } = SignUpAnswer.parse(await response.clone().json())
        await createOrganisation(tx, user)
        return response
      }, patience)
      forgetSetupToken(config.dataDir)
      return answer
    } catch (error) {
      if (error instanceof SignUpRolledBack) return error.answer
      throw error
    }
  }

  return {
    async handle(request, address) {
      request.headers.set(addressHeader, address)
      const answer = isSignUp(request) ? await signUp(request) : await auth.handler(request)
      if (answer.status >= 500) throw new UnavailableError('accounts cannot be read')
      return answer
    },
    async personOf(headers) {
      if (!headers.cookie) return undefined
      const cookie = fromNodeHeaders({ cookie: headers.cookie })
      const found = await auth.api.getSession({ headers: cookie }).catch((cause: unknown) => {
        if (cause instanceof APIError && cause.statusCode < 500) return null
        // better-auth tells no broken database from a bug. Neither signs anybody out.
        throw new UnavailableError('sessions cannot be read', { cause })
      })
      if (!found) return undefined
      return { personId: found.user.id, name: found.user.name, email: found.user.email }
    },
    async addPerson(account) {
      await db.$transaction(async (tx) => {
        await lockSignUps(tx)
        const { user } = await on(tx)
          .api.signUpEmail({ body: account })
          .catch((cause: unknown) => {
            throw cause instanceof APIError ? new RejectedError(cause.message, { cause }) : cause
          })
        await createOrganisation(tx, user)
        await tx.session.deleteMany({ where: { userId: user.id } })
      }, patience)
      forgetSetupToken(config.dataDir)
    },
    async resetPassword(email, password) {
      if (password.length < passwordLength.min || password.length > passwordLength.max) {
        throw new RejectedError(`a password has ${passwordLength.min} to ${passwordLength.max} characters`)
      }
      return await replacePassword(db, email, await hashPassword(password))
    },
  }
}

const SignUpAnswer = z.looseObject({ user: z.looseObject({ id: z.string(), name: z.string() }) })

function isSignUp(request: Request): boolean {
  return new URL(request.url).pathname === '/api/auth/sign-up/email'
}

function refuse(status: number, code: string, message: string): Response {
  const problem: ApiProblem = { code, message }
  return Response.json(problem, { status })
}
