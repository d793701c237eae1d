import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import type { Context } from './context.ts'

/** The operator's own server, on a port of its own: `/metrics` in Prometheus' text format, nothing else. */
export function buildMetricsApp(registry: Registry, { log }: Pick<Context, 'log'>): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = log
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  })
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', registry.contentType)
    return await registry.metrics()
  })
  app.setErrorHandler((error, request, reply) => {
    request.log.error({ err: error }, 'metrics not collected')
    return reply.code(503).type('text/plain').send('not to be had just now\n')
  })
  return app
}
