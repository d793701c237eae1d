import { fileURLToPath } from 'node:url'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify'
import { addActRoutes } from './acts.ts'
import { addAuthRoutes } from './auth.ts'
import { addCommandRoutes } from './commands.ts'
import { addContactRoutes } from './contacts.ts'
import type { Context } from './context.ts'
import { addDeviceRoutes } from './devices.ts'
import { addRequestGuards } from './guards.ts'
import { addHealthRoutes } from './health.ts'
import { addIncidentRoutes } from './incidents.ts'
import { addLiveRoutes } from './live.ts'
import { addMeRoutes } from './me.ts'
import { addNotificationRoutes } from './notifications.ts'
import { addPage } from './page.ts'
import { addPairingRoutes } from './pairing.ts'
import { addPreferenceRoutes } from './preferences.ts'
import { addPrinterRoutes } from './printers.ts'
import { addPrintRoutes } from './prints.ts'
import { answerProblems, problemOf } from './problem.ts'
import { addPushRoutes } from './push.ts'
import { addSetupRoutes } from './setup.ts'
import { addSnapshotRoutes } from './snapshots.ts'

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
    // What Fastify refuses before any route is found, such as an address that is no address.
    frameworkErrors: (error: FastifyError, _request: unknown, reply: FastifyReply) => {
      const { status, problem } = problemOf(error)
      return reply.code(status).send(problem)
    },
  })
  app.decorateRequest('auth', null)
  app.addHook('onRequest', async (request) => {
    request.auth = auth
  })
  addRequestGuards(app, context.baseUrl)
  answerProblems(app)
  addHealthRoutes(app, context)
  addAuthRoutes(app, context)
  addSetupRoutes(app, context)
  addMeRoutes(app, context)
  addPairingRoutes(app, context)
  addDeviceRoutes(app, context)
  addPrinterRoutes(app, context)
  addPrintRoutes(app, context)
  addIncidentRoutes(app, context)
  addSnapshotRoutes(app, context)
  addCommandRoutes(app, context)
  addLiveRoutes(app, context)
  addPushRoutes(app, context)
  addContactRoutes(app, context)
  addPreferenceRoutes(app, context)
  addNotificationRoutes(app, context)
  addActRoutes(app, context)
  addPage(app, pageDir)
  return app
}
