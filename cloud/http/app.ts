import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { addAuthRoutes } from './auth.ts'
import type { Context } from './context.ts'
import { addDeviceRoutes } from './devices.ts'
import { addRequestGuards } from './guards.ts'
import { addMeRoutes } from './me.ts'
import { addPairingRoutes } from './pairing.ts'
import { answerProblems, answerUnknownRoute } from './problem.ts'
import { addSetupRoutes } from './setup.ts'

/** The page as Vite built it. */
const pageDir = fileURLToPath(new URL('../web/dist', import.meta.url))

/** Builds the whole API and the page; never listens. */
export function buildApp(context: Context): FastifyInstance {
  const { auth, config } = context
  const loggerInstance: FastifyBaseLogger = context.log
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    forceCloseConnections: true,
  })
  app.decorateRequest('auth', null)
  app.addHook('onRequest', async (request) => {
    request.auth = auth
  })
  addRequestGuards(app, context.baseUrl)
  answerProblems(app)
  addAuthRoutes(app, context)
  addSetupRoutes(app, context)
  addMeRoutes(app, context)
  addPairingRoutes(app, context)
  addDeviceRoutes(app, context)
  addPage(app)
  return app
}

/** Static files with a fall-back to the page: hashed assets are kept for ever, everything else is asked anew. */
function addPage(app: FastifyInstance): void {
  const isBuilt = existsSync(`${pageDir}/index.html`)
  if (isBuilt) {
    app.register(fastifyStatic, {
      root: pageDir,
      setHeaders: (reply, path) => {
        const isHashed = path.startsWith(`${pageDir}/assets/`)
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
