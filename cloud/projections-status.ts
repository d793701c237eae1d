import type { DeviceStatus, PrinterStatusReport } from '@layerwatch/shared/status.ts'
import type { Tx } from './db/client.ts'
import {
  columnsOfReport,
  type DeviceRow,
  findPrinterIdsOfDevice,
  lockOwnPrinter,
  setUnreportedOffline,
  updateDevice,
  updatePrinter,
} from './db/printers.ts'
import { ensurePrint } from './db/prints.ts'
import { keepsPause } from './projections-printer.ts'

/** What a status did. */
export interface AppliedStatus {
  /** False where a later status of the same run was applied before. */
  isNewest: boolean
  /** Printers that may look different now. */
  printerIds: string[]
  /** Printers it named that are another device's: left alone. */
  foreignPrinterIds: string[]
}

/** Applies a status in the order of the agent's own clock. Printers are taken in one order, against deadlock. */
export async function applyStatus(
  tx: Tx,
  { device, status, heardAt }: { device: DeviceRow; status: DeviceStatus; heardAt: Date },
): Promise<AppliedStatus> {
  const { boot, uptimeMs } = status
  const isSameRun = device.boot === boot
  if (!status.online) {
    if (isSameRun) await updateDevice(tx, device.id, { isOnline: false })
    const printerIds = await findPrinterIdsOfDevice(tx, device.id)
    return { isNewest: isSameRun, printerIds, foreignPrinterIds: [] }
  }
  if (isSameRun && device.uptimeMs !== null && BigInt(uptimeMs) < device.uptimeMs) {
    return { isNewest: false, printerIds: [], foreignPrinterIds: [] }
  }
  await updateDevice(tx, device.id, {
    boot,
    uptimeMs,
    heardAt,
    isOnline: true,
    version: status.version,
    ...(status.detector && { backend: status.detector.backend, frameMs: status.detector.frameMs ?? null }),
  })
  const reports = [...status.printers].sort((a, b) => (a.printerId < b.printerId ? -1 : 1))
  const foreignPrinterIds: string[] = []
  for (const report of reports) {
    const isOwn = await applyReport(tx, { device, report, boot, uptimeMs, heardAt })
    if (!isOwn) foreignPrinterIds.push(report.printerId)
  }
  const reported = reports.map((report) => report.printerId)
  const gone = await setUnreportedOffline(tx, { deviceId: device.id, reported, at: heardAt })
  const own = reported.filter((id) => !foreignPrinterIds.includes(id))
  return { isNewest: true, printerIds: [...own, ...gone], foreignPrinterIds }
}

interface Report {
  device: DeviceRow
  report: PrinterStatusReport
  boot: string
  uptimeMs: number
  heardAt: Date
}

/** @returns false where the printer is another device's. */
async function applyReport(tx: Tx, { device, report, boot, uptimeMs, heardAt }: Report): Promise<boolean> {
  const { printerId } = report
  const printer = await lockOwnPrinter(tx, device, { printerId, at: heardAt })
  if (!printer) return false
  const print =
    report.printId &&
    (await ensurePrint(tx, {
      id: report.printId,
      printerId,
      organisationId: printer.organisationId,
      job: report.job ?? 'Print',
      startedAt: heardAt,
    }))
  await updatePrinter(tx, printerId, {
    ...columnsOfReport(report),
    statusBoot: boot,
    statusUptimeMs: uptimeMs,
    ...(print && { printId: print.id }),
    ...(!keepsPause(report.state) && { pausedBy: null, pausedAt: null }),
  })
  return true
}
