import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'

export interface DeviceRow {
  id: string
  name: string
  version: string | null
  backend: string | null
  frameMs: number | null
  heardAt: Date | null
  pairedAt: Date
  printers: number
}

/** Devices of a person's organisations, whatever the person's part in them. */
function ofPerson(personId: string, role?: string): Prisma.DeviceWhereInput {
  return {
    revokedAt: null,
    organisation: { members: { some: { userId: personId, ...(role && { role }) } } },
  }
}

export async function listDevices(db: Db, personId: string): Promise<DeviceRow[]> {
  const devices = await db.device.findMany({
    where: ofPerson(personId),
    orderBy: { pairedAt: 'asc' },
    include: { _count: { select: { printers: true } } },
  })
  return devices.map(({ _count, ...device }) => ({ ...device, printers: _count.printers }))
}

export async function createDevice(
  tx: Tx,
  device: {
    id: string
    organisationId: string
    name: string
    certificateSerial: string
    certificateEndsAt: Date
  },
): Promise<void> {
  await tx.device.create({ data: device })
}

/** Takes a device's certificate back for an owner of its organisation; false where there is no such device. */
export async function revokeDeviceOf(db: Db, personId: string, deviceId: string): Promise<boolean> {
  return await revoke(db, { id: deviceId, ...ofPerson(personId, 'owner') })
}

/** The same for whoever holds the data folder; false where it is unknown or revoked already. */
export async function revokeDevice(db: Db, deviceId: string): Promise<boolean> {
  return await revoke(db, { id: deviceId, revokedAt: null })
}

async function revoke(db: Db, where: Prisma.DeviceWhereInput): Promise<boolean> {
  const { count } = await db.device.updateMany({ where, data: { revokedAt: new Date(), isOnline: false } })
  return count > 0
}

/** Whether a device may log in to the broker. */
export async function isDeviceAllowed(db: Db, deviceId: string): Promise<boolean> {
  return (await db.device.findFirst({ where: { id: deviceId, revokedAt: null } })) !== null
}

/** Serial numbers (hex) of the certificates taken back that have not ended by themselves. */
export async function listRevokedSerials(db: Db): Promise<string[]> {
  const devices = await db.device.findMany({
    where: { revokedAt: { not: null }, certificateEndsAt: { gt: new Date() } },
    select: { certificateSerial: true },
  })
  return devices.map(({ certificateSerial }) => certificateSerial)
}
