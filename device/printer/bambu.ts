import { setTimeout as sleep } from 'node:timers/promises'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import { within } from '../clock.ts'
import { type BambuSession, openBambuSession } from './bambu-session.ts'
import type { BambuModule, BambuPrint } from './bambu-wire.ts'
import {
  actionRequests,
  harmlessRequest,
  isLit,
  judgeReply,
  lightRequest,
  toStatus,
  versionRequest,
  wantsSignature,
} from './bambu-wire.ts'
import type { BambuPrinterConfig } from './config.ts'
import type { Light, Printer, PrinterCapabilities, PrinterStatus } from './printer.ts'
import { printerTimeoutMs } from './printer.ts'
import { refuseOtherJob } from './told-job.ts'

const firstWaitMs = 1_000
const longestWaitMs = 60_000
/** A connection that lasted so long was a good one: the next may follow it soon. */
const goodAfterMs = 60_000
/** Nobody asked or listened for so long: the printer, which bears few connections, is left alone. */
const idleMs = 15_000

/** States in which an action has something to act on. */
const movable: Record<PrinterAction, readonly PrinterState[]> = {
  pause: ['printing'],
  resume: ['paused'],
  cancel: ['printing', 'paused'],
}

const unsignedLimit =
  "Can only watch, because the printer obeys none but Bambu Lab's own programs: on its screen, under Settings, " +
  'Network, switch on LAN Only Mode and then Developer Mode.'
const unsureLimit =
  'It could not be found out whether the printer obeys us: if it refuses to pause, switch on LAN Only Mode and ' +
  'then Developer Mode on its screen under Settings, Network.'

/** A Bambu Lab printer in LAN mode. Nothing goes through the vendor's cloud. */
export function openBambu(
  config: BambuPrinterConfig,
  { log }: { log: Logger },
): Printer & { readonly light: Light } {
  return new Bambu(config, log)
}

class Bambu implements Printer {
  readonly #config: BambuPrinterConfig
  readonly #log: Logger
  /** The connection, or the attempt at one. */
  #session: Promise<BambuSession> | undefined
  #print: BambuPrint | undefined
  /** What was last told to who asks or listens: actions are meant for its job. */
  #told: PrinterStatus | undefined
  readonly #listeners = new Set<() => void>()
  /** How the last connection ended, and until when the printer is left alone. */
  #trouble: { error: unknown; untilMs: number } | undefined
  #waitMs = firstWaitMs / 2
  #idle: NodeJS.Timeout | undefined

  constructor(config: BambuPrinterConfig, log: Logger) {
    this.#config = config
    this.#log = log
  }

  readonly light: Light = {
    isOn: async (signal) => {
      await this.#open(signal)
      return isLit(this.#print ?? {})
    },
    turn: async (to, signal) => {
      const session = await this.#open(signal)
      const { isAccepted, reason } = judgeReply((await session.ask(lightRequest(to), signal)).reply)
      if (!isAccepted) throw new RejectedError(`the printer refuses to switch its light: ${reason}`)
    },
  }

  /**
   * Tells whether the printer obeys us by what it says of itself; where it does not say, by a question of the kind
   * that it refuses then. Refused, it shows "MQTT command verification failed" on its screen, once.
   */
  async probe(signal: AbortSignal): Promise<PrinterCapabilities> {
    const session = await this.#open(signal)
    const [version, isUnsigned] = await Promise.all([
      session.ask(versionRequest, signal).catch(() => undefined),
      wantsSignature(this.#print ?? {}) ?? isRefusedUnsigned(session, signal),
    ])
    signal.throwIfAborted()
    const description = describePrinter(this.#config.serial, version?.modules ?? [])
    if (isUnsigned === true) return { description, actions: [], limits: [unsignedLimit] }
    const limits = isUnsigned === undefined ? [unsureLimit] : []
    return { description, actions: ['pause', 'resume', 'cancel'], limits }
  }

  async status(signal: AbortSignal): Promise<PrinterStatus> {
    await this.#open(signal)
    this.#told = this.#read()
    return this.#told
  }

  async watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void> {
    let last = ''
    const tell = () => {
      try {
        const status = this.#read()
        const words = JSON.stringify({ ...status, temperatures: undefined })
        if (words !== last) {
          this.#told = status
          onStatus(status)
        }
        last = words
      } catch (error) {
        this.#log.warn({ err: error }, 'printer told what cannot be read')
      }
    }
    this.#listeners.add(tell)
    try {
      while (!signal.aborted) {
        await this.#stay(tell, signal).catch(() => undefined)
        const waitMs = Math.max(0, (this.#trouble?.untilMs ?? 0) - performance.now())
        await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      this.#listeners.delete(tell)
      this.#rest()
    }
  }

  async act(action: PrinterAction, signal: AbortSignal): Promise<void> {
    const session = await this.#open(signal)
    const now = this.#read()
    const { state } = now
    refuseOtherJob(this.#told, now)
    if (action === 'pause' && state === 'paused') return
    if (!movable[action].includes(state))
      throw new RejectedError(`the printer is ${state}: nothing to ${action}`)
    const { reply } = await session.ask(actionRequests[action], signal)
    const { isAccepted, isUnsigned, reason } = judgeReply(reply)
    if (isUnsigned) throw new RejectedError(unsignedLimit)
    if (!isAccepted) throw new RejectedError(`the printer refuses to ${action}: ${reason}`)
  }

  /** Layers are told; the file itself stays on the printer. */
  async file(): Promise<undefined> {
    return undefined
  }

  /** @throws ProtocolError where the printer is in a state we do not know. */
  #read(): PrinterStatus {
    if (this.#print === undefined) throw new UnavailableError('the connection to the printer ended')
    return toStatus(this.#print)
  }

  /** One connection to its end, or until aborted. */
  async #stay(tell: () => void, signal: AbortSignal): Promise<void> {
    const session = await this.#open(signal)
    tell()
    const stopped = Promise.withResolvers<void>()
    const stop = () => stopped.resolve()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    await Promise.race([session.closed, stopped.promise])
    signal.removeEventListener('abort', stop)
  }

  /** The connection, made where there is none. Callers share it and each waits no longer than it wants. */
  async #open(signal: AbortSignal): Promise<BambuSession> {
    signal.throwIfAborted()
    if (this.#session === undefined) {
      if (this.#trouble && performance.now() < this.#trouble.untilMs) throw this.#trouble.error
      this.#session = this.#connect()
    }
    this.#rest()
    const session = this.#session
    try {
      return await within(printerTimeoutMs, signal, () => session)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof DOMException)
        throw new UnavailableError(`${this.#config.host} did not answer in time`, { cause: error })
      throw error
    }
  }

  #connect(): Promise<BambuSession> {
    const beganMs = performance.now()
    const onChange = (print: BambuPrint) => {
      this.#print = print
      for (const tell of this.#listeners) tell()
    }
    const limit = new AbortController().signal
    const session = openBambuSession(this.#config, { onChange, log: this.#log }, limit)
    const end = (error: unknown) => {
      // Ended by ourselves, for nobody used it.
      if (this.#session !== session) return
      this.#session = undefined
      this.#print = undefined
      const wasGood = performance.now() - beganMs > goodAfterMs
      this.#waitMs = wasGood ? firstWaitMs : Math.min(longestWaitMs, this.#waitMs * 2)
      this.#trouble = { error, untilMs: performance.now() + this.#waitMs * (0.5 + Math.random() / 2) }
    }
    session.then(
      ({ closed }) => closed.then(() => end(new UnavailableError('the connection to the printer ended'))),
      end,
    )
    return session
  }

  /** Ends the connection when nobody has used it for a while. */
  #rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(async () => {
      if (this.#listeners.size > 0) return
      const session = this.#session
      this.#session = undefined
      this.#print = undefined
      await session?.then((open) => open.close()).catch(() => undefined)
    }, idleMs)
    this.#idle.unref()
  }
}

/** Whether a question of the moving kind is refused for want of a signature; undefined where no answer comes. */
async function isRefusedUnsigned(session: BambuSession, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    return judgeReply((await session.ask(harmlessRequest, signal)).reply).isUnsigned
  } catch {
    return undefined
  }
}

/** Beginnings of serial numbers, for firmware that does not name its product. */
const models: Readonly<Record<string, string>> = {
  '00M': 'Bambu Lab X1 Carbon',
  '00W': 'Bambu Lab X1',
  '03W': 'Bambu Lab X1E',
  '01S': 'Bambu Lab P1P',
  '01P': 'Bambu Lab P1S',
  '22E': 'Bambu Lab P2S',
  '030': 'Bambu Lab A1 mini',
  '039': 'Bambu Lab A1',
  '093': 'Bambu Lab H2S',
  '094': 'Bambu Lab H2D',
}

function describePrinter(serial: string, modules: readonly BambuModule[]): string {
  const named = modules.find(({ product_name: name }) => name)?.product_name
  const firmware = modules.find(({ name }) => name === 'ota')?.sw_ver
  const name = named ?? models[serial.slice(0, 3).toUpperCase()] ?? 'Bambu Lab printer'
  return firmware === undefined ? name : `${name}, firmware ${firmware}`
}
