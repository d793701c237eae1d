import { describeCareFailure } from '@layerwatch/shared/pause-words.ts'
import { HeaterName, type PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import {
  describeHeating,
  describeHold,
  type HeaterTemperatures,
  type Hold,
  isSameHold,
  readTemperatures,
} from '../assess/hold.ts'
import { type Clock, within } from '../clock.ts'
import { type PausedCare, type PrinterStatus, printerTimeoutMs } from '../printer/printer.ts'
import type { Entry } from '../watch/journal.ts'
import type { PrinterLink } from '../watch/printer-link.ts'
import type { ActionOutcome } from './act.ts'
import { type Care, reasonOf, tellCareFailure } from './care.ts'
import { isCareWanted, type PauseConfig } from './config.ts'
import { heatUp } from './heat-up.ts'

interface KeeperParts {
  config: PauseConfig
  care: PausedCare | undefined
  link: PrinterLink
  /** The hold as the agent left it when it was last alive. */
  hold: Hold | undefined
  clock: Clock
  log: Logger
  /** Returns when it is on the disk, or can't be written. */
  save: (hold: Hold | undefined) => Promise<void>
  record: (entries: readonly Entry[]) => void
}

const tickMs = 5_000
/** A heater that could not be switched off is tried again after this long, for as long as the pause lasts. */
const againMs = 30_000
/** After so many tries in vain it is said. */
const sayAfterTries = 3
const warnBeforeMinutes = 5
const minuteMs = 60_000
/** Parking and the like: what follows from a pause waits no longer for it. */
const careTimeoutMs = 60_000
/** A printer on its way from one state to the next tells nothing of its pause. */
const betweenStates: readonly PrinterState[] = ['offline', 'pausing', 'resuming', 'cancelling']

interface Trouble {
  tries: number
  atMs: number
}

/**
 * Keeps a printer that was paused through us, as its owner configured: nozzle away from the part, a macro of their
 * own, heaters off after a while, and no resume before what we switched off is hot again. It touches no pause that
 * somebody made at the printer, and the minutes count anew where the agent was restarted.
 */
export class Keeper {
  readonly #parts: KeeperParts
  #hold: Hold | undefined
  /** The hold is from before this process, and the printer was not heard yet. */
  #isLeft: boolean
  #heldSinceMs = 0
  #printing: HeaterTemperatures = {}
  #isResuming = false
  /** The pause that is expected was not cared for yet. */
  #isFresh = false
  #isCaring = false
  #isBedWarned = false
  #switching: Promise<void> | undefined
  readonly #troubles = new Map<HeaterName, Trouble>()

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#hold = parts.hold
    this.#isLeft = parts.hold !== undefined
  }

  get hold(): Hold | undefined {
    return this.#hold
  }

  /** What a person should know of this pause and has to do before the print may go on, for the phone. */
  get limits(): string[] {
    return this.#hold ? describeHold(this.#hold, this.#parts.link.status, this.#parts.config) : []
  }

  /** Switches off what is due, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, clock } = this.#parts
    if (config.hotendOffAfterMinutes === undefined && config.bedOffAfterMinutes === undefined) return
    while (!signal.aborted) {
      this.#switching = this.#switchDue(signal)
      await this.#switching
      await clock.sleep(tickMs, signal)
    }
  }

  /** Goes along with the printer; called with each status, after the course took it in. */
  follow(status: PrinterStatus): void {
    const { link, clock } = this.#parts
    const { printId } = link.course.print ?? {}
    const { state } = status
    const hold = this.#hold
    if (printId === undefined) this.#printing = {}
    else if (state === 'printing') this.#printing = { ...this.#printing, ...readTemperatures(status) }
    if (!hold || betweenStates.includes(state)) return
    const isOurs = this.#isLeft ? isSameHold(hold, printId, status) : printId === hold.printId
    const isOver = state === 'printing' && (hold.isSeen || !link.isUnderWay('pause'))
    if (!isOurs || isOver) void this.#set(undefined)
    else if (state === 'paused' && (this.#isLeft || !hold.isSeen)) {
      this.#heldSinceMs = clock.nowMs()
      void this.#set({ ...hold, isSeen: true })
    }
    this.#isLeft = false
  }

  /** A pause is being asked for: written down before it is read back, for the agent may be killed between. */
  expect(): void {
    const { link } = this.#parts
    const { print, state } = link.course
    if (!print || state !== 'printing' || !isCareWanted(this.#parts.config)) return
    this.#isFresh = true
    void this.#set({
      printId: print.printId,
      isSeen: false,
      ...(print.printSeconds !== undefined && { printSeconds: print.printSeconds }),
      wasC: this.#printing,
      switched: {},
      retractedMm: 0,
    })
  }

  /** The pause that was expected is read back: the nozzle is moved away and the owner's macro run, each once. */
  async begin(signal: AbortSignal): Promise<void> {
    const { config, care } = this.#parts
    if (!this.#hold?.isSeen || !this.#isFresh) return
    this.#isFresh = false
    this.#isBedWarned = false
    this.#troubles.clear()
    this.#isCaring = true
    const { macro, retractMm, liftMm } = config
    const moveAway = care?.moveAway
    // What fails of one keeps nobody from the other.
    if (moveAway && retractMm + liftMm > 0) {
      const isMoved = await this.#try({ care: 'lift' }, signal, (limit) =>
        moveAway({ retractMm, liftMm }, limit),
      )
      // Written down only now: filament given back that was never drawn back would be a blob on the part.
      if (isMoved && this.#hold) await this.#set({ ...this.#hold, retractedMm: retractMm })
    }
    if (care && macro !== undefined)
      await this.#try({ care: 'macro', macro }, signal, (limit) => care.runMacro(macro, limit))
    this.#isCaring = false
  }

  /** Does one thing for the paused printer; where that fails it is told, and kept as long as the pause lasts. */
  async #try(what: Care, signal: AbortSignal, act: (limit: AbortSignal) => Promise<void>): Promise<boolean> {
    try {
      await within(careTimeoutMs, signal, act)
      return true
    } catch (error) {
      if (!signal.aborted) await this.#fail(what, error)
      return false
    }
  }

  async #fail(what: Care, error: unknown): Promise<void> {
    const data = tellCareFailure(what, error, this.#parts)
    if (!this.#hold) return
    const failures = [...(this.#hold.failures ?? []), describeCareFailure(data)].slice(-8)
    await this.#set({ ...this.#hold, failures })
  }

  /**
   * Resumes, where what we switched off is hot again; with a macro of the owner's that heats, that runs first.
   * Nothing is switched off meanwhile. Gives the outcome, or why it was not tried.
   */
  async resume(
    act: () => Promise<ActionOutcome>,
    signal: AbortSignal,
  ): Promise<ActionOutcome | { refusal: string }> {
    if (this.#isResuming) return { refusal: 'it is being resumed already' }
    if (this.#isCaring) return { refusal: 'it is still being parked: try again in a moment' }
    const { link } = this.#parts
    const { printId } = link.course.print ?? {}
    this.#isResuming = true
    try {
      // A heater that is being switched off this moment would go cold under the print.
      await this.#switching
      await link.read(signal)
      if (this.#heating !== undefined) await this.#heat(signal)
      if (this.#heating !== undefined) return { refusal: this.#heating }
      // Heating takes its time: it may have been stopped meanwhile, and another one paused.
      const isSame = link.course.state === 'paused' && link.course.print?.printId === printId
      if (!isSame) return { refusal: 'the print is not paused any more' }
      await this.#giveBack(signal)
      return await act()
    } finally {
      this.#isResuming = false
    }
  }

  /** Heats up with the owner's macro, where there is one. */
  async #heat(signal: AbortSignal): Promise<void> {
    const { config, care, link, clock } = this.#parts
    if (config.resumeMacro === undefined || !care) return
    // Should nothing come of the resume, what heats now is switched off again after as long as before.
    this.#heldSinceMs = clock.nowMs()
    for (const heater of HeaterName.options)
      if (this.#hold?.switched[heater]) await this.#mark(heater, 'asked')
    const isReady = () => this.#heating === undefined
    const macro = config.resumeMacro
    const onFailure = (error: unknown) => this.#fail({ care: 'resume-macro', macro }, error)
    await heatUp({ care, macro, link, clock, onFailure, isReady }, signal)
  }

  /** What is to be heated before this print may go on, by what the printer said last; undefined for nothing. */
  get #heating(): string | undefined {
    return this.#hold && describeHeating(this.#hold, this.#parts.link.status)
  }

  async #giveBack(signal: AbortSignal): Promise<void> {
    const { care } = this.#parts
    const hold = this.#hold
    const giveBack = care?.giveBack
    if (!hold?.retractedMm || !giveBack) return
    // Given back twice it would be a blob on the part: written down first.
    await this.#set({ ...hold, retractedMm: 0 })
    await this.#try({ care: 'give-back' }, signal, (limit) => giveBack(hold.retractedMm, limit))
  }

  async #switchDue(signal: AbortSignal): Promise<void> {
    const { config, clock } = this.#parts
    const minutes = (clock.nowMs() - this.#heldSinceMs) / minuteMs
    const due = { nozzle: config.hotendOffAfterMinutes, bed: config.bedOffAfterMinutes }
    for (const heater of HeaterName.options) {
      const after = due[heater]
      if (after === undefined || !this.#mayTouch(heater)) continue
      if (heater === 'bed') this.#warnOfBed(after - minutes)
      if (minutes >= after) await this.#switchOff(heater, signal)
    }
  }

  /** The printer still stands in the pause we made, nobody resumes it, and this heater was not switched off by us. */
  #mayTouch(heater: HeaterName): boolean {
    const { link } = this.#parts
    const hold = this.#hold
    if (!hold?.isSeen || this.#isLeft || this.#isResuming || hold.switched[heater] === 'off') return false
    // What it had is not known, so nobody could be told what to heat again.
    if (hold.wasC[heater] === undefined) return false
    return link.status?.state === 'paused' && link.course.print?.printId === hold.printId
  }

  #warnOfBed(minutesLeft: number): void {
    const { config, record } = this.#parts
    const before = Math.min(warnBeforeMinutes, (config.bedOffAfterMinutes ?? 0) / 2)
    if (this.#isBedWarned || minutesLeft > before) return
    this.#isBedWarned = true
    record([
      { type: 'heater.warned', data: { heater: 'bed', minutesLeft: Math.max(0, Math.ceil(minutesLeft)) } },
    ])
  }

  async #switchOff(heater: HeaterName, signal: AbortSignal): Promise<void> {
    const { care, clock, log, record } = this.#parts
    const trouble = this.#troubles.get(heater) ?? { tries: 0, atMs: Number.NEGATIVE_INFINITY }
    if (!care || !this.#hold || clock.nowMs() - trouble.atMs < againMs) return
    await this.#mark(heater, 'asked')
    // Somebody may have resumed it while that was written.
    if (!this.#mayTouch(heater)) return
    const minutes = Math.round((clock.nowMs() - this.#heldSinceMs) / minuteMs)
    const wasC = this.#hold.wasC[heater]
    const told = { heater, minutes, ...(wasC !== undefined && { wasC }) }
    try {
      await within(printerTimeoutMs, signal, (limit) => care.switchOff(heater, limit))
      await this.#mark(heater, 'off')
      record([{ type: 'heater.switched', data: { ...told, result: 'off' } }])
    } catch (error) {
      const tries = trouble.tries + 1
      this.#troubles.set(heater, { tries, atMs: clock.nowMs() })
      log.warn({ heater, err: error }, 'heater not switched off')
      const reason = reasonOf(error)
      if (tries === sayAfterTries)
        record([{ type: 'heater.switched', data: { ...told, result: 'failed', reason } }])
    }
  }

  async #mark(heater: HeaterName, to: 'asked' | 'off'): Promise<void> {
    if (this.#hold) await this.#set({ ...this.#hold, switched: { ...this.#hold.switched, [heater]: to } })
  }

  #set(hold: Hold | undefined): Promise<void> {
    this.#hold = hold
    return this.#parts.save(hold)
  }
}
