import type { DeviceView } from '@layerwatch/shared/api.ts'
import { Id } from '@layerwatch/shared/vocabulary.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type DeviceRow, listDevices, revokeDeviceOf } from '../db/devices.ts'
import type { Context } from './context.ts'
import { notFound } from './problem.ts'
import { requirePerson } from './session.ts'

/** `GET /api/devices` and `DELETE /api/devices/{id}`, which takes a device's certificate back. */
export function addDeviceRoutes(
  app: FastifyInstance,
  context: Pick<Context, 'db' | 'broker' | 'presence' | 'hub' | 'log'>,
): void {
  const { db, broker, presence, hub, log } = context

  app.get('/api/devices', async (request): Promise<DeviceView[]> => {
    const { personId } = await requirePerson(request)
    const devices = await listDevices(db, personId)
    return devices.map((device) => viewDevice(device, presence.isPresent(device.id)))
  })

  app.delete('/api/devices/:id', async (request, reply) => {
    const { personId } = await requirePerson(request)
    const { id } = z.object({ id: Id }).parse(request.params)
    if (!(await revokeDeviceOf(db, personId, id))) throw notFound('device')
    log.info({ deviceId: id, personId }, 'device revoked')
    presence.forget(id)
    hub.recheck()
    await broker.disconnect(id)
    return reply.code(204).send()
  })
}

function viewDevice(device: DeviceRow, isPresent: boolean): DeviceView {
  return {
    id: device.id,
    name: device.name,
    isPresent,
    ...(device.heardAt && { heardAt: device.heardAt.toISOString() }),
    ...(device.version !== null && { version: device.version }),
    ...(device.backend !== null && { backend: device.backend }),
    ...(device.frameMs !== null && { frameMs: device.frameMs }),
    pairedAt: device.pairedAt.toISOString(),
    printers: device.printers,
  }
}
