import { randomUUID } from 'node:crypto'
import { IncidentView } from '@layerwatch/shared/api.ts'
import type { Episode, Step } from '../incidents.ts'
import { ownOrOperated, visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { instant, withoutNulls } from './json.ts'
import { viewMark } from './marks.ts'
import { findSnapshots, viewSnapshot } from './snapshots.ts'

export type IncidentRow = Prisma.IncidentModel
export type IncidentStepRow = Prisma.IncidentStepModel

/** A print's incidents with their steps, oldest first. */
export async function findPrintIncidents(tx: Tx, printId: string) {
  return tx.incident.findMany({
    where: { printId },
    include: { steps: { orderBy: [{ at: 'asc' }, { id: 'asc' }] } },
    orderBy: [{ openedAt: 'asc' }, { id: 'asc' }],
  })
}

/** Where an episode belongs. */
export interface IncidentOwner {
  organisationId: string
  printerId: string
  printId: string
}

/**
 * Makes the print's incidents what was folded. Steps of persons stay the rows they are; those of events are
 * written anew. `episodes` carry the ids they are to have.
 */
export async function replaceIncidents(
  tx: Tx,
  owner: IncidentOwner,
  episodes: readonly (Episode & { incidentId: string })[],
): Promise<void> {
  const { printId, organisationId } = owner
  await tx.incidentStep.deleteMany({ where: { incident: { printId }, eventId: { not: null } } })
  for (const episode of episodes) {
    const columns = columnsOf(episode)
    const id = episode.incidentId
    await tx.incident.upsert({
      where: { id },
      create: { id, ...owner, ...columns },
      update: columns,
    })
    const told = episode.steps.filter((step) => step.eventId !== undefined)
    await tx.incidentStep.createMany({
      data: told.map((step, place) => {
        return { id: stepId(step.at, place), incidentId: id, organisationId, ...stepColumns(step) }
      }),
    })
    const acts = episode.steps.flatMap((step) => (step.stepId === undefined ? [] : [step.stepId]))
    await tx.incidentStep.updateMany({ where: { id: { in: acts } }, data: { incidentId: id } })
  }
  const kept = episodes.map((episode) => episode.incidentId)
  await tx.incident.deleteMany({ where: { printId, id: { notIn: kept } } })
}

/**
 * A UUID v7 that sorts by time and, within one millisecond, by its place in the story: a pause follows its
 * reason at once.
 */
function stepId(at: Date, place: number): string {
  const time = Math.max(0, at.getTime()).toString(16).padStart(12, '0')
  const order = (place % 4096).toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${randomUUID().slice(19)}`
}

function columnsOf(episode: Episode) {
  return {
    status: episode.status,
    severity: episode.severity,
    defect: episode.defect,
    evidence: episode.evidence,
    beganAtLayer: episode.beganAtLayer,
    layer: episode.layer,
    openedAt: episode.openedAt,
    resolvedAt: episode.resolvedAt ?? null,
    outcome: episode.outcome ?? null,
    pause: episode.pause,
    reasons: episode.reasons,
    snapshotId: episode.snapshotId ?? null,
    beforeSnapshotId: episode.beforeSnapshotId ?? null,
  }
}

function stepColumns(step: Step) {
  return {
    at: step.at,
    kind: step.kind,
    actor: step.actor ?? null,
    personId: step.personId ?? null,
    layer: step.layer ?? null,
    detail: step.detail ?? null,
    eventId: step.eventId ?? null,
  }
}

/** Adds what a person did to an incident's timeline. */
export async function addAct(
  tx: Tx,
  act: { id: string; incidentId: string; organisationId: string; at: Date; personId: string } & (
    | { kind: 'acknowledged' }
    | { kind: 'resolved'; detail: string }
  ),
): Promise<void> {
  await tx.incidentStep.create({ data: { ...act, actor: 'person' } })
}

/** True where the newest thing this person said of the incident is the same. */
export async function hasAct(
  tx: Tx,
  act: { incidentId: string; personId: string; kind: string; detail?: string },
): Promise<boolean> {
  const { incidentId, personId, kind, detail = null } = act
  const last = await tx.incidentStep.findFirst({
    where: { incidentId, eventId: null, kind, personId },
    orderBy: { at: 'desc' },
  })
  return last !== null && last.detail === detail
}

/** Where an incident belongs, if the person may see it. */
export async function findIncidentOwner(
  db: Db,
  personId: string,
  incidentId: string,
): Promise<IncidentOwner | undefined> {
  const select = { organisationId: true, printerId: true, printId: true }
  const where = { id: incidentId, printer: visiblePrinter(personId) }
  return (await db.incident.findFirst({ where, select })) ?? undefined
}

/** Whether a person may say what an incident was: whoever only watches its printer may not. */
export async function mayActOn(db: Db, personId: string, incidentId: string): Promise<boolean> {
  const where = { id: incidentId, printer: ownOrOperated(personId) }
  return (await db.incident.findFirst({ where, select: { id: true } })) !== null
}

const withAll = {
  printer: { select: { name: true } },
  print: { select: { job: true, layers: true, mark: true } },
  steps: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.IncidentInclude

type IncidentToView = Prisma.IncidentGetPayload<{ include: typeof withAll }>

/** One incident, if the person may see it. */
export async function findIncident(db: Db, personId: string, id: string): Promise<IncidentView | undefined> {
  const where = { id, printer: visiblePrinter(personId) }
  const row = await db.incident.findFirst({ where, include: withAll })
  return row ? (await viewIncidents(db, [row]))[0] : undefined
}

/** A person's incidents, newest first, of one printer or of all. */
export async function findIncidents(
  db: Db,
  personId: string,
  { printerId, limit, before }: { printerId?: string | undefined; limit: number; before?: Date | undefined },
): Promise<IncidentView[]> {
  const rows = await db.incident.findMany({
    where: {
      printer: visiblePrinter(personId),
      ...(printerId !== undefined && { printerId }),
      ...(before && { openedAt: { lt: before } }),
    },
    include: withAll,
    orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    take: limit,
  })
  return viewIncidents(db, rows)
}

/** Incidents by id; the caller checks who may see them. */
export async function findIncidentsToView(db: Db, ids: readonly string[]): Promise<IncidentView[]> {
  const rows = await db.incident.findMany({ where: { id: { in: [...ids] } }, include: withAll })
  return viewIncidents(db, rows)
}

/** Ids of a print's incidents. */
export async function findIncidentIdsOfPrint(
  db: Db | Tx,
  printId: string,
  printerId: string,
): Promise<string[]> {
  const rows = await db.incident.findMany({ where: { printId, printerId }, select: { id: true } })
  return rows.map((row) => row.id)
}

/** Ids of the incidents that show this picture. */
export async function findIncidentIdsOfSnapshot(
  db: Db,
  snapshotId: string,
  printerId: string,
): Promise<string[]> {
  const where = { printerId, OR: [{ snapshotId }, { beforeSnapshotId: snapshotId }] }
  const rows = await db.incident.findMany({ where, select: { id: true } })
  return rows.map((row) => row.id)
}

async function viewIncidents(db: Db, rows: readonly IncidentToView[]): Promise<IncidentView[]> {
  const pictureIds = rows.flatMap((row) => [row.snapshotId, row.beforeSnapshotId])
  const pictures = await findSnapshots(
    db,
    pictureIds.filter((id) => id !== null),
  )
  const personIds = rows.flatMap((row) => row.steps.map((step) => step.personId)).filter((id) => id !== null)
  const people = await db.user.findMany({
    where: { id: { in: [...new Set(personIds)] } },
    select: { id: true, name: true },
  })
  const names = new Map(people.map((person) => [person.id, person.name]))
  return rows.map((row) => {
    // An id a device made up must not show another printer's picture.
    const pictureOf = (id: string | null) =>
      pictures.find((picture) => picture.id === id && picture.printerId === row.printerId)
    const [picture, before] = [pictureOf(row.snapshotId), pictureOf(row.beforeSnapshotId)]
    return IncidentView.parse(
      withoutNulls({
        ...row,
        printerName: row.printer.name,
        job: row.print.job,
        layers: row.print.layers,
        openedAt: instant(row.openedAt),
        resolvedAt: row.resolvedAt && instant(row.resolvedAt),
        mark: row.outcome === null ? null : viewMark(row.print.mark),
        picture: picture && viewSnapshot(picture),
        before: before && viewSnapshot(before),
        timeline: row.steps.map((step) => viewStep(step, names)),
      }),
    )
  })
}

function viewStep(step: IncidentStepRow, names: ReadonlyMap<string, string>): Record<string, unknown> {
  return withoutNulls({
    at: instant(step.at),
    kind: step.kind,
    by: step.actor,
    person: step.personId === null ? null : names.get(step.personId),
    layer: step.layer,
    detail: step.detail,
  })
}

/**
 * Whether anybody acted on an incident: acknowledged it or said what it was, or had it resolved otherwise; since an
 * instant of the cloud's clock, sent its printer a command or marked its print.
 */
export async function isAnswered(db: Db, incidentId: string, since: Date): Promise<boolean> {
  const incident = await db.incident.findUnique({
    where: { id: incidentId },
    select: { status: true, printId: true, printerId: true },
  })
  if (incident?.status !== 'open') return true
  const { printId, printerId } = incident
  const sent = await db.command.findFirst({
    // An open page asks for pictures by itself.
    where: { printerId, issuedAt: { gte: since }, action: { not: 'snapshot' } },
    select: { id: true },
  })
  if (sent) return true
  return (await db.mark.findFirst({ where: { printId, at: { gte: since } } })) !== null
}
