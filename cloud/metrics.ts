import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Db } from './db/client.ts'
import { measureWorkload, type Workload } from './db/operation.ts'
import type { Uplink } from './mqtt.ts'
import type { Presence } from './presence.ts'

interface Watched {
  db: Db
  presence: Presence
  uplink: Uplink
}

/**
 * What an operator's Prometheus reads, named by its rules (https://prometheus.io/docs/practices/naming/): of this
 * process its own figures, of the installation what the database says at the moment of reading. No label names a
 * person, a device or a printer.
 */
export function makeMetrics({ db, presence, uplink }: Watched): Registry {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  addUplink(registers, uplink)
  new Gauge({
    name: 'layerwatch_devices_present',
    help: 'Devices heard within 40 s by this process',
    registers,
    collect() {
      this.set(presence.listPresent().length)
    },
  })
  addWorkload(registers, db)
  return registry
}

function addUplink(registers: Registry[], uplink: Uplink): void {
  new Gauge({
    name: 'layerwatch_broker_subscribed',
    help: '1 while what devices send comes in',
    registers,
    collect() {
      this.set(uplink.isSubscribed() ? 1 : 0)
    },
  })
  new Counter({
    name: 'layerwatch_device_messages_total',
    help: 'Messages from devices by what became of them: taken, malformed (dropped), failed (sent again by the device)',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(uplink.counts())) this.inc({ outcome }, count)
    },
  })
}

function addWorkload(registers: Registry[], db: Db): void {
  // One reading asks the database once: all gauges of it begin to collect before any is done.
  let asked: Promise<Workload> | undefined
  const measure = () => {
    asked ??= measureWorkload(db, new Date()).finally(() => {
      asked = undefined
    })
    return asked
  }
  const add = (name: string, help: string, figureOf: (load: Workload) => number) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(figureOf(await measure()))
      },
    })
  new Gauge({
    name: 'layerwatch_printers',
    help: 'Printers by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const { printers } = await measure()
      this.reset()
      for (const [state, count] of printers) this.set({ state }, count)
    },
  })
  add('layerwatch_incidents_open', 'Incidents nobody has resolved', (load) => load.openIncidents)
  add('layerwatch_commands_open', 'Commands without an end yet', (load) => load.openCommands)
  add(
    'layerwatch_notifications_waiting',
    'Notifications that are due and not yet sent',
    (load) => load.waitingNotifications,
  )
  add(
    'layerwatch_notifications_oldest_seconds',
    'How long the oldest of these has been due',
    (load) => load.oldestWaitingSeconds,
  )
}

/** Counts how long each route takes, by its pattern. */
export function timeRequests(app: FastifyInstance, registry: Registry): void {
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const labels = { method, route: routeOptions.url ?? 'unknown', status: reply.statusCode }
    seconds.observe(labels, reply.elapsedTime / 1000)
  })
}
