import type { DeviceStatus, PrinterStatusReport } from '@layerwatch/shared/status.ts'
import type { Tx } from './db/client.ts'
import {
  columnsOfReport,
  type DeviceRow,
  findPrinterIdsOfDevice,
  lockOwnPrinter,
  type PrinterRow,
  setUnreportedOffline,
  updateDevice,
  updatePrinter,
} from './db/printers.ts'
import { ensurePrint, type PrintRow } from './db/prints.ts'
import { keepsPause } from './projections-printer.ts'

/** What a status did. */
export interface AppliedStatus {
  /** False where a later status of the same run was applied before. */
  isNewest: boolean
  /** Printers that may look different now. */
  printerIds: string[]
  /** Printers it named that are another device's: left alone. */
  foreignPrinterIds: string[]
  /** How far prints came with it. */
  strides: Stride[]
}

/** A print came on, from one share of it to another (0..1). */
export interface Stride {
  printer: PrinterRow
  print: PrintRow
  from: number
  to: number
  secondsLeft: number | undefined
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
    return { isNewest: isSameRun, printerIds, foreignPrinterIds: [], strides: [] }
  }
  if (isSameRun && device.uptimeMs !== null && BigInt(uptimeMs) < device.uptimeMs) {
    return { isNewest: false, printerIds: [], foreignPrinterIds: [], strides: [] }
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
  const strides: Stride[] = []
  for (const report of reports) {
    const applied = await applyReport(tx, { device, report, boot, uptimeMs, heardAt })
    if (!applied) foreignPrinterIds.push(report.printerId)
    else if (applied.stride) strides.push(applied.stride)
  }
  const reported = reports.map((report) => report.printerId)
  const gone = await setUnreportedOffline(tx, { deviceId: device.id, reported, at: heardAt })
  const own = reported.filter((id) => !foreignPrinterIds.includes(id))
  return { isNewest: true, printerIds: [...own, ...gone], foreignPrinterIds, strides }
}

interface Report {
  device: DeviceRow
  report: PrinterStatusReport
  boot: string
  uptimeMs: number
  heardAt: Date
}

/** @returns undefined where the printer is another device's. */
async function applyReport(
  tx: Tx,
  { device, report, boot, uptimeMs, heardAt }: Report,
): Promise<{ stride?: Stride } | undefined> {
  const { printerId } = report
  const printer = await lockOwnPrinter(tx, device, { printerId, at: heardAt })
  if (!printer) return undefined
  const print =
    report.printId &&
    (await ensurePrint(tx, {
      id: report.printId,
      printerId,
      organisationId: printer.organisationId,
      job: report.job ?? 'Print',
      startedAt: heardAt,
    }))
  const named = await updatePrinter(tx, printerId, {
    ...columnsOfReport(report),
    statusBoot: boot,
    statusUptimeMs: uptimeMs,
    ...(print && { printId: print.id }),
    ...(!keepsPause(report.state) && { pausedBy: null, pausedAt: null }),
  })
  if (!print || report.progress === undefined) return {}
  const from = printer.printId === print.id ? (printer.progress ?? 0) : 0
  return { stride: { printer: named, print, from, to: report.progress, secondsLeft: report.secondsLeft } }
}
