import { isDeepStrictEqual } from 'node:util'
import { PrintMark } from '@layerwatch/shared/commands.ts'
import { Box } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { withoutNulls } from './json.ts'

export type MarkRow = Prisma.MarkModel

/** What a person says of a print. */
export interface Saying {
  verdict: 'fine' | 'failed' | 'none'
  failedAtLayer?: number | undefined
  /** Places to ignore, added to those named before for as long as the print is said to be fine. */
  ignore?: readonly Box[] | undefined
}

const Places = z.array(Box).catch([])
const maxPlaces = 8

/** Writes down what a person said of a print, as the next revision; the same said again is no news. */
export async function putMark(
  tx: Tx,
  print: { printId: string; printerId: string; organisationId: string },
  said: Saying & { personId: string; personName: string; at: Date },
): Promise<void> {
  const { verdict, failedAtLayer = null, personId, personName, at } = said
  const known = await tx.mark.findUnique({ where: { printId: print.printId } })
  const ignore = verdict === 'fine' ? addPlaces(Places.parse(known?.ignore), said.ignore ?? []) : []
  if (!known && verdict === 'none') return
  const isSame = known?.verdict === verdict && known.failedAtLayer === failedAtLayer
  if (isSame && isDeepStrictEqual(known.ignore, ignore)) return
  const columns = { verdict, failedAtLayer, ignore, personId, personName, at, words: null }
  await tx.mark.upsert({
    where: { printId: print.printId },
    create: { ...print, ...columns },
    update: { ...columns, revision: { increment: 1 } },
  })
}

function addPlaces(known: readonly Box[], more: readonly Box[]): Box[] {
  const fresh = more.filter((box) => !known.some((one) => isDeepStrictEqual(one, box)))
  return [...known, ...fresh].slice(-maxPlaces)
}

/** The device keeps a print's mark up to this revision, and may say what came of it. */
export async function setMarkKept(
  tx: Tx,
  kept: { printId: string; printerId: string; revision: number; words?: string | undefined },
): Promise<void> {
  const { printId, printerId, revision, words } = kept
  await tx.mark.updateMany({
    where: { printId, printerId, keptRevision: { lt: revision }, revision: { gte: revision } },
    data: { keptRevision: revision },
  })
  if (words === undefined) return
  await tx.mark.updateMany({ where: { printId, printerId, revision }, data: { words } })
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
  const { verdict, failedAtLayer, keptRevision, revision, words } = row
  const ignore = Places.parse(row.ignore)
  const places = ignore.length > 0 ? { ignore } : {}
  return withoutNulls({ verdict, failedAtLayer, ...places, isKept: keptRevision >= revision, words })
}
