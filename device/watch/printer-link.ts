import { ProtocolError } from '@layerwatch/shared/errors.ts'
import type { Actor, PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Eyes } from '../assess/blindness.ts'
import { look, openEyes } from '../assess/blindness.ts'
import type { Change, PrinterCourse } from '../assess/prints.ts'
import { followPrinter } from '../assess/prints.ts'
import { type Clock, within } from '../clock.ts'
import type { WatchedPrinterConfig } from '../config.ts'
import type { ActionOutcome, ActionTools } from '../pause/act.ts'
import { performAction } from '../pause/act.ts'
import { probeCapabilities } from '../pause/capabilities.ts'
import type { Printer, PrinterCapabilities, PrinterStatus } from '../printer/printer.ts'
import { printerTimeoutMs } from '../printer/printer.ts'

interface LinkParts {
  printer: Printer
  config: Pick<WatchedPrinterConfig, 'pause'>
  /** The print that ran when the agent was last alive. */
  course: PrinterCourse
  clock: Clock
  newId: () => string
  log: Logger
  /** The layer printed now, for the events. */
  layer: () => number | undefined
  /** Called with each status and what changed with it, in order; without a status where contact was lost. */
  onChange: (changes: Change[], status: PrinterStatus | undefined) => void
}

const actorHoldsMs = 60_000
const probeAgainMs = 60_000
const watchAgainMs = 2_000

/** States that an action leads to: who asked for it is who made them. */
const leadsTo: Record<PrinterAction, readonly PrinterState[]> = {
  pause: ['pausing', 'paused'],
  resume: ['resuming', 'printing'],
  cancel: ['cancelling', 'cancelled', 'idle'],
}

/** An action that is not yet read back, and the print it is meant for. */
interface UnderWay {
  action: PrinterAction
  printId: string | undefined
  abort: AbortController
  outcome: Promise<ActionOutcome>
}

/** The contact with one printer: what it does, whether it answers, and who moved it. */
export class PrinterLink {
  readonly #parts: LinkParts
  #course: PrinterCourse
  #status: PrinterStatus | undefined
  #capabilities: PrinterCapabilities | undefined
  #contact: Eyes
  #changedAtMs: number
  #taken = 0
  /** The printer answered last what we could not understand. */
  #isUnclear = false
  #mover: { by: Actor; action: PrinterAction; untilMs: number } | undefined
  #underWay: UnderWay | undefined

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#course = parts.course
    this.#changedAtMs = parts.clock.nowMs()
    this.#contact = openEyes(parts.clock.nowMs())
  }

  get course(): PrinterCourse {
    return this.#course
  }

  /** The last status heard; undefined where none was, or contact is lost. */
  get status(): PrinterStatus | undefined {
    return this.#status
  }

  get capabilities(): PrinterCapabilities | undefined {
    return this.#capabilities
  }

  /** This printer is known not to let itself be moved so. */
  lacks(action: PrinterAction): boolean {
    return this.#capabilities !== undefined && !this.#capabilities.actions.includes(action)
  }

  get contact(): Eyes {
    return this.#contact
  }

  /** Since when the printer is in its state. */
  get changedAtMs(): number {
    return this.#changedAtMs
  }

  isUnderWay(action: PrinterAction): boolean {
    return this.#underWay?.action === action
  }

  /** Listens to what the printer says by itself, until aborted. */
  async listen(signal: AbortSignal): Promise<void> {
    const { printer, clock, log } = this.#parts
    await Promise.all([
      this.#probe(signal),
      (async () => {
        while (!signal.aborted) {
          await printer
            .watch((status) => this.#take(status), signal)
            .catch((error: unknown) => log.warn({ err: error }, 'printer watch ended'))
          await clock.sleep(watchAgainMs, signal)
        }
      })(),
    ])
  }

  /** Asks the printer for its status; undefined where it does not answer. Never throws. */
  async read(signal: AbortSignal): Promise<PrinterStatus | undefined> {
    const takenBefore = this.#taken
    try {
      const status = await within(printerTimeoutMs, signal, (limit) => this.#parts.printer.status(limit))
      // What the printer said by itself in the meantime is newer than this answer may be.
      if (this.#taken !== takenBefore) return this.#status
      this.#take(status)
      return status
    } catch (error) {
      if (!signal.aborted) this.#miss(error)
      return undefined
    }
  }

  /**
   * Moves the printer on somebody's behalf and reads back whether it did. Meant for the print that runs now and no
   * other. A later request ends the waiting of an earlier one; the same request joins it. Never throws.
   */
  act(action: PrinterAction, by: Actor, signal: AbortSignal): Promise<ActionOutcome> {
    const { printId } = this.#course.print ?? {}
    if (this.#underWay?.action === action && this.#underWay.printId === printId) return this.#underWay.outcome
    this.#underWay?.abort.abort()
    this.#mover = { by, action, untilMs: this.#parts.clock.nowMs() + actorHoldsMs }
    const abort = new AbortController()
    const tools = {
      ...this.#parts,
      readStatus: (limit: AbortSignal) => this.read(limit),
      isOtherPrint: () => this.#course.print !== undefined && this.#course.print.printId !== printId,
    }
    const mine = {
      action,
      printId,
      abort,
      outcome: this.#perform({ action, by, tools }, AbortSignal.any([signal, abort.signal])).finally(() => {
        if (this.#underWay === mine) this.#underWay = undefined
      }),
    }
    this.#underWay = mine
    return mine.outcome
  }

  #take(status: PrinterStatus): void {
    this.#isUnclear = false
    const { clock, newId, layer, onChange } = this.#parts
    const nowMs = clock.nowMs()
    const isAway = status.state === 'offline' && this.#course.print !== undefined
    const [contact, contactChanges] = look(
      this.#contact,
      isAway
        ? { kind: 'unseen', reason: 'printer-unreachable', detail: 'the printer is offline' }
        : { kind: 'seen' },
      nowMs,
    )
    this.#contact = contact
    this.#status = status
    const [course, changes] = followPrinter(this.#course, status, {
      by: this.#whoMadeIt(status.state, nowMs),
      layer: layer(),
      newPrintId: newId,
    })
    if (course.state !== this.#course.state) this.#changedAtMs = nowMs
    this.#course = course
    this.#taken += 1
    onChange([...contactChanges, ...changes], status)
  }

  /** Nothing is done by itself to a printer nobody understands; a person may, who stands beside it or sees it. */
  async #perform(
    { action, by, tools }: { action: PrinterAction; by: Actor; tools: ActionTools },
    signal: AbortSignal,
  ): Promise<ActionOutcome> {
    if (by === 'layerwatch' && this.#isUnclear) {
      await this.read(signal)
      if (this.#isUnclear)
        return { isDone: false, tries: 0, reason: 'not sure what the printer does', isInContact: false }
    }
    return performAction(action, tools, signal)
  }

  #miss(error: unknown): void {
    this.#isUnclear = error instanceof ProtocolError
    const reason = this.#isUnclear ? 'printer-unclear' : 'printer-unreachable'
    const seen = {
      kind: 'unseen',
      reason,
      detail: error instanceof Error ? error.message : String(error),
    } as const
    const [contact, changes] = look(this.#contact, seen, this.#parts.clock.nowMs())
    this.#contact = contact
    if (contact.blind) this.#status = undefined
    if (changes.length > 0) this.#parts.onChange(changes, undefined)
  }

  #whoMadeIt(state: PrinterState, nowMs: number): Actor | undefined {
    const mover = this.#mover
    if (!mover || mover.untilMs < nowMs || !leadsTo[mover.action].includes(state)) return undefined
    return mover.by
  }

  /** Finds out what the printer lets us do, as soon as it answers. */
  async #probe(signal: AbortSignal): Promise<void> {
    const { printer, config, clock, log, onChange } = this.#parts
    const probe = (limit: AbortSignal) => probeCapabilities(printer, config.pause, limit)
    let lastComplaint = ''
    for (let waitMs = 1_000; !signal.aborted; waitMs = Math.min(probeAgainMs, waitMs * 2)) {
      try {
        this.#capabilities = await within(printerTimeoutMs, signal, probe)
        log.info({ ...this.#capabilities }, 'printer found')
        onChange([], this.#status)
        return
      } catch (error) {
        const complaint = error instanceof Error ? error.message : String(error)
        // Said once, not at every try.
        if (!signal.aborted && complaint !== lastComplaint) log.warn({ err: error }, 'printer not found yet')
        lastComplaint = complaint
      }
      await clock.sleep(waitMs, signal)
    }
  }
}
