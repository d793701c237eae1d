import type { FastifyRequest } from 'fastify'
import type { Auth } from '../auth.ts'
import { ApiRefusal } from './problem.ts'

/** Who is signed in. */
export interface Person {
  personId: string
  name: string
  email: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `buildApp`; read it through `requirePerson`. */
    auth: Auth | null
  }
}

/**
 * The person of the request's session cookie.
 * @throws ApiRefusal 401 where there is none or it ended.
 */
export async function requirePerson(request: FastifyRequest): Promise<Person> {
  const person = await request.auth?.personOf(request.headers)
  if (!person) throw new ApiRefusal(401, 'signed-out', 'Please sign in.')
  return person
}
