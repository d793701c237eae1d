import type { ApiProblem } from '@layerwatch/shared/api.ts'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isDatabaseAway } from '../db/client.ts'

type Problems = NonNullable<ApiProblem['problems']>

/** A request that is understood and refused; becomes an `ApiProblem` with this status. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  readonly status: number
  /** For programs, such as `unknown-printer`. */
  readonly code: string
  readonly problems: Problems | undefined

  /** @param message one sentence for people; it is shown as it is. */
  constructor(
    status: number,
    code: string,
    message: string,
    options: ErrorOptions & { problems?: Problems } = {},
  ) {
    super(message, options)
    this.status = status
    this.code = code
    this.problems = options.problems
  }
}

/** What is not there, or belongs to somebody else: nobody can tell which. */
export function notFound(what: string): ApiRefusal {
  return new ApiRefusal(404, 'not-found', `There is no such ${what}.`)
}

/** Makes every error an `ApiProblem` and every unknown route below /api a 404 as JSON; never a stack trace. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, problem } = problemOf(error)
    if (status >= 500) request.log.error({ err: error, path: request.routeOptions.url }, 'request failed')
    return reply.code(status).send(problem)
  })
}

/** The 404 of `/api`. */
export function answerUnknownRoute(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem: ApiProblem = { code: 'unknown-route', message: 'There is no such address.' }
  return reply.code(404).send(problem)
}

const HttpError = z.looseObject({ statusCode: z.number().int().min(400).max(499), message: z.string() })

/** The status and body that answer an error. */
export function problemOf(error: unknown): { status: number; problem: ApiProblem } {
  if (error instanceof ApiRefusal) {
    const { status, code, message, problems } = error
    return { status, problem: { code, message, ...(problems && { problems }) } }
  }
  if (error instanceof z.ZodError) {
    const problems = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    return { status: 400, problem: { code: 'invalid', message: 'The request has mistakes.', problems } }
  }
  if (error instanceof RejectedError)
    return { status: 409, problem: { code: 'refused', message: error.message } }
  if (error instanceof UnavailableError || isDatabaseAway(error)) {
    return { status: 503, problem: { code: 'unavailable', message: 'Not possible just now; try again.' } }
  }
  // Fastify's own: a body too large, not JSON, a wrong content type, too many requests.
  const http = HttpError.safeParse(error)
  if (http.success) {
    const { statusCode, message } = http.data
    return { status: statusCode, problem: { code: `http-${statusCode}`, message } }
  }
  return { status: 500, problem: { code: 'failed', message: 'Something went wrong here; it is in the log.' } }
}
