import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiRefusal } from './problem.ts'

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Security headers on every answer; same origin and JSON alone for every request that changes something. */
export function addRequestGuards(app: FastifyInstance, baseUrl: string): void {
  const isHttps = baseUrl.startsWith('https:')
  app.addHook('onSend', async (request, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cross-origin-opener-policy', 'same-origin')
    reply.header('cross-origin-resource-policy', 'same-origin')
    reply.header('permissions-policy', 'camera=(), microphone=(), geolocation=()')
    if (isHttps) reply.header('strict-transport-security', 'max-age=31536000')
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) {
      reply.header('cache-control', 'no-store')
    }
  })
  app.addHook('onRequest', async (request) => {
    if (!isReading(request.method) && !isSameOrigin(request, new URL(baseUrl).origin)) {
      throw new ApiRefusal(403, 'foreign-origin', 'This request came from another site.')
    }
  })
  // Only JSON: a form of another site can't send it.
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parseJson(request, String(body), done)
  })
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/**
 * Every browser says on a changing request where it comes from. A program that says nothing has no cookie of
 * a person who is browsing, so it is let through.
 */
function isSameOrigin(request: FastifyRequest, baseOrigin: string): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin } = request.headers
  if (origin === undefined || origin === baseOrigin) return true
  return URL.canParse(origin) && new URL(origin).host === request.host
}
