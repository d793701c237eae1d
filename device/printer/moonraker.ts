import { setTimeout as sleep } from 'node:timers/promises'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { MoonrakerConfig } from './config.ts'
import type { MoonrakerAddress } from './moonraker-api.ts'
import { askMoonraker, errorText, parseMoonraker, readResult } from './moonraker-api.ts'
import { careForKlipper } from './moonraker-care.ts'
import { followMoonraker } from './moonraker-push.ts'
import type { HistoryJob, RawObjects } from './moonraker-wire.ts'
import {
  HistoryReply,
  ObjectList,
  ObjectsReply,
  PrinterInfo,
  readHostState,
  ServerInfo,
  sensorObjects,
  toStatus,
  watchedObjects,
} from './moonraker-wire.ts'
import type { PausedCare, Printer, PrinterCapabilities, PrinterStatus } from './printer.ts'
import { refuseOtherJob, refuseUnpaused } from './told-job.ts'

/** Held twice while it is read: more would take the memory the watching needs. Layers are then told by time. */
const maxFileBytes = 128 * 1024 * 1024
const fileTimeoutMs = 120_000
/** Klipper refuses at once, or answers when its macro has run: longer waiting tells nothing. */
const refusalWithinMs = 1_000
/** A pause waits for a nozzle being heated and then parks; after this long, nobody counts on it any more. */
const macroTimeoutMs = 300_000
/** For the short questions around an action, so that all of it fits into one call's time. */
const shortTimeoutMs = 1_500
/** Figures alone are told this often: Klipper sends them four times a second. */
const figuresEveryMs = 1_000

/**
 * A Klipper printer behind Moonraker's HTTP API and WebSocket.
 * https://moonraker.readthedocs.io/en/latest/external_api/introduction/
 * @throws ConfigError where the address or the key can't be one.
 */
export function openMoonraker(config: MoonrakerConfig, { log }: { log: Logger }): Printer {
  return new Moonraker(parseMoonraker(config), log)
}

class Moonraker implements Printer {
  readonly #at: MoonrakerAddress
  readonly #log: Logger
  /** Calls Klipper has not answered yet: it runs its macro to the end first. */
  readonly #asked = new Map<PrinterAction, Promise<void>>()
  #told: PrinterStatus | undefined
  /** What is watched beside the usual: sensors of the owner's own name. */
  #sensors: Record<string, readonly string[]> = {}

  readonly care: PausedCare = careForKlipper({
    ask: (question) => askMoonraker(this.#at, question),
    checkPaused: async (signal) => refuseUnpaused(this.#told, await this.#read(signal, shortTimeoutMs)),
  })

  constructor(at: MoonrakerAddress, log: Logger) {
    this.#at = at
    this.#log = log
  }

  async probe(signal: AbortSignal): Promise<PrinterCapabilities> {
    const server = readResult(await this.#ask('server/info', signal), ServerInfo)
    if (!server.klippy_connected) {
      throw new UnavailableError(
        'Moonraker has no contact with Klipper: is the printer on and Klipper running?',
      )
    }
    const info = readResult(await this.#ask('printer/info', signal), PrinterInfo)
    if (info.state !== 'ready') {
      const message = info.state_message.replace(/\s+/g, ' ').slice(0, 200)
      throw new UnavailableError(`Klipper is not ready (${info.state}): ${message}`)
    }
    const { objects } = readResult(await this.#ask('printer/objects/list', signal), ObjectList)
    this.#sensors = sensorObjects(objects)
    const actions = objects.includes('pause_resume') ? (['pause', 'resume', 'cancel'] as const) : []
    return {
      description: `Klipper ${info.software_version} behind Moonraker ${server.moonraker_version}`,
      actions,
      limits: limitsOf(new Set(objects)),
    }
  }

  async status(signal: AbortSignal): Promise<PrinterStatus> {
    this.#told = await this.#read(signal)
    return this.#told
  }

  async watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void> {
    let job: HistoryJob | undefined
    let last = { words: '', atMs: -Infinity }
    const tell = (objects: RawObjects | undefined) => {
      const status = this.#tryStatus(objects, job)
      if (status === undefined) return
      const words = JSON.stringify([status.state, status.job, status.layer])
      const nowMs = performance.now()
      if (words === last.words && nowMs - last.atMs < figuresEveryMs) return
      last = { words, atMs: nowMs }
      this.#told = status
      onStatus(status)
    }
    await followMoonraker(
      {
        watched: () => ({ ...watchedObjects, ...this.#sensors }),
        findSocket: async (ended) => {
          await this.#findSensors(ended)
          job = await this.#newestJob(ended)
          return this.#findSocket(ended)
        },
        onObjects: tell,
        onJob: (news) => {
          job = news
        },
        log: this.#log,
      },
      signal,
    )
  }

  async act(action: PrinterAction, signal: AbortSignal): Promise<void> {
    const now = await this.#read(signal, shortTimeoutMs)
    refuseOtherJob(this.#told, now)
    // Klipper itself would take any of these at any time, and remember a pause of nothing for the next print.
    if (action === 'pause' && now.state === 'paused') return
    if (!fits(action, now)) throw new RejectedError(`Klipper has nothing to ${action}: it is ${now.state}`)
    const answer = this.#asked.get(action) ?? this.#send(action)
    const isAnswered = await Promise.race([
      answer.then(() => true),
      sleep(refusalWithinMs, false, { signal }).catch(() => false),
    ])
    signal.throwIfAborted()
    // No answer yet: with Klipper, who runs a macro, or with a Moonraker that hangs?
    if (!isAnswered) readResult(await this.#ask('server/info', signal, shortTimeoutMs), ServerInfo)
  }

  async file(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { job } = await this.#read(signal)
    if (job === undefined) return undefined
    const reply = await askMoonraker(this.#at, {
      path: `server/files/gcodes/${job.name.split('/').map(encodeURIComponent).join('/')}`,
      signal,
      timeoutMs: fileTimeoutMs,
      maxBytes: maxFileBytes,
    })
    if (reply.status === 404) return undefined
    if (reply.status !== 200) throw new ProtocolError(`Moonraker answered ${reply.status} for its file`)
    return reply.bytes
  }

  /** Sends an action and keeps its call until Klipper has answered it; asked for again meanwhile, it is the same call. */
  #send(action: PrinterAction): Promise<void> {
    const call = async () => {
      const lasting = new AbortController().signal
      const path = `printer/print/${action}`
      const reply = await askMoonraker(this.#at, {
        path,
        method: 'POST',
        signal: lasting,
        timeoutMs: macroTimeoutMs,
      })
      if (reply.status === 503) throw new UnavailableError(`Klipper is gone: ${errorText(reply)}`)
      if (reply.status !== 200) throw new RejectedError(`Klipper refuses to ${action}: ${errorText(reply)}`)
      readResult(reply, z.unknown())
    }
    const answer = call().finally(() => this.#asked.delete(action))
    answer.catch((error: unknown) =>
      this.#log.debug({ action, err: error }, 'Klipper did not do what it took on'),
    )
    this.#asked.set(action, answer)
    return answer
  }

  async #read(signal: AbortSignal, timeoutMs?: number): Promise<PrinterStatus> {
    const query = Object.entries({ ...watchedObjects, ...this.#sensors })
      .map(([name, fields]) => `${encodeURIComponent(name)}=${fields.join(',')}`)
      .join('&')
    const [reply, job] = await Promise.all([
      this.#ask(`printer/objects/query?${query}`, signal, timeoutMs),
      this.#newestJob(signal, timeoutMs),
    ])
    // 404 where Moonraker has not met Klipper since it began, 503 where it lost it.
    if (reply.status !== 200) return this.#readHost(reply.status, signal)
    return toStatus(readResult(reply, ObjectsReply).status, { asked: new Set(this.#asked.keys()), job })
  }

  /** Finds the sensors before what they say is subscribed to; without Klipper there are none yet. */
  async #findSensors(signal: AbortSignal): Promise<void> {
    const reply = await this.#ask('printer/objects/list', signal)
    if (reply.status === 200) this.#sensors = sensorObjects(readResult(reply, ObjectList).objects)
  }

  async #readHost(status: number, signal: AbortSignal): Promise<PrinterStatus> {
    const { klippy_state: word } = readResult(
      await this.#ask('server/info', signal, shortTimeoutMs),
      ServerInfo,
    )
    if (word === 'ready') throw new UnavailableError(`Klipper did not answer Moonraker (${status})`)
    return { state: readHostState(word) }
  }

  /** The newest run of the history; undefined where Moonraker keeps none. */
  async #newestJob(signal: AbortSignal, timeoutMs?: number): Promise<HistoryJob | undefined> {
    const reply = await this.#ask('server/history/list?limit=1&order=desc', signal, timeoutMs)
    return reply.status === 200 ? readResult(reply, HistoryReply).jobs[0] : undefined
  }

  #tryStatus(objects: RawObjects | undefined, job: HistoryJob | undefined): PrinterStatus | undefined {
    if (objects === undefined) return { state: 'offline' }
    try {
      return toStatus(objects, { asked: new Set(this.#asked.keys()), job })
    } catch (error) {
      this.#log.warn({ err: error }, 'Moonraker pushed a state that cannot be read')
      return undefined
    }
  }

  async #findSocket(signal: AbortSignal): Promise<URL> {
    const url = new URL('websocket', this.#at.base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    if (this.#at.apiKey === undefined) return url
    // Good for one connection within five seconds: the key itself stands in no address.
    url.searchParams.set('token', readResult(await this.#ask('access/oneshot_token', signal), z.string()))
    return url
  }

  #ask(path: string, signal: AbortSignal, timeoutMs?: number) {
    return askMoonraker(this.#at, { path, signal, ...(timeoutMs !== undefined && { timeoutMs }) })
  }
}

function fits(action: PrinterAction, { state }: PrinterStatus): boolean {
  if (action === 'pause') return state === 'printing' || state === 'pausing' || state === 'resuming'
  if (action === 'resume') return state === 'paused' || state === 'resuming'
  return ['printing', 'pausing', 'paused', 'resuming', 'cancelling'].includes(state)
}

/** What Klipper lacks, and how to mend it. https://www.klipper3d.org/Config_Reference.html#pause_resume */
function limitsOf(objects: ReadonlySet<string>): string[] {
  const limits: string[] = []
  const mend = 'include mainsail.cfg or fluidd.cfg in printer.cfg and restart Klipper'
  if (!objects.has('pause_resume')) {
    return [`Klipper can not pause, resume or stop a print, for it has no [pause_resume]: ${mend}.`]
  }
  if (!objects.has('virtual_sdcard')) {
    limits.push(
      `Klipper tells no place in the file, so layers are guessed: add [virtual_sdcard], or ${mend}.`,
    )
  }
  if (!objects.has('gcode_macro PAUSE')) {
    limits.push(
      `A pause leaves the hot nozzle on the print, for there is no PAUSE macro that parks it: ${mend}.`,
    )
  }
  if (!objects.has('gcode_macro CANCEL_PRINT')) {
    limits.push(`A stop leaves the heaters on, for there is no CANCEL_PRINT macro: ${mend}.`)
  }
  return limits
}
