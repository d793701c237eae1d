import { visiblePrinter } from './access.ts'
import type { Db, Tx } from './client.ts'

/** A digest that is due, with the time it looks back to. */
export interface DueDigest {
  personId: string
  dueAt: Date
  from: Date
}

/** Takes the digest that has been due for longest, for this transaction alone; undefined where none is. */
export async function takeDueDigest(tx: Tx, now: Date): Promise<DueDigest | undefined> {
  const [row] = await tx.$queryRaw<{ personId: string; digestDueAt: Date; digestFrom: Date }[]>`
    SELECT "personId", "digestDueAt", "digestFrom" FROM "Preference"
    WHERE "digestDueAt" <= ${now} ORDER BY "digestDueAt" LIMIT 1 FOR UPDATE SKIP LOCKED`
  return row && { personId: row.personId, dueAt: row.digestDueAt, from: row.digestFrom }
}

/** The next one looks back to where this one ended; null ends them. */
export async function setNextDigest(
  tx: Tx,
  personId: string,
  { dueAt, from }: { dueAt: Date | null; from: Date },
): Promise<void> {
  await tx.preference.update({ where: { personId }, data: { digestDueAt: dueAt, digestFrom: from } })
}

/** When the next digest is due; undefined where nobody wants one. */
export async function findNextDigestDue(db: Db): Promise<Date | undefined> {
  const row = await db.preference.findFirst({
    where: { digestDueAt: { not: null } },
    orderBy: { digestDueAt: 'asc' },
    select: { digestDueAt: true },
  })
  return row?.digestDueAt ?? undefined
}

/** What one printer did in a while. */
export interface PrinterDigest {
  printerName: string
  finished: number
  failed: number
  stopped: number
  /** Hours of the prints that ended, whenever they began. */
  hours: number
  /** Confirmed failures that began, and how many of them were false alarms. */
  failures: number
  falseAlarms: number
}

/** What the printers that a person may see did from one instant to another; those that did nothing are left out. */
export async function findPrinterDigests(
  tx: Tx,
  personId: string,
  { from, to }: { from: Date; to: Date },
): Promise<PrinterDigest[]> {
  const within = { gte: from, lt: to }
  const printers = await tx.printer.findMany({
    where: visiblePrinter(personId),
    select: {
      name: true,
      prints: { where: { endedAt: within }, select: { outcome: true, startedAt: true, endedAt: true } },
      incidents: { where: { openedAt: within, severity: 'confirmed' }, select: { outcome: true } },
    },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  })
  return printers
    .filter(({ prints, incidents }) => prints.length + incidents.length > 0)
    .map(({ name, prints, incidents }) => {
      const ended = (outcome: string) => prints.filter((print) => print.outcome === outcome).length
      const printedMs = prints.map(
        ({ startedAt, endedAt }) => (endedAt ?? startedAt).getTime() - startedAt.getTime(),
      )
      return {
        printerName: name,
        finished: ended('finished'),
        failed: ended('failed'),
        stopped: ended('cancelled'),
        hours: printedMs.reduce((sum, ms) => sum + ms, 0) / 3600_000,
        failures: incidents.length,
        falseAlarms: incidents.filter(({ outcome }) => outcome === 'false-alarm').length,
      }
    })
}
