import { randomUUID } from 'node:crypto'
import type { EventInput, EventType } from '@layerwatch/shared/events.ts'
import type { DeviceStatus, PrinterStatusReport } from '@layerwatch/shared/status.ts'
import type { Db } from '../../cloud/db/client.ts'

/** A person with an organisation and a paired device. */
export interface Tenant {
  personId: string
  name: string
  organisationId: string
  deviceId: string
}

let tenants = 0

/** Makes a person, their organisation and a device of theirs, as sign-up and pairing would. */
export async function makeTenant(db: Db, name = `Person ${++tenants}`): Promise<Tenant> {
  const [personId, organisationId] = [randomUUID(), randomUUID()]
  const email = `${personId}@example.org`
  await db.user.create({ data: { id: personId, name, email } })
  await db.organization.create({ data: { id: organisationId, name, slug: organisationId } })
  await db.member.create({
    data: { id: randomUUID(), organizationId: organisationId, userId: personId, role: 'owner' },
  })
  const deviceId = await makeDevice(db, organisationId)
  return { personId, name, organisationId, deviceId }
}

/** Gives somebody who signed up a paired device. */
export async function joinTenant(db: Db, email: string): Promise<Tenant> {
  const person = await db.user.findUniqueOrThrow({ where: { email }, include: { members: true } })
  const organisationId = person.members[0]?.organizationId ?? ''
  const deviceId = await makeDevice(db, organisationId)
  return { personId: person.id, name: person.name, organisationId, deviceId }
}

async function makeDevice(db: Db, organisationId: string): Promise<string> {
  const certificate = { certificateSerial: '1', certificateEndsAt: new Date('2100-01-01') }
  const id = randomUUID()
  await db.device.create({ data: { id, organisationId, name: 'workshop-pi', ...certificate } })
  return id
}

export interface AgentStory {
  boot: string
  stream: string
  printerId: string
  printId: string
  /** The next event of the stream. */
  event<T extends EventType>(type: T, data: EventInput<T>, changes?: Record<string, unknown>): SentEvent
  status(printer?: Partial<PrinterStatusReport>, changes?: Partial<DeviceStatus>): DeviceStatus
}

export interface SentEvent {
  id: string
  type: string
  stream: string
  seq: number
  [field: string]: unknown
}

/** What one agent with one printer and one print sends, in its order. Its clock moves a second with each. */
export function tellStory({
  printerId = randomUUID(),
  startMs = Date.now(),
  stream = randomUUID(),
}: {
  printerId?: string
  startMs?: number
  stream?: string
} = {}): AgentStory {
  const [boot, printId] = [randomUUID(), randomUUID()]
  let seq = 0
  let uptimeMs = 10_000
  const moment = () => {
    uptimeMs += 1000
    return { boot, uptimeMs, at: new Date(startMs + uptimeMs).toISOString(), clock: 'synced' as const }
  }
  return {
    boot,
    stream,
    printerId,
    printId,
    event: (type, data, changes = {}) => ({
      id: randomUUID(),
      type,
      stream,
      seq: ++seq,
      ...moment(),
      printerId,
      printId,
      data,
      ...changes,
    }),
    status: (printer = {}, changes = {}) => ({
      ...moment(),
      version: '0.1.0',
      online: true,
      printers: [
        {
          printerId,
          name: 'Ender 3',
          kind: 'simulated',
          state: 'printing',
          actions: ['pause', 'resume', 'cancel'],
          printId,
          job: 'benchy.gcode',
          watching: { isWatching: true, since: new Date(startMs).toISOString() },
          ...printer,
        },
      ],
      ...changes,
    }),
  }
}

/** A layer's judgement with nothing wrong. */
export function fineLayer(layer: number): EventInput<'layer.judged'> {
  return { layer, layers: 120, health: 'fine', verdict: 'ok', evidence: 0.1, frames: 4, modelSha256: 'ab' }
}

/** A suspicion of spaghetti. */
export function suspicion(layer: number, beganAtLayer = layer): EventInput<'defect.suspected'> {
  return { layer, beganAtLayer, defect: 'spaghetti', evidence: 0.7, reasons: ['Loose strands above the bed'] }
}
