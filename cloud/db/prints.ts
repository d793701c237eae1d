import { PrintView } from '@layerwatch/shared/api.ts'
import { visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { instant, withoutNulls } from './json.ts'
import { type MarkRow, viewMark } from './marks.ts'

export type PrintRow = Prisma.PrintModel

/**
 * The print's row, made where there is none yet: a layer or a status may be heard before the print's start.
 * Undefined where the id is another printer's.
 */
export async function ensurePrint(
  tx: Tx,
  print: { id: string; printerId: string; organisationId: string; job: string; startedAt: Date },
): Promise<PrintRow | undefined> {
  await tx.print.createMany({ data: print, skipDuplicates: true })
  const row = await tx.print.findUnique({ where: { id: print.id } })
  return row?.printerId === print.printerId ? row : undefined
}

export async function updatePrint(tx: Tx, id: string, data: Prisma.PrintUncheckedUpdateInput): Promise<void> {
  await tx.print.update({ where: { id }, data })
}

/** A printer's prints that did not end; a new print's start ends them. */
export async function endOtherPrints(
  tx: Tx,
  { printerId, printId, at }: { printerId: string; printId: string; at: Date },
): Promise<void> {
  const where = { printerId, id: { not: printId }, endedAt: null, startedAt: { lt: at } }
  await tx.print.updateMany({ where, data: { endedAt: at } })
}

/** A printer's prints, newest first, at most `limit`, from before `before` on. */
export async function findPrints(
  db: Db,
  personId: string,
  { printerId, limit, before }: { printerId: string; limit: number; before?: Date | undefined },
): Promise<PrintView[]> {
  const rows = await db.print.findMany({
    where: { printerId, printer: visiblePrinter(personId), ...(before && { startedAt: { lt: before } }) },
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    take: limit,
    include: { mark: true },
  })
  return rows.map((row) => viewPrint(row))
}

/** One print, if the person may see it. */
export async function findPrint(db: Db, personId: string, printId: string): Promise<PrintView | undefined> {
  const row = await db.print.findFirst({
    where: { id: printId, printer: visiblePrinter(personId) },
    include: { printer: true, mark: true },
  })
  if (!row) return undefined
  const isCurrent = row.printer.printId === row.id && row.endedAt === null
  return viewPrint(row, isCurrent ? row.printer : undefined)
}

/** How far a print is, which its printer's row knows while it runs. */
export interface PrintProgress {
  layer: number | null
  layers: number | null
  progress: number | null
  secondsLeft: number | null
}

/** A print as the page reads it. */
export function viewPrint(row: PrintRow & { mark?: MarkRow | null }, running?: PrintProgress): PrintView {
  return PrintView.parse(
    withoutNulls({
      id: row.id,
      printerId: row.printerId,
      job: row.job,
      startedAt: instant(row.startedAt),
      endedAt: row.endedAt && instant(row.endedAt),
      outcome: row.outcome,
      layer: running?.layer ?? row.layer,
      layers: running?.layers ?? row.layers,
      progress: running?.progress,
      secondsLeft: running?.secondsLeft,
      mark: viewMark(row.mark),
    }),
  )
}
