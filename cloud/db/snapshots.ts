import { SnapshotView } from '@layerwatch/shared/api.ts'
import type { EventData } from '@layerwatch/shared/events.ts'
import { findRole } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { instant, toJson, withoutNulls } from './json.ts'

export type SnapshotRow = Prisma.SnapshotModel

/** The row of a picture, made where there is none; undefined where the id is another device's. */
export async function ensureSnapshot(
  tx: Db | Tx,
  snapshot: { id: string; deviceId: string; organisationId: string; at: Date },
): Promise<SnapshotRow | undefined> {
  await tx.snapshot.createMany({ data: snapshot, skipDuplicates: true })
  const row = await tx.snapshot.findUnique({ where: { id: snapshot.id } })
  return row?.deviceId === snapshot.deviceId ? row : undefined
}

/** What the event says of a picture that came or is to come. */
export async function describeSnapshot(
  tx: Tx,
  data: EventData<'snapshot.taken'>,
  origin: { printerId: string; printId: string | undefined; at: Date },
): Promise<void> {
  await tx.snapshot.update({
    where: { id: data.snapshotId },
    data: {
      printerId: origin.printerId,
      printId: origin.printId ?? null,
      purpose: data.purpose,
      layer: data.layer ?? null,
      detections: toJson(data.detections),
      at: origin.at,
    },
  })
}

/** Says that the picture lies on disk. */
export async function setSnapshotBytes(db: Db | Tx, id: string, bytes: number): Promise<SnapshotRow> {
  return db.snapshot.update({ where: { id }, data: { bytes } })
}

/** A picture that lies on disk, if the person may see the printer it shows. */
export async function findSnapshot(db: Db, personId: string, id: string): Promise<SnapshotRow | undefined> {
  const row = await db.snapshot.findFirst({ where: { id, bytes: { not: null } } })
  if (!row?.printerId || !(await findRole(db, personId, row.printerId))) return undefined
  return row
}

/** True where a picture lies on disk and shows the incident's printer: a device may name any id. */
export async function isPictureOfIncident(
  db: Db,
  { snapshotId, incidentId }: { snapshotId: string; incidentId: string },
): Promise<boolean> {
  const incident = await db.incident.findUnique({ where: { id: incidentId }, select: { printerId: true } })
  if (!incident) return false
  const where = { id: snapshotId, printerId: incident.printerId, bytes: { not: null } }
  return (await db.snapshot.findFirst({ where, select: { id: true } })) !== null
}

/** Pictures by id that lie on disk; the caller has checked who may see them. */
export async function findSnapshots(db: Db | Tx, ids: readonly string[]): Promise<SnapshotRow[]> {
  if (ids.length === 0) return []
  return db.snapshot.findMany({ where: { id: { in: [...ids] }, bytes: { not: null } } })
}

/** A picture as the page reads it. */
export function viewSnapshot(row: SnapshotRow): SnapshotView {
  const { id, layer, detections } = row
  return SnapshotView.parse(withoutNulls({ id, at: instant(row.at), layer, detections }))
}
