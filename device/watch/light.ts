import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import { isActive } from '../assess/prints.ts'
import { type Clock, within } from '../clock.ts'
import { type Light, printerTimeoutMs } from '../printer/printer.ts'
import type { Entry } from './journal.ts'
import type { LightConfig } from './light-config.ts'
import type { Observation } from './watch.ts'

/** How often it is looked whether the light is to be switched. */
const everyMs = 1_000
/** How long until the same is tried again: of one that does not obey, or that a person keeps switching off. */
const againAfterMs = 60_000
/** Of the ten seconds in which an agent ends; twice, for the light is read before it is switched. */
const leavingMs = 2_000

export interface LightParts {
  readonly light: Light
  readonly when: LightConfig['when']
  /** What the printer does, where it is known, and the print that runs. */
  readonly print: () => { state: PrinterState | undefined; printId: string | undefined }
  readonly record: (entries: readonly Entry[]) => void
  readonly clock: Clock
  readonly log: Logger
}

type Switched = 'on' | 'off'

/**
 * Switches a printer's light on for the pictures of a print, and gives it back as it was when the print ends or the
 * watching does. It stands beside the watching: no picture and no pause waits for a light, whatever that does.
 */
export class LightKeeper {
  readonly #parts: LightParts
  #isDark = false
  /** It was off, and is to be so again. */
  #isOurs = false
  /** A person switched it in this print, and it is left so. */
  #personsPrint: string | undefined
  /** It did not obey, which was said. */
  #isFailing = false
  #tried: { to: Switched; atMs: number } | undefined

  constructor(parts: LightParts) {
    this.#parts = parts
  }

  /** Looks as before, and notes whether it was too dark to see. */
  noteDarkness(
    observe: (signal: AbortSignal) => Promise<Observation>,
  ): (signal: AbortSignal) => Promise<Observation> {
    return async (signal) => {
      const seen = await observe(signal)
      this.#isDark = isDark(seen)
      return seen
    }
  }

  /** Keeps the light until aborted, then gives it back. Never throws for a light. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!signal.aborted) {
      const to = this.#due()
      if (to) await this.#try(to, signal, printerTimeoutMs)
      await clock.sleep(everyMs, signal)
    }
    if (this.#isOurs) await this.#try('off', new AbortController().signal, leavingMs)
  }

  /**
   * Switches it for a person: it is theirs until the print is over, and not given back.
   * @throws UnavailableError | RejectedError | ProtocolError
   */
  async turn(to: Switched, signal: AbortSignal): Promise<void> {
    const { light, print } = this.#parts
    this.#isOurs = false
    this.#personsPrint = print().printId
    await within(printerTimeoutMs, signal, (limit) => light.turn(to, limit))
  }

  /** What is to be done with it now, if anything. */
  #due(): Switched | undefined {
    const { clock, when, print } = this.#parts
    const { state, printId } = print()
    const isPersons = printId !== undefined && printId === this.#personsPrint
    const isWanted = this.#isDark || (when === 'printing' && (!this.#isOurs || this.#isFailing))
    const isDue = state === 'printing' && !isPersons && isWanted
    const to = this.#isOurs && isOver(state) ? 'off' : isDue && 'on'
    const nowMs = clock.nowMs()
    if (!to || (this.#tried?.to === to && nowMs - this.#tried.atMs < againAfterMs)) return undefined
    this.#tried = { to, atMs: nowMs }
    return to
  }

  async #try(to: Switched, signal: AbortSignal, timeoutMs: number): Promise<void> {
    try {
      await this.#switch(to, (work) => within(timeoutMs, signal, work))
      this.#isFailing = false
    } catch (error) {
      if (signal.aborted) return
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, 300)
      if (!this.#isFailing) this.#record({ type: 'light.failed', data: { to, reason } })
      this.#isFailing = true
    }
  }

  /** What is on already, or may have been, is not ours to switch off. */
  async #switch(
    to: Switched,
    limited: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>,
  ): Promise<void> {
    const { light, log } = this.#parts
    const isOn = await limited((limit) => light.isOn(limit))
    if (to === 'on') this.#isOurs ||= isOn === false
    if (isOn !== (to === 'on')) {
      await limited((limit) => light.turn(to, limit))
      log.info({ to }, 'light switched')
    }
    if (to === 'off') this.#isOurs = false
  }

  #record(entry: Entry): void {
    const { record, print } = this.#parts
    const { printId } = print()
    record([printId ? { printId, ...entry } : entry])
  }
}

/** A printer of which nothing is heard may still print. */
function isOver(state: PrinterState | undefined): boolean {
  return state !== undefined && state !== 'offline' && !isActive(state)
}

/** Whether any of the printer's cameras sees nothing for want of light. */
function isDark({ round, ...seen }: Observation): boolean {
  const looks = [seen, ...(round ?? [])]
  return looks.some((look) => look.kind === 'unseen' && look.reason === 'camera-dark')
}
