import {
  defaultRules,
  NotificationRules,
  type PreferencesPatch,
  TimeZone,
} from '@layerwatch/shared/notify-rules.ts'
import { z } from 'zod'
import type { Db, Tx } from './client.ts'
import { toJson } from './json.ts'

/** How a person wants to be told, with their zone where it is known. */
export interface Preferences {
  rules: NotificationRules
  timeZone: string | undefined
}

/** What a row holds: some of the rules. */
const Stored = z.record(z.string(), z.unknown()).catch({})

/** What is stored, over what everybody has; what cannot be read any more leaves a person told as by default. */
function readPreferences(row: { rules: unknown; timeZone: string | null } | undefined): Preferences {
  const rules = NotificationRules.safeParse({ ...defaultRules, ...Stored.parse(row?.rules) })
  const timeZone = TimeZone.safeParse(row?.timeZone)
  return { rules: rules.data ?? defaultRules, timeZone: timeZone.data }
}

/** How some people want to be told: everybody asked for has an entry. */
export async function findPreferences(
  db: Db | Tx,
  people: readonly string[],
): Promise<ReadonlyMap<string, Preferences>> {
  const rows = await db.preference.findMany({ where: { personId: { in: [...people] } } })
  const byPerson = new Map(rows.map((row) => [row.personId, row]))
  return new Map(people.map((personId) => [personId, readPreferences(byPerson.get(personId))]))
}

/** How one person wants to be told. */
export async function findPreferencesOf(db: Db | Tx, personId: string): Promise<Preferences> {
  return readPreferences((await db.preference.findUnique({ where: { personId } })) ?? undefined)
}

/**
 * Changes what a person said; the rest stays.
 * @param dueOf when the next digest is due under what holds from now on; undefined where none is wanted.
 */
export async function changePreferences(
  db: Db,
  { personId, patch, at }: { personId: string; patch: PreferencesPatch; at: Date },
  dueOf: (now: Preferences) => Date | undefined,
): Promise<Preferences> {
  return db.$transaction(async (tx) => {
    await tx.preference.createMany({ data: { personId }, skipDuplicates: true })
    await tx.$queryRaw`SELECT 1 AS held FROM "Preference" WHERE "personId" = ${personId} FOR UPDATE`
    const before = await tx.preference.findUniqueOrThrow({ where: { personId } })
    const { timeZone = before.timeZone, ...changed } = patch
    const stored = { ...Stored.parse(before.rules), ...changed }
    const now = readPreferences({ rules: stored, timeZone })
    const isDueChanged = patch.digest !== undefined || patch.timeZone !== undefined
    const digestDueAt = isDueChanged ? (dueOf(now) ?? null) : before.digestDueAt
    const digestFrom = digestDueAt && (before.digestFrom ?? at)
    await tx.preference.update({
      where: { personId },
      data: { timeZone, rules: toJson(stored), digestDueAt, digestFrom },
    })
    return now
  })
}

/** When a person was last told something of a printer since an instant, by what it was. */
export async function findLastTold(
  tx: Tx,
  {
    people,
    printerId,
    kind,
    since,
  }: { people: readonly string[]; printerId: string; kind: string; since: Date },
): Promise<ReadonlyMap<string, Date>> {
  const rows = await tx.notification.groupBy({
    by: ['personId'],
    where: {
      personId: { in: [...people] },
      printerId,
      kind,
      createdAt: { gt: since },
      status: { notIn: ['failed', 'dropped'] },
    },
    _max: { createdAt: true },
  })
  return new Map(rows.flatMap(({ personId, _max }) => (_max.createdAt ? [[personId, _max.createdAt]] : [])))
}
