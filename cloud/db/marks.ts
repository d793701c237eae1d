import { PrintMark } from '@layerwatch/shared/commands.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { withoutNulls } from './json.ts'

export type MarkRow = Prisma.MarkModel

/** What a person says of a print. */
export interface Saying {
  verdict: 'fine' | 'failed' | 'none'
  failedAtLayer?: number | undefined
  ignore?: readonly (readonly number[])[] | undefined
}

/** Writes down what a person said of a print, as the next revision; the same said again is no news. */
export async function putMark(
  tx: Tx,
  print: { printId: string; printerId: string; organisationId: string },
  said: Saying & { personId: string; personName: string; at: Date },
): Promise<void> {
  const { verdict, failedAtLayer = null, personId, personName, at } = said
  const ignore = (said.ignore ?? []).map((box) => [...box])
  const known = await tx.mark.findUnique({ where: { printId: print.printId } })
  if (!known && verdict === 'none') return
  const isSame = known?.verdict === verdict && known.failedAtLayer === failedAtLayer
  if (isSame && JSON.stringify(known.ignore) === JSON.stringify(ignore)) return
  const columns = { verdict, failedAtLayer, ignore, personId, personName, at }
  await tx.mark.upsert({
    where: { printId: print.printId },
    create: { ...print, ...columns },
    update: { ...columns, revision: { increment: 1 } },
  })
}

/** The device keeps a print's mark up to this revision. */
export async function setMarkKept(
  tx: Tx,
  { printId, printerId, revision }: { printId: string; printerId: string; revision: number },
): Promise<void> {
  await tx.mark.updateMany({
    where: { printId, printerId, keptRevision: { lt: revision }, revision: { gte: revision } },
    data: { keptRevision: revision },
  })
}

/** Marks that their devices do not keep yet, with the device, oldest first. */
export async function findUntoldMarks(
  db: Db,
  deviceIds: readonly string[],
): Promise<{ mark: MarkRow; deviceId: string }[]> {
  if (deviceIds.length === 0) return []
  const printers = await db.printer.findMany({
    where: { deviceId: { in: [...deviceIds] }, device: { revokedAt: null } },
    select: { id: true, deviceId: true },
  })
  const deviceOf = new Map(printers.map(({ id, deviceId }) => [id, deviceId]))
  const marks = await db.mark.findMany({
    where: { printerId: { in: [...deviceOf.keys()] }, keptRevision: { lt: db.mark.fields.revision } },
    orderBy: { at: 'asc' },
    take: 200,
  })
  return marks.flatMap((mark) => {
    const deviceId = deviceOf.get(mark.printerId)
    return deviceId === undefined ? [] : [{ mark, deviceId }]
  })
}

/** A mark as it goes over the wire. */
export function wireMark(row: MarkRow): PrintMark {
  const { printId, verdict, failedAtLayer, ignore, revision } = row
  return PrintMark.parse(withoutNulls({ printId, verdict, failedAtLayer, ignore, revision }))
}

/** A mark as the page reads it; none where it was taken back. */
export function viewMark(row: MarkRow | null | undefined): Record<string, unknown> | undefined {
  if (!row || row.verdict === 'none') return undefined
  const { verdict, failedAtLayer, keptRevision, revision } = row
  return withoutNulls({ verdict, failedAtLayer, isKept: keptRevision >= revision })
}
