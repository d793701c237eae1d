import type { EventInput } from '@layerwatch/shared/events.ts'
import type { Actor, PrinterAction, SensorName } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Decision } from '../assess/decide.ts'
import { moveOf } from '../assess/policy.ts'
import type { Clock } from '../clock.ts'
import type { Entry } from '../watch/journal.ts'
import type { PrinterLink } from '../watch/printer-link.ts'
import { type ActionOutcome, isUnpaused } from './act.ts'
import { type Fallback, goesOn, useFallbacks } from './fallback.ts'
import type { Keeper } from './keeper.ts'
import type { Shot } from './standstill.ts'
import { watchStandstill } from './standstill.ts'

interface PausingParts {
  link: PrinterLink
  keeper: Keeper
  clock: Clock
  log: Logger
  layer: () => number
  /** What ends a print that the printer did not end, in this order. */
  fallbacks: readonly Fallback[]
  /** Takes a picture with each camera; none where there is none that can be used. */
  look: (signal: AbortSignal) => Promise<readonly Shot[]>
  record: (entries: readonly Entry[]) => void
}

/** A pause that failed is tried again after this long, as long as the failure is in sight. */
const pauseAgainMs = 30_000

/**
 * Pauses a printer and sees it through: asked, taken on, read back, seen to stand still in the picture; where the
 * printer does not obey, what the owner configured for that, and in the end an event that says so.
 */
export class Pausing {
  readonly #parts: PausingParts
  #failedAtMs = -Infinity
  /** What was used on this print and taken on: called again, a plug that toggles would give the power back. */
  #used: readonly Fallback[] = []
  #isFallingBack = false

  constructor(parts: PausingParts) {
    this.#parts = parts
  }

  /** Another print begins: what failed on the last one says nothing of it. */
  forget(): void {
    this.#failedAtMs = -Infinity
    this.#used = []
  }

  /** Ends a failing print as decided, unless that or a stop is being done, it was just tried in vain, or it can't be. */
  protect(decision: Decision | undefined, signal: AbortSignal): Promise<ActionOutcome> | undefined {
    const { link, clock } = this.#parts
    const action = moveOf(decision)
    if (!action || link.isUnderWay('pause') || link.isUnderWay('cancel')) return undefined
    if (clock.nowMs() - this.#failedAtMs < pauseAgainMs) return undefined
    if (!link.lacks(action)) return this.act(action, 'layerwatch', signal)
    if (this.#unused.length === 0) return undefined
    return this.#miss(signal)
  }

  /** What becomes of a pause that this printer is known not to take: it only has to be there still. */
  async #miss(signal: AbortSignal): Promise<ActionOutcome> {
    const { link } = this.#parts
    const [reason = 'the printer can not be paused'] = link.capabilities?.limits ?? []
    const status = await link.read(signal)
    return { isDone: false, tries: 0, reason, isInContact: status !== undefined }
  }

  /** Moves the printer on somebody's behalf. A pause that is asked for is remembered, should the agent be killed. */
  act(action: PrinterAction, by: Actor, signal: AbortSignal): Promise<ActionOutcome> {
    const { link, keeper } = this.#parts
    // The printer is called before anything is written down.
    const outcome = link.act(action, by, signal)
    if (action === 'pause') keeper.expect()
    return outcome
  }

  /**
   * Writes down that a pause is asked for, and what comes of it. Where it comes to nothing, only a failing print is
   * ended by other means: at a `sensor`'s alarm its owner said what is to be done.
   */
  async settle(
    pausing: Promise<ActionOutcome>,
    { by, sensor }: { by: Actor; sensor?: SensorName },
    signal: AbortSignal,
  ): Promise<void> {
    const { link, clock, layer, record } = this.#parts
    const at = layer()
    const { print } = link.course
    const why = { by, ...(sensor && { sensor }) }
    if (!link.isUnderWay('cancel')) record([{ type: 'pause.sent', data: { ...why, layer: at } }])
    const outcome = await pausing
    const { state } = link.course
    const isSamePrint = link.course.print?.printId === print?.printId
    // Not waited for: the pause is done, and what the picture says of it is told when it is known.
    if (outcome.isDone && state === 'paused' && isSamePrint) void this.#follow(signal)
    // Stopped or ended meanwhile, or somebody asked for something else: nothing failed then.
    const isOvertaken = link.isUnderWay('cancel') || link.isUnderWay('resume') || signal.aborted
    if (outcome.isDone || isOvertaken || !isSamePrint || !isUnpaused(state)) return
    this.#failedAtMs = clock.nowMs()
    const { reason, tries, isInContact } = outcome
    record([{ type: 'pause.failed', data: { ...why, reason: reason.slice(0, 300), tries } }])
    // Lost contact alone ends nothing: nobody knows then what the printer does.
    if (isInContact && state === 'printing' && by === 'layerwatch' && !sensor) await this.#fallBack(signal)
  }

  /**
   * What follows from a person's pause or stop: whether the picture agrees with the pause, and the end by other means
   * of a printer that did not obey a stop while it still answers and still prints.
   */
  async seeThrough(action: PrinterAction, outcome: ActionOutcome, signal: AbortSignal): Promise<void> {
    const { link } = this.#parts
    const { state } = link.course
    if (action === 'pause' && outcome.isDone && state === 'paused') await this.#follow(signal)
    if (action !== 'cancel' || outcome.isDone) return
    // Somebody asked for something else before the stop came to its end: it was not disobeyed.
    if (link.isUnderWay('pause') || link.isUnderWay('resume')) return
    if (outcome.isInContact && state === 'printing') await this.#fallBack(signal)
  }

  get #unused(): Fallback[] {
    return this.#parts.fallbacks.filter((one) => !this.#used.includes(one))
  }

  async #fallBack(signal: AbortSignal): Promise<void> {
    const { link, clock, log, record } = this.#parts
    if (this.#isFallingBack) return
    this.#isFallingBack = true
    // The print has ended by the time that is told.
    const { printId } = link.course.print ?? {}
    const whose = printId === undefined ? {} : { printId }
    const isMeant = () => link.course.print?.printId === printId && goesOn(link.course.state)
    try {
      const tools = {
        readStatus: (limit: AbortSignal) => link.read(limit),
        isMeant,
        clock,
        log,
        onOutcome: (data: EventInput<'fallback.used'>) => record([{ type: 'fallback.used', data, ...whose }]),
      }
      this.#used = [...this.#used, ...(await useFallbacks(this.#unused, tools, signal))]
    } finally {
      this.#isFallingBack = false
    }
  }

  /** What follows from a pause that is read back. */
  async #follow(signal: AbortSignal): Promise<void> {
    await this.#parts.keeper.begin(signal)
    await this.#checkStandstill(signal)
  }

  /** Says whether the picture agrees with the printer; never a reason to do anything by itself. */
  async #checkStandstill(signal: AbortSignal): Promise<void> {
    const { link, look, clock, record } = this.#parts
    const isPaused = () => link.course.state === 'paused'
    const { printId } = link.course.print ?? {}
    const data = await watchStandstill({ look, clock, isWanted: isPaused }, signal)
    if (data && isPaused() && printId === link.course.print?.printId) {
      record([{ type: 'pause.checked', data }])
    }
  }
}
