import type { PrinterView } from '@layerwatch/shared/api.ts'
import { newKey, Refusal, sendCommand } from './api.ts'
import { type Ask, type AskAction, settleAsk } from './asks.ts'
import type { LiveStore } from './live.ts'
import { withEntry } from './live-state.ts'

export type Asks = ReadonlyMap<string, Ask>

/** Where an ask is found: one for each printer and action, the newest. */
export function askOf(asks: Asks, printerId: string, action: AskAction): Ask | undefined {
  return asks.get(`${printerId} ${action}`)
}

/** Sends commands and follows each to the printer's word. A command is sent at once or not at all. */
export class AskStore {
  #live: LiveStore
  #asks: Asks = new Map()
  #listeners = new Set<() => void>()

  constructor(live: LiveStore) {
    this.#live = live
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly read = (): Asks => this.#asks

  /** Follows the live state until `signal` aborts. */
  start(signal: AbortSignal): void {
    signal.addEventListener('abort', this.#live.subscribe(this.#settle), { once: true })
  }

  /** Asks for one thing now; the outcome shows in `read`. Resume names the picture that was on screen. */
  readonly ask = async (printer: PrinterView, action: AskAction, snapshotId?: string): Promise<void> => {
    const ask: Ask = { key: newKey(), printerId: printer.id, action, askedAtMs: Date.now() }
    this.#put(ask)
    const request = {
      action,
      ...(printer.print ? { printId: printer.print.id } : {}),
      ...(snapshotId ? { snapshotId } : {}),
    }
    try {
      const command = await sendCommand(printer.id, request, ask.key)
      this.#change(ask, (current) => ({ ...current, commandId: command.id }))
      this.#live.update((state) => {
        const known = state.commands.get(command.id)
        // The stream may have been quicker than the answer.
        return known ? state : { ...state, commands: withEntry(state.commands, command.id, command) }
      })
      this.#settle()
    } catch (error) {
      this.#change(ask, (current) => ({ ...current, failure: failureOf(error) }))
    }
  }

  readonly #settle = (): void => {
    const state = this.#live.read()
    for (const ask of this.#asks.values()) {
      const printer = state.printers?.find((other) => other.id === ask.printerId)
      const command = ask.commandId === undefined ? undefined : state.commands.get(ask.commandId)
      const settled = settleAsk(ask, { printer, command, nowMs: Date.now() })
      if (settled !== ask) this.#put(settled)
    }
  }

  #change(ask: Ask, change: (current: Ask) => Ask): void {
    const current = askOf(this.#asks, ask.printerId, ask.action)
    if (current?.key === ask.key) this.#put(change(current))
  }

  #put(ask: Ask): void {
    this.#asks = withEntry(this.#asks, `${ask.printerId} ${ask.action}`, ask)
    for (const listener of this.#listeners) listener()
  }
}

function failureOf(error: unknown): NonNullable<Ask['failure']> {
  if (error instanceof Refusal) {
    return { kind: 'refused', reason: error.problem.message || undefined, atMs: Date.now() }
  }
  return { kind: 'not-sent' }
}
