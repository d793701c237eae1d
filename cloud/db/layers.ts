import { LayerView } from '@layerwatch/shared/api.ts'
import type { EventData } from '@layerwatch/shared/events.ts'
import { visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { instant, toJson, withoutNulls } from './json.ts'

export type LayerRow = Prisma.LayerModel

export async function findLayer(tx: Db | Tx, printId: string, layer: number): Promise<LayerRow | undefined> {
  return (await tx.layer.findUnique({ where: { printId_layer: { printId, layer } } })) ?? undefined
}

/** Sets one line of a print's strip. */
export async function putLayer(
  tx: Tx,
  data: EventData<'layer.judged'>,
  origin: { printId: string; organisationId: string; at: Date; stream: string; seq: number },
): Promise<LayerRow> {
  const columns = {
    organisationId: origin.organisationId,
    health: data.health,
    verdict: data.verdict,
    evidence: data.evidence ?? null,
    defects: toJson(data.defects),
    worstScore: data.worstScore ?? null,
    frames: data.frames,
    detections: toJson(data.detections),
    reasons: data.reasons,
    modelSha256: data.modelSha256,
    seconds: data.seconds ?? null,
    at: origin.at,
    stream: origin.stream,
    seq: origin.seq,
  }
  const key = { printId: origin.printId, layer: data.layer }
  return tx.layer.upsert({
    where: { printId_layer: key },
    create: { ...key, ...columns },
    update: columns,
  })
}

/** The strip of a print, from the bed up, if the person may see it: at most 10,000 layers after `after`. */
export async function findLayers(
  db: Db,
  personId: string,
  { printId, after }: { printId: string; after?: number | undefined },
): Promise<LayerView[]> {
  const rows = await db.layer.findMany({
    where: {
      printId,
      print: { printer: visiblePrinter(personId) },
      ...(after !== undefined && { layer: { gt: after } }),
    },
    orderBy: { layer: 'asc' },
    take: 10_000,
  })
  return rows.map(viewLayer)
}

/** A layer as the page reads it. */
export function viewLayer(row: LayerRow): LayerView {
  const { layer, health, verdict, evidence, defects, worstScore, frames, detections, reasons, seconds } = row
  return LayerView.parse(
    withoutNulls({
      layer,
      health,
      verdict,
      evidence,
      defects,
      worstScore,
      frames,
      detections,
      reasons,
      seconds,
      at: instant(row.at),
    }),
  )
}
