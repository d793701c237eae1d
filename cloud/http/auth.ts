import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addressHeader } from '../auth/better-auth.ts'
import type { Context } from './context.ts'

/** What better-auth may be asked, and nothing else of it. */
const routes = [
  ['POST', 'sign-up/email'],
  ['POST', 'sign-in/email'],
  ['POST', 'sign-out'],
  ['POST', 'change-password'],
  ['POST', 'update-user'],
  ['POST', 'revoke-other-sessions'],
  ['GET', 'get-session'],
] as const

/** Mounts better-auth at `/api/auth`. */
export function addAuthRoutes(app: FastifyInstance, context: Pick<Context, 'auth' | 'baseUrl'>): void {
  const { auth, baseUrl } = context
  for (const [method, path] of routes) {
    app.route({
      method,
      url: `/api/auth/${path}`,
      // better-auth knows none.
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const answer = await auth.handle(toRequest(request, baseUrl), request.ip)
        reply.code(answer.status)
        answer.headers.forEach((value, name) => {
          if (name !== 'set-cookie') reply.header(name, value)
        })
        const cookies = answer.headers.getSetCookie()
        if (cookies.length > 0) reply.header('set-cookie', cookies)
        return reply.send(answer.body ? await answer.text() : null)
      },
    })
  }
}

/** The request as better-auth takes it. The guards saw that its origin is ours, whichever name we were called by. */
function toRequest(request: FastifyRequest, baseUrl: string): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    const isOurs = name === addressHeader || name.startsWith('x-forwarded-')
    if (typeof value === 'string' && !isOurs) headers.set(name, value)
  }
  headers.set('origin', new URL(baseUrl).origin)
  headers.delete('content-length')
  headers.delete('referer')
  const body =
    request.body === undefined || request.body === null ? {} : { body: JSON.stringify(request.body) }
  return new Request(new URL(request.url, baseUrl), { method: request.method, headers, ...body })
}
