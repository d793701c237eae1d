import { existsSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { answerUnknownRoute } from './problem.ts'

/**
 * Serves the page as it was built into a folder. Hashed assets are kept for ever, everything else is asked
 * anew; an address that is no file is one of the page's own and gets index.html. Without a built page there is
 * the API alone.
 */
export function addPage(app: FastifyInstance, dir: string): void {
  const root = resolve(dir)
  const assets = join(root, 'assets') + sep
  const isBuilt = existsSync(join(root, 'index.html'))
  if (isBuilt) {
    app.register(fastifyStatic, {
      root,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = path.startsWith(assets)
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets)(\/|\?|$)/.test(request.url)
    if (!isPage || !isBuilt) return answerUnknownRoute(request, reply)
    return reply.sendFile('index.html')
  })
}
