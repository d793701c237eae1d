import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { Baseline } from '../assess/baseline.ts'
import { transact } from '../thread/file-worker.ts'
import type { Step } from './steps.ts'
import { parseJson, schema, tryUnpack } from './store-rows.ts'
import { KeptMark, MarkOutcome, noTuning, type Tuning, TuningVersion } from './tuning.ts'

/*
 * What the device remembers to learn from, in one SQLite file beside the outbox: the last prints step by step, what
 * people said of them, and what was learned, version by version, for each printer and model. Every method is one
 * transaction that is whole on the disk or not at all; nothing that was learned is ever changed, only followed by
 * something newer or taken back.
 */

/** Whose lessons: a printer's, for one model and one way its cameras look. */
export interface Subject {
  readonly printerId: string
  /** Names model and cameras; what was learned for another basis is kept, and not used. */
  readonly basis: string
}

export interface StoredPrint {
  readonly printId: string
  readonly beganAt: number
  readonly outcome: 'finished' | 'cancelled' | 'failed' | undefined
  /** Layer at which a failure was confirmed while it printed. */
  readonly alarmedAtLayer: number | undefined
  readonly mark: KeptMark | undefined
  readonly bytes: number
  /** The baseline has learned from it. */
  readonly hasTaught: boolean
}

export interface StoredTuning extends TuningVersion {
  readonly number: number
  readonly learnedAt: number
  /** Its owner took it back, or a mark it stood on was. */
  readonly undoneBy: UndoneBy | undefined
}

const UndoneBy = z.enum(['owner', 'marks'])
export type UndoneBy = z.infer<typeof UndoneBy>

/** What is kept: prints a printer, bytes a printer, and days. Marked prints go last. */
export const bounds = { prints: 30, bytes: 48 * 1024 * 1024, days: 365 }
const keptTunings = 20
const Outcome = z.enum(['finished', 'cancelled', 'failed'])
const outcomesKey = ({ printerId, basis }: Subject) => `outcomes ${printerId} ${basis}`

export class LearnStore {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  static open(file: string): LearnStore {
    const db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000')
    db.exec(schema)
    return new LearnStore(db)
  }

  /** A print begins, or goes on after a restart. */
  beginPrint(print: Subject & { printId: string; modelSha256: string; beganAt: number }): void {
    const { printId, printerId, basis, modelSha256, beganAt } = print
    const into = 'INSERT OR IGNORE INTO prints (printId, printerId, basis, modelSha256, beganAt)'
    this.#db.prepare(`${into} VALUES (?, ?, ?, ?, ?)`).run(printId, printerId, basis, modelSha256, beganAt)
  }

  /** Adds to a print that began; what belongs to none, or was seen by another model than its beginning, is dropped. */
  addChunk({ basis }: Subject, printId: string, chunk: Uint8Array): void {
    transact(this.#db, () => {
      const row = this.#db
        .prepare('SELECT bytes FROM prints WHERE printId = ? AND basis = ?')
        .get(printId, basis)
      if (!row || Number(row.bytes) + chunk.length > bounds.bytes / 3) return
      const next = this.#db
        .prepare('SELECT coalesce(max(number), 0) + 1 AS n FROM chunks WHERE printId = ?')
        .get(printId)
      this.#db.prepare('INSERT INTO chunks VALUES (?, ?, ?)').run(printId, Number(next?.n), chunk)
      this.#db.prepare('UPDATE prints SET bytes = bytes + ? WHERE printId = ?').run(chunk.length, printId)
    })
  }

  /** A failure was confirmed: the first time counts. */
  setAlarm(printId: string, layer: number): void {
    this.#db
      .prepare('UPDATE prints SET alarmedAtLayer = coalesce(alarmedAtLayer, ?) WHERE printId = ?')
      .run(layer, printId)
  }

  /** A print ended; what is too old or too much goes. */
  endPrint(printId: string, outcome: string, nowMs: number): void {
    transact(this.#db, () => {
      this.#db.prepare('UPDATE prints SET outcome = ? WHERE printId = ?').run(outcome, printId)
      const row = this.#db.prepare('SELECT printerId FROM prints WHERE printId = ?').get(printId)
      if (typeof row?.printerId === 'string') this.#makeRoom(row.printerId, nowMs)
    })
  }

  /** Keeps what a person said of a print. One that is older than what is kept changes nothing. */
  keepMark(printerId: string, mark: KeptMark): void {
    this.#db
      .prepare(
        `INSERT INTO marks (printId, printerId, revision, json) VALUES (?, ?, ?, ?) ON CONFLICT (printId)
         DO UPDATE SET revision = excluded.revision, json = excluded.json WHERE excluded.revision > revision`,
      )
      .run(mark.printId, printerId, mark.revision, JSON.stringify(mark))
  }

  /** All that people said of a printer's prints, whichever model watched them. */
  marks(printerId: string): KeptMark[] {
    return this.#db
      .prepare('SELECT json FROM marks WHERE printerId = ?')
      .all(printerId)
      .flatMap(({ json }) => parseJson(KeptMark, json) ?? [])
  }

  /** What came of the marks, as it was last found. */
  outcomes(subject: Subject): MarkOutcome[] {
    return parseJson(z.array(MarkOutcome), this.fact(outcomesKey(subject))) ?? []
  }

  keepOutcomes(subject: Subject, outcomes: readonly MarkOutcome[]): void {
    this.setFact(outcomesKey(subject), JSON.stringify(outcomes))
  }

  /** A printer's prints of one basis, oldest first. */
  prints({ printerId, basis }: Subject): StoredPrint[] {
    return this.#db
      .prepare(
        `SELECT prints.*, marks.json AS mark FROM prints LEFT JOIN marks USING (printId)
         WHERE prints.printerId = ? AND basis = ? ORDER BY number`,
      )
      .all(printerId, basis)
      .map((row) => ({
        printId: String(row.printId),
        beganAt: Number(row.beganAt),
        outcome: Outcome.safeParse(row.outcome).data,
        alarmedAtLayer: row.alarmedAtLayer === null ? undefined : Number(row.alarmedAtLayer),
        mark: parseJson(KeptMark, row.mark),
        bytes: Number(row.bytes),
        hasTaught: row.hasTaught === 1,
      }))
  }

  /** What was kept of a print, chunk by chunk; a damaged chunk is left out. */
  *chunks(printId: string): Iterable<Step[]> {
    const rows = this.#db.prepare('SELECT number FROM chunks WHERE printId = ? ORDER BY number').all(printId)
    for (const { number } of rows) {
      const chunk = this.#db
        .prepare('SELECT steps FROM chunks WHERE printId = ? AND number = ?')
        .get(printId, number ?? null)
      const steps = chunk?.steps instanceof Uint8Array ? tryUnpack(chunk.steps) : undefined
      if (steps) yield steps
    }
  }

  /** All that was learned for a subject and is kept, newest first. */
  tunings({ printerId, basis }: Subject): StoredTuning[] {
    return this.#db
      .prepare('SELECT * FROM tunings WHERE printerId = ? AND basis = ? ORDER BY number DESC')
      .all(printerId, basis)
      .flatMap((row) => {
        const version = parseJson(TuningVersion, row.json)
        if (!version) return []
        const { number, learnedAt } = row
        const undoneBy = UndoneBy.safeParse(row.undoneBy).data
        return [{ ...version, number: Number(number), learnedAt: Number(learnedAt), undoneBy }]
      })
  }

  /** The lessons nobody took back, newest first. */
  inForce(subject: Subject): StoredTuning[] {
    return this.tunings(subject).filter(({ undoneBy }) => undoneBy === undefined)
  }

  /** What is in force. */
  current(subject: Subject): Tuning {
    return this.inForce(subject)[0]?.tuning ?? noTuning
  }

  /**
   * Adds a lesson that was learned on top of the one of number `after`. Where that is no longer the newest in force,
   * for its owner took it back while this one was being learned, nothing is added.
   */
  addTuning(
    subject: Subject,
    version: TuningVersion,
    { nowMs, after }: { nowMs: number; after: number | undefined },
  ): void {
    const { printerId, basis } = subject
    transact(this.#db, () => {
      if (this.inForce(subject)[0]?.number !== after) return
      this.#db
        .prepare('INSERT INTO tunings (printerId, basis, learnedAt, json) VALUES (?, ?, ?, ?)')
        .run(printerId, basis, nowMs, JSON.stringify(version))
      this.#db
        .prepare(
          `DELETE FROM tunings WHERE printerId = ? AND basis = ? AND number NOT IN (SELECT number FROM tunings
           WHERE printerId = ? AND basis = ? ORDER BY number DESC LIMIT ${keptTunings})`,
        )
        .run(printerId, basis, printerId, basis)
    })
  }

  /** Takes the newest lesson in force back; false where there is none. What was in force before it is again. */
  undo(subject: Subject, by: UndoneBy): boolean {
    const [newest] = this.inForce(subject)
    if (!newest) return false
    this.#db.prepare('UPDATE tunings SET undoneBy = ? WHERE number = ?').run(by, newest.number)
    return true
  }

  /** What the cameras usually show, by name. */
  baselines({ printerId, basis }: Subject): Record<string, Baseline> {
    const rows = this.#db
      .prepare('SELECT camera, json FROM baselines WHERE printerId = ? AND basis = ?')
      .all(printerId, basis)
    return Object.fromEntries(
      rows.flatMap(({ camera, json }) => {
        const baseline = parseJson(Baseline, json)
        return baseline ? [[String(camera), baseline]] : []
      }),
    )
  }

  /** Replaces the baselines, and says which prints taught them. */
  keepBaselines(
    { printerId, basis }: Subject,
    baselines: Readonly<Record<string, Baseline>>,
    taughtBy: readonly string[],
  ): void {
    transact(this.#db, () => {
      this.#db
        .prepare(
          `UPDATE prints SET hasTaught = printId IN (SELECT value FROM json_each(?))
           WHERE printerId = ? AND basis = ?`,
        )
        .run(JSON.stringify(taughtBy), printerId, basis)
      this.#db.prepare('DELETE FROM baselines WHERE printerId = ? AND basis = ?').run(printerId, basis)
      for (const [camera, baseline] of Object.entries(baselines)) {
        this.#db
          .prepare('INSERT INTO baselines VALUES (?, ?, ?, ?)')
          .run(printerId, basis, camera, JSON.stringify(baseline))
      }
    })
  }

  /** How much was learned for this printer on another basis, and rests. */
  countResting({ printerId, basis }: Subject): number {
    const row = this.#db
      .prepare('SELECT count(*) AS n FROM tunings WHERE printerId = ? AND basis <> ? AND undoneBy IS NULL')
      .get(printerId, basis)
    return Number(row?.n)
  }

  /** A small thing to remember. */
  fact(key: string): string | undefined {
    const value = this.#db.prepare('SELECT value FROM facts WHERE key = ?').get(key)?.value
    return typeof value === 'string' ? value : undefined
  }

  setFact(key: string, value: string): void {
    if (this.fact(key) === value) return
    this.#db.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(key, value)
  }

  close(): void {
    this.#db.close()
  }

  /** Unmarked prints go first, the oldest first; then marked ones. */
  #makeRoom(printerId: string, nowMs: number): void {
    const rows = this.#db
      .prepare(
        `SELECT printId, bytes, beganAt FROM prints LEFT JOIN marks USING (printId) WHERE prints.printerId = ?
         ORDER BY json IS NULL, number DESC`,
      )
      .all(printerId)
    let [prints, bytes] = [0, 0]
    for (const row of rows) {
      prints++
      bytes += Number(row.bytes)
      const isOld = nowMs - Number(row.beganAt) > bounds.days * 86_400_000
      if (prints <= bounds.prints && bytes <= bounds.bytes && !isOld) continue
      bytes -= Number(row.bytes)
      prints--
      for (const table of ['chunks', 'prints', 'marks']) {
        this.#db.prepare(`DELETE FROM ${table} WHERE printId = ?`).run(row.printId ?? null)
      }
      this.#db.prepare('DELETE FROM facts WHERE key = ?').run(`told ${row.printId}`)
    }
    this.#db
      .prepare('DELETE FROM marks WHERE printerId = ? AND printId NOT IN (SELECT printId FROM prints)')
      .run(printerId)
  }
}
