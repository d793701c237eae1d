import assert from 'node:assert/strict'
import path from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { findRunningDatabase } from '../../cloud/embedded.ts'
import { askStatus } from '../../device/net/status-socket.ts'
import type { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'

/*
 * The history checker: what must hold in the cloud's database whatever was killed, cut or sent twice.
 */

const Row = z.object({
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  seq: z.coerce.number(),
  printerId: z.string().nullable(),
  printId: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
})
export type HistoryRow = z.infer<typeof Row>

export interface History {
  /** Devices that were paired. */
  deviceIds: string[]
  events: HistoryRow[]
  incidents: { id: string; printId: string; severity: string; pause: string; steps: string[] }[]
  /** Pictures that events speak of, and whether each arrived. */
  snapshots: { id: string; hasArrived: boolean }[]
  of(type: string, printId?: string): HistoryRow[]
}

const Outbox = z.object({ outbox: z.object({ pending: z.number(), quarantined: z.number() }) })

/** Waits until an agent has handed over all it has stored. */
export async function untilSent(dataDir: string, timeoutMs = 120_000): Promise<void> {
  await waitUntil(
    'the agent has sent all it stored',
    async () => {
      const { outbox } = Outbox.parse(await askStatus(dataDir))
      assert.equal(outbox.quarantined, 0)
      return outbox.pending === 0
    },
    { timeoutMs, everyMs: 100 },
  )
}

/** Reads the whole history of a stack's cloud, from its database itself. */
export async function readHistory(stack: Stack): Promise<History> {
  const url = findRunningDatabase(path.join(stack.dataDir, 'cloud'))
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const rows = await client.query('SELECT * FROM "Event" ORDER BY stream, seq')
    const incidents = await client.query(
      `SELECT i.id, i."printId", i.severity, i.pause,
         array(SELECT s.kind FROM "IncidentStep" s WHERE s."incidentId" = i.id ORDER BY s.at) AS steps
       FROM "Incident" i ORDER BY i."openedAt"`,
    )
    const snapshots = await client.query('SELECT id, bytes IS NOT NULL AS "hasArrived" FROM "Snapshot"')
    const devices = await client.query('SELECT id FROM "Device" ORDER BY "pairedAt"')
    const events = z.array(Row).parse(rows.rows)
    return {
      deviceIds: devices.rows.map(({ id }) => String(id)),
      events,
      incidents: incidents.rows,
      snapshots: snapshots.rows,
      of: (type, printId) =>
        events.filter((event) => event.type === type && (!printId || event.printId === printId)),
    }
  } finally {
    await client.end()
  }
}

/** What no fault may break: nothing lost, nothing twice, every picture there, no command run twice. */
export function checkHistory({ events, incidents, snapshots, of }: History): void {
  const streams = Map.groupBy(events, ({ stream }) => stream)
  for (const [stream, rows] of streams) {
    const seqs = rows.map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
      `stream ${stream} has a gap or a double`,
    )
  }
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
  const spokenOf = of('snapshot.taken').map(({ data }) => data.snapshotId)
  for (const { id, hasArrived } of snapshots) {
    if (spokenOf.includes(id)) assert.ok(hasArrived, `the picture ${id} never arrived`)
  }
  const finished = of('command.finished').map(({ data }) => data.commandId)
  assert.equal(new Set(finished).size, finished.length, 'a command ended twice')
  for (const { printId, severity, steps } of incidents) {
    if (severity !== 'confirmed') continue
    assert.equal(of('defect.confirmed', printId).length, count(steps, 'confirmed'))
    assert.equal(of('printer.paused', printId).length, count(steps, 'paused'))
  }
}

function count(steps: readonly string[], kind: string): number {
  return steps.filter((step) => step === kind).length
}

/** The one incident of a print that Layerwatch paused. @throws AssertionError where there are more, or none. */
export function onlyIncident(history: History, printId: string): History['incidents'][number] {
  const ofPrint = history.incidents.filter((incident) => incident.printId === printId)
  assert.equal(ofPrint.length, 1, `${ofPrint.length} incidents instead of one`)
  const [incident] = ofPrint
  assert.ok(incident)
  assert.equal(incident.severity, 'confirmed')
  assert.equal(incident.pause, 'confirmed')
  assert.equal(count(incident.steps, 'confirmed'), 1)
  assert.equal(count(incident.steps, 'paused'), 1)
  return incident
}
