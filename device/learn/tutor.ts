import { createHash } from 'node:crypto'
import { joinMasks, type Mask, maskedShare, toldMaskedShare } from '@layerwatch/shared/mask.ts'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Grounds, Outcome } from '../assess/assess.ts'
import type { LayerEvidence } from '../assess/evidence.ts'
import type { Policy } from '../assess/policy.ts'
import type { Change } from '../assess/prints.ts'
import { rarityOf } from '../assess/rarities.ts'
import { failureMap, toHeat, type View } from '../assess/report.ts'
import type { Journal } from '../watch/journal.ts'
import { isPreparing } from '../watch/pace.ts'
import type { PlacedSight } from '../watch/sights.ts'
import type { Lessons, Pupil } from './learn.ts'
import { keepMap, packSteps, type Step } from './steps.ts'
import type { Learning } from './thread.ts'
import { type KeptMark, noTuning } from './tuning.ts'
import { describeGain, describeOutcome, describeTuning, percent } from './words.ts'

/** A camera as the configuration has it. */
export interface TaughtCamera {
  readonly name: string
  /** What the configuration says to ignore. */
  readonly mask?: Mask | undefined
  /** How its picture is turned and cropped: what was learned of another view is not used. */
  readonly picture?: object | undefined
}

interface TutorParts {
  readonly learning: Learning
  readonly printerId: string
  readonly name: string
  readonly modelSha256: string
  readonly policy: Policy
  readonly cameras: readonly TaughtCamera[]
  readonly journal: Journal
  readonly log: Logger
}

/** What the judgement was told of one look, and what it said. */
export interface TaughtLook {
  readonly state: PrinterState | undefined
  readonly print: { readonly printId: string } | undefined
  readonly layer: number
  readonly atSeconds: number
  /** What each camera saw, the leading one first; empty where none did. */
  readonly round: readonly PlacedSight[]
  readonly evidence?: readonly LayerEvidence[] | undefined
  readonly outcome: Outcome
}

/** Frames closer together show the same. */
const leastGapSeconds = 4.5
const stepsPerChunk = 60
/** How often it is looked whether somebody took a lesson back at the terminal. */
export const refreshEveryMs = 30_000

/**
 * One printer's memory: what its prints showed, what people said of them, and what it learned from that. What a
 * print is judged with stays as it is from its beginning to its end. Nothing here throws or waits: a full disk must
 * not stop the watching.
 */
export class Tutor {
  readonly #parts: TutorParts
  readonly #pupil: Pupil
  #lessons: Lessons = { tuning: noTuning, baselines: {}, newest: undefined, resting: 0, outcomes: [] }
  /** What the print that runs is judged with. */
  #inForce: Lessons = this.#lessons
  #printId: string | undefined
  #steps: Step[] = []
  readonly #keptAt = new Map<string, number>()
  #hasFailed = false

  constructor(parts: TutorParts) {
    this.#parts = parts
    const { printerId, modelSha256, policy, cameras } = parts
    const configured = configuredMasks(cameras)
    this.#pupil = { printerId, basis: basisOf(modelSha256, cameras), modelSha256, policy, configured }
  }

  /** Reads what is in force. To be awaited before the printer is watched. */
  async open(): Promise<void> {
    const { log, modelSha256, cameras } = this.#parts
    await this.#refresh()
    this.#inForce = this.#lessons
    const { isMeasured } = rarityOf(modelSha256)
    if (!isMeasured) log.warn({ modelSha256 }, 'model was never measured: careful values are in force')
    const { resting, newest } = this.#lessons
    if (newest) log.info({ learned: describeTuning(this.#lessons.tuning) }, 'lessons are in force')
    else if (resting > 0) log.info({ lessons: resting }, 'lessons of another model or camera are not used')
    for (const { name, mask } of cameras) {
      if (mask) log.info({ camera: name, share: maskedShare(mask) }, 'part of the picture is ignored')
    }
  }

  /** What a print about to begin is judged with. */
  get grounds(): Pick<Grounds, 'shift' | 'baselines'> {
    return { shift: this.#inForce.tuning.shift, baselines: this.#inForce.baselines }
  }

  /** How frames of a camera are looked at. */
  viewOf(camera: string = this.#firstCamera): View {
    const learned = this.#inForce.tuning.masks[camera]
    const configured = this.#pupil.configured[camera]
    if (!learned?.length) return { mask: configured }
    return { mask: joinMasks(configured ?? { boxes: [] }, { boxes: [...learned] }) }
  }

  /** Whose sights are those that name no camera. */
  get #firstCamera(): string {
    return this.#parts.cameras[0]?.name ?? 'camera'
  }

  /** What the owner should know of how this printer is judged, in sentences. */
  get limits(): string[] {
    const { isMeasured } = rarityOf(this.#parts.modelSha256)
    const shares = this.#parts.cameras.map(({ name }) => maskedShare(this.viewOf(name).mask ?? { boxes: [] }))
    const share = Math.max(0, ...shares)
    return [
      ...(isMeasured
        ? []
        : ['This model was never measured on good prints: careful values are in force, which act later.']),
      ...(share >= toldMaskedShare
        ? [`${percent(share)} of the picture is ignored: nobody sees what fails there.`]
        : []),
    ]
  }

  /** Goes along with the printer. */
  follow(change: Change): void {
    if (change.type === 'print.started') this.#begin(change.printId)
    if (change.type === 'print.finished') this.#end(change.printId, change.data.outcome)
    if (change.type === 'printer.resumed') this.#steps.push({ kind: 'resumed' })
  }

  /** Keeps what the judgement was told, and whether it confirmed a failure. */
  note(look: TaughtLook): void {
    const { print, layer, outcome } = look
    if (print?.printId !== this.#printId) this.#begin(print?.printId)
    const printId = this.#printId
    if (printId === undefined) return
    const step = this.#stepOf(look)
    if (step) this.#steps.push(step)
    if (this.#steps.length >= stepsPerChunk) this.#flush()
    if (outcome.turn === 'confirmed') this.#try(() => this.#parts.learning.setAlarm(printId, layer))
  }

  /** The layers are counted anew. */
  noteRecount(): void {
    this.#steps.push({ kind: 'recounted' })
  }

  /** Keeps what a person said of a print; learns from it at once where nothing is printed. Throws where it can't be kept. */
  async mark(mark: KeptMark): Promise<void> {
    await this.#parts.learning.keepMark(this.#pupil, mark)
    this.#parts.log.info({ printId: mark.printId, verdict: mark.verdict }, 'print marked')
    if (this.#printId === undefined) this.#learn()
  }

  /** Takes the newest lesson back, from the next print on. False where there is none. */
  async undo(): Promise<boolean> {
    const isUndone = await this.#parts.learning.undo(this.#pupil)
    await this.#refresh()
    return isUndone
  }

  /** Looks now and then for what was taken back at the terminal, until aborted. */
  watchTerminal(signal: AbortSignal): void {
    const timer = setInterval(() => this.#try(() => this.#refresh()), refreshEveryMs)
    timer.unref()
    signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  /** Stores what was not stored yet. */
  async close(): Promise<void> {
    this.#flush()
  }

  #begin(printId: string | undefined): void {
    this.#flush()
    this.#printId = printId
    this.#keptAt.clear()
    this.#inForce = this.#lessons
    if (printId !== undefined) this.#try(() => this.#parts.learning.beginPrint(this.#pupil, printId))
  }

  #end(printId: string | undefined, outcome: string): void {
    this.#flush()
    this.#printId = undefined
    if (printId === undefined) return
    this.#try(() => this.#parts.learning.endPrint(printId, outcome))
    this.#learn()
  }

  #learn(): void {
    this.#try(async () => this.#take(await this.#parts.learning.learn(this.#pupil)))
  }

  async #refresh(): Promise<void> {
    await this.#take(await this.#parts.learning.read(this.#pupil, this.#parts.name))
  }

  /** What is read holds from the next print on, and is told where it is news. */
  async #take(lessons: Lessons): Promise<void> {
    const { journal, printerId, modelSha256 } = this.#parts
    this.#lessons = lessons
    if (this.#printId === undefined) this.#inForce = lessons
    for (const outcome of lessons.outcomes) {
      const { printId, revision } = outcome
      const words = describeOutcome(outcome)
      if (!(await this.#isNews(`told ${printId}`, `${revision} ${words}`))) continue
      journal.record([{ type: 'print.marked', data: { printId, revision, words }, printId }])
    }
    const { newest, tuning, resting } = lessons
    const words = [...describeTuning(tuning), ...(newest ? [describeGain(newest)] : [])]
    if (resting > 0) words.push('What was learned with another model or camera rests.')
    if (!(await this.#isNews(`told ${printerId}`, JSON.stringify(words), '[]'))) return
    const share = Math.max(0, ...Object.values(tuning.masks).map((boxes) => maskedShare({ boxes })))
    journal.record([
      {
        type: 'printer.tuned',
        data: { words, canUndo: newest !== undefined, modelSha256, maskedShare: share, shift: tuning.shift },
      },
    ])
  }

  /** Whether this was not told before, or something else since; it is told now. */
  async #isNews(key: string, words: string, silence?: string): Promise<boolean> {
    const { learning } = this.#parts
    const told = await learning.fact(key)
    if (words === (told ?? silence)) return false
    await learning.setFact(key, words)
    return true
  }

  #stepOf({ state, layer, atSeconds, round, evidence }: TaughtLook): Step | undefined {
    const kind = isPreparing(layer, atSeconds) ? 'prepared' : 'seen'
    if (kind === 'seen' && state !== 'printing') return undefined
    const hasEvidence = evidence !== undefined && evidence.length > 0
    const sights = round.flatMap(({ seen: { camera = this.#firstCamera, judgement }, sight }) => {
      const map = failureMap(judgement)
      return map ? [{ camera, atSeconds: sight.atSeconds, map: keepMap(toHeat(map)) }] : []
    })
    const [lead] = sights
    if (!lead) return hasEvidence ? { kind: 'compared', layer, atSeconds, evidence } : undefined
    const sinceKept = atSeconds - (this.#keptAt.get(lead.camera) ?? -Infinity)
    if (sinceKept >= 0 && sinceKept < leastGapSeconds && !hasEvidence) return undefined
    this.#keptAt.set(lead.camera, atSeconds)
    return { kind, layer, atSeconds, sights, evidence }
  }

  #flush(): void {
    const [printId, steps] = [this.#printId, this.#steps]
    this.#steps = []
    if (printId === undefined || steps.length === 0) return
    this.#try(() => this.#parts.learning.addSteps(this.#pupil, printId, packSteps(steps)))
  }

  /** Says once that nothing can be remembered. */
  #try(work: () => Promise<void>): void {
    work().then(
      () => {
        this.#hasFailed = false
      },
      (error: unknown) => {
        if (!this.#hasFailed) this.#parts.log.warn({ err: error }, 'nothing can be remembered to learn from')
        this.#hasFailed = true
      },
    )
  }
}

/** Names the model and the views: lessons belong to both. */
export function basisOf(modelSha256: string, cameras: readonly TaughtCamera[]): string {
  const views = JSON.stringify(cameras.map(({ name, picture = {} }) => [name, picture]))
  return `${modelSha256}:${createHash('sha256').update(views).digest('hex').slice(0, 12)}`
}

/** What the configuration says to ignore, by camera. */
export function configuredMasks(cameras: readonly TaughtCamera[]): Record<string, Mask> {
  return Object.fromEntries(cameras.flatMap(({ name, mask }) => (mask ? [[name, mask] as const] : [])))
}
