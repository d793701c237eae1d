import type { PrinterStatusReport } from '@layerwatch/shared/status.ts'
import { visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { toJson } from './json.ts'

export type PrinterRow = Prisma.PrinterModel
export type DeviceRow = Prisma.DeviceModel

/** A device that is paired and not revoked. */
export async function findActiveDevice(db: Db | Tx, deviceId: string): Promise<DeviceRow | undefined> {
  return (await db.device.findFirst({ where: { id: deviceId, revokedAt: null } })) ?? undefined
}

/** Columns a device's own status sets. */
export async function updateDevice(tx: Tx, deviceId: string, data: Prisma.DeviceUpdateInput): Promise<void> {
  await tx.device.updateMany({ where: { id: deviceId, revokedAt: null }, data })
}

/** Holds the printer's row until the transaction ends: projections apply one event after the other. */
export async function lockPrinter(tx: Tx, printerId: string): Promise<PrinterRow | undefined> {
  await tx.$queryRaw`SELECT 1 AS held FROM "Printer" WHERE "id" = ${printerId}::uuid FOR UPDATE`
  return (await tx.printer.findUnique({ where: { id: printerId } })) ?? undefined
}

/**
 * The printer's row, held; made where there is none, for a device's first events may come before the status
 * that describes it. Undefined where the printer belongs to another device.
 */
export async function lockOwnPrinter(
  tx: Tx,
  device: Pick<DeviceRow, 'id' | 'organisationId'>,
  { printerId, at }: { printerId: string; at: Date },
): Promise<PrinterRow | undefined> {
  await tx.printer.createMany({
    data: {
      id: printerId,
      organisationId: device.organisationId,
      deviceId: device.id,
      name: 'Printer',
      kind: 'unknown',
      state: 'offline',
      actions: [],
      watching: { isWatching: false, since: at.toISOString() },
      createdAt: at,
    },
    skipDuplicates: true,
  })
  const printer = await lockPrinter(tx, printerId)
  return printer?.deviceId === device.id ? printer : undefined
}

export async function updatePrinter(
  tx: Tx,
  printerId: string,
  data: Prisma.PrinterUncheckedUpdateInput,
): Promise<PrinterRow> {
  return tx.printer.update({ where: { id: printerId }, data })
}

/** The columns a status sets besides its place in the order. `printId` is left to the caller to check. */
export function columnsOfReport(report: PrinterStatusReport): Prisma.PrinterUncheckedUpdateInput {
  return {
    name: report.name,
    kind: report.kind,
    state: report.state,
    actions: [...report.actions],
    limits: [...(report.limits ?? [])],
    watching: toJson(report.watching),
    cameras: toJson(report.cameras ?? []),
    layer: report.layer ?? null,
    layers: report.layers ?? null,
    progress: report.progress ?? null,
    secondsLeft: report.secondsLeft ?? null,
  }
}

/** A device no longer reports these printers: nothing is known of them any more. Returns their ids. */
export async function setUnreportedOffline(
  tx: Tx,
  { deviceId, reported, at }: { deviceId: string; reported: readonly string[]; at: Date },
): Promise<string[]> {
  const where = { deviceId, id: { notIn: [...reported] }, state: { not: 'offline' } }
  const gone = await tx.printer.findMany({ where, select: { id: true } })
  if (gone.length === 0) return []
  const watching = { isWatching: false, since: at.toISOString() }
  await tx.printer.updateMany({ where, data: { state: 'offline', watching } })
  return gone.map((printer) => printer.id)
}

/** Ids of a device's printers. */
export async function findPrinterIdsOfDevice(db: Db | Tx, deviceId: string): Promise<string[]> {
  const rows = await db.printer.findMany({ where: { deviceId }, select: { id: true } })
  return rows.map((row) => row.id)
}

/** A printer as commands need it, if the person may see it. */
export async function findPrinter(
  db: Db,
  personId: string,
  printerId: string,
): Promise<PrinterRow | undefined> {
  const where = { id: printerId, ...visiblePrinter(personId), device: { revokedAt: null } }
  return (await db.printer.findFirst({ where })) ?? undefined
}

/** Printers with all that a view of them shows; the caller has checked who may see them. */
export async function findPrintersToView(db: Db, printerIds: readonly string[]) {
  const printers = await db.printer.findMany({
    where: { id: { in: [...printerIds] } },
    include: {
      device: true,
      incidents: { where: { status: { not: 'resolved' } }, orderBy: { openedAt: 'desc' } },
    },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  })
  const ids = (values: (string | null)[]) => values.filter((value) => value !== null)
  const prints = await db.print.findMany({
    where: { id: { in: ids(printers.map((printer) => printer.printId)) } },
  })
  const pictures = await db.snapshot.findMany({
    where: { id: { in: ids(printers.map((printer) => printer.snapshotId)) }, bytes: { not: null } },
  })
  return printers.map((printer) => ({
    printer,
    print: prints.find((print) => print.id === printer.printId && print.printerId === printer.id),
    picture: pictures.find((picture) => picture.id === printer.snapshotId),
  }))
}
export type PrinterToView = Awaited<ReturnType<typeof findPrintersToView>>[number]

/** Printers in the middle of a print whose device was heard last between these two instants. */
export async function findSilentPrinters(
  db: Db,
  { heardBefore, heardAfter }: { heardBefore: Date; heardAfter: Date },
): Promise<string[]> {
  const rows = await db.printer.findMany({
    where: {
      state: { in: ['printing', 'pausing', 'resuming'] },
      printId: { not: null },
      device: { revokedAt: null, heardAt: { lte: heardBefore, gte: heardAfter } },
    },
    select: { id: true },
  })
  return rows.map((row) => row.id)
}

/** A printer as messages name it. */
export interface ToldPrinter {
  printerId: string
  organisationId: string
  printerName: string
  job: string | undefined
  layer: number | undefined
  /** When its device was heard last. */
  heardAt: Date | null
}

/** What a message says of a printer and its print; the caller finds out whom it may be told. */
export async function findTold(tx: Tx, printerId: string): Promise<ToldPrinter | undefined> {
  const printer = await tx.printer.findUnique({
    where: { id: printerId },
    include: { device: { select: { heardAt: true } } },
  })
  if (!printer) return undefined
  const print = printer.printId
    ? await tx.print.findFirst({ where: { id: printer.printId, printerId }, select: { job: true } })
    : null
  const { organisationId, name: printerName, layer, device } = printer
  return {
    printerId,
    organisationId,
    printerName,
    job: print?.job,
    layer: layer ?? undefined,
    heardAt: device.heardAt,
  }
}
