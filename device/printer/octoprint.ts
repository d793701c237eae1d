import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { ReadReply } from '../net/http.ts'
import { fetchReply } from '../net/http.ts'
import type { OctoPrintConfig } from './config.ts'
import { careForOctoprint } from './octoprint-care.ts'
import { followPush } from './octoprint-push.ts'
import type { LastEnd, PushMessage, Temperatures } from './octoprint-wire.ts'
import {
  causeAfterEvent,
  endAfterEvent,
  JobReply,
  LoginReply,
  PrinterReply,
  toStatus,
  VersionReply,
} from './octoprint-wire.ts'
import type { PausedCare, Printer, PrinterCapabilities, PrinterStatus } from './printer.ts'
import { printerTimeoutMs } from './printer.ts'
import { refuseOtherJob, refuseUnpaused } from './told-job.ts'

const maxReplyBytes = 1024 * 1024
/** Held twice while it is read: more would take the memory the watching needs. Layers are then told by time. */
const maxFileBytes = 128 * 1024 * 1024
const fileTimeoutMs = 120_000

/** OctoPrint's body for each of our actions. Never `toggle`: said twice, it must not turn into its opposite. */
const commands: Record<PrinterAction, object> = {
  pause: { command: 'pause', action: 'pause' },
  resume: { command: 'pause', action: 'resume' },
  cancel: { command: 'cancel' },
}

/**
 * A printer behind OctoPrint's REST API and push socket. https://docs.octoprint.org/en/1.11.8/api/
 * The key needs OctoPrint's permissions Status and Print, and File Download for layers.
 * @throws ConfigError where the address or the key can't be one.
 */
export function openOctoprint(config: OctoPrintConfig, { log }: { log: Logger }): Printer {
  return new Octoprint(parseBase(config.url), checkKey(config.apiKey), log)
}

class Octoprint implements Printer {
  readonly #base: URL
  readonly #apiKey: string
  readonly #log: Logger
  /** What only the push socket tells; forgotten when it is lost. */
  #pushed: {
    zMm?: number | null | undefined
    lastEnd?: LastEnd
    temperatures?: Temperatures
    pauseCause?: PrinterStatus['pauseCause']
  } = {}
  #told: PrinterStatus | undefined

  readonly care: PausedCare = careForOctoprint({
    ask: (ask) => this.#ask(ask),
    checkPaused: async (signal) => refuseUnpaused(this.#told, await this.#read(signal)),
  })

  constructor(base: URL, apiKey: string, log: Logger) {
    this.#base = base
    this.#apiKey = apiKey
    this.#log = log
  }

  async probe(signal: AbortSignal): Promise<PrinterCapabilities> {
    const version = await this.#get('api/version', VersionReply, signal)
    const { needs } = await this.#logIn(signal)
    const mayDo = (role: string) => needs === undefined || needs.role.includes(role)
    const mend = "to the key's user in OctoPrint under Settings, Access Control"
    const limits = [
      ...(mayDo('status') ? [] : [`The API key may not read the printer's state: give "Status" ${mend}.`]),
      ...(mayDo('print') ? [] : [`The API key may not pause or stop prints: give "Print" ${mend}.`]),
      ...(mayDo('files_download')
        ? []
        : [`The API key may not read G-code, so layers are guessed: give "File Download" ${mend}.`]),
      ...(needs === undefined ? ['This OctoPrint does not tell what the API key may do.'] : []),
    ]
    return { description: version.text, actions: mayDo('print') ? ['pause', 'resume', 'cancel'] : [], limits }
  }

  async status(signal: AbortSignal): Promise<PrinterStatus> {
    this.#told = await this.#read(signal)
    return this.#told
  }

  async #read(signal: AbortSignal): Promise<PrinterStatus> {
    const [printer, job] = await Promise.all([
      this.#ask({ path: 'api/printer?exclude=sd', signal }),
      this.#get('api/job', JobReply, signal),
    ])
    // Answered 409 while no printer is connected to OctoPrint.
    if (printer.status === 409) return { state: 'offline' }
    const { state, temperature } = parseReply(printer, PrinterReply)
    const { lastEnd, zMm, pauseCause } = this.#pushed
    return toStatus({ flags: state.flags, job, lastEnd, zMm, temperatures: temperature, pauseCause })
  }

  async watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void> {
    const url = new URL('sockjs/websocket', this.#base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    let last = ''
    await followPush(
      {
        url,
        logIn: (ended) => this.#logIn(ended),
        onMessage: (message) => {
          const status = this.#hear(message)
          if (status === undefined) return
          // Temperatures sway all the time, which is no news.
          const words = JSON.stringify({ ...status, temperatures: undefined })
          this.#told = status
          if (words !== last) onStatus(status)
          last = words
        },
        onLost: () => {
          this.#pushed = {}
        },
        log: this.#log,
      },
      signal,
    )
  }

  async act(action: PrinterAction, signal: AbortSignal): Promise<void> {
    if (this.#told?.job) refuseOtherJob(this.#told, await this.#read(signal))
    const reply = await this.#ask({ path: 'api/job', body: commands[action], signal })
    if (reply.status === 409) throw new RejectedError(`OctoPrint refuses to ${action}: ${reasonIn(reply)}`)
    // Anything but 204 comes from something that is not OctoPrint, such as a proxy's login page.
    if (reply.status !== 204) throw new ProtocolError(`OctoPrint answered ${reply.status} to ${action}`)
  }

  async file(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { job } = await this.#get('api/job', JobReply, signal)
    if (job.file?.origin !== 'local' || !job.file.path) return undefined
    // Made from our own address: the one in OctoPrint's reply might lead the key elsewhere.
    const path = job.file.path.split('/').map(encodeURIComponent).join('/')
    const reply = await this.#ask({
      path: `downloads/files/local/${path}`,
      signal,
      timeoutMs: fileTimeoutMs,
      maxBytes: maxFileBytes,
    })
    if (reply.status === 404) return undefined
    if (reply.status !== 200) throw new ProtocolError(`OctoPrint answered ${reply.status} for its file`)
    return reply.bytes
  }

  /** Takes in what the socket told; gives the status where it told one that can be read. */
  #hear(message: PushMessage): PrinterStatus | undefined {
    if (message.event !== undefined) {
      this.#pushed.lastEnd = endAfterEvent(this.#pushed.lastEnd, message.event)
      this.#pushed.pauseCause = causeAfterEvent(this.#pushed.pauseCause, message.event)
    }
    const current = message.current ?? message.history
    if (current === undefined) return undefined
    this.#pushed.zMm = current.currentZ
    this.#pushed.temperatures = current.temps?.at(-1) ?? this.#pushed.temperatures
    try {
      return toStatus({ flags: current.state.flags, job: current, lastEnd: undefined, ...this.#pushed })
    } catch (error) {
      this.#log.warn({ err: error }, 'OctoPrint pushed a state that cannot be read')
      return undefined
    }
  }

  async #logIn(signal: AbortSignal): Promise<LoginReply> {
    return parseReply(await this.#ask({ path: 'api/login', body: { passive: true }, signal }), LoginReply)
  }

  async #get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return parseReply(await this.#ask({ path, signal }), schema)
  }

  /** One exchange with the key. Gives replies of 200 to 299, 404 and 409; throws for the others. */
  async #ask(ask: {
    path: string
    body?: object
    signal: AbortSignal
    timeoutMs?: number
    maxBytes?: number
  }): Promise<ReadReply> {
    const reply = await fetchReply({
      method: ask.body === undefined ? 'GET' : 'POST',
      url: new URL(ask.path, this.#base),
      headers: { 'x-api-key': this.#apiKey, ...(ask.body && { 'content-type': 'application/json' }) },
      ...(ask.body && { body: JSON.stringify(ask.body) }),
      signal: ask.signal,
      timeoutMs: ask.timeoutMs ?? printerTimeoutMs,
      maxBytes: ask.maxBytes ?? maxReplyBytes,
    })
    const { status } = reply
    if (status === 401 || status === 403) throw new RejectedError('OctoPrint refused the API key')
    if (status === 429 || status >= 500) throw new UnavailableError(`OctoPrint answered ${status}`)
    if (status >= 300 && status < 400) {
      // Not followed: the key goes nowhere but to the configured address.
      const to = reply.header('location') ?? 'another address'
      throw new ProtocolError(`${this.#base.href} redirects to ${to}: configure the address itself`)
    }
    if (status >= 400 && status !== 404 && status !== 409) {
      throw new ProtocolError(`OctoPrint answered ${status}`)
    }
    return reply
  }
}

function parseReply<T>(reply: ReadReply, schema: z.ZodType<T>): T {
  if (reply.status !== 200) throw new ProtocolError(`what answers ${reply.status} is no OctoPrint`)
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(reply.bytes).toString('utf8'))
  } catch (error) {
    throw new ProtocolError('what answers is no OctoPrint: it does not send JSON', { cause: error })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new ProtocolError("OctoPrint's answer can't be read", { cause: parsed.error })
  return parsed.data
}

/** OctoPrint's own words for a refusal, for a person to read; never branched on. */
function reasonIn(reply: ReadReply): string {
  return Buffer.from(reply.bytes).toString('utf8').replace(/\s+/g, ' ').slice(0, 200)
}

function parseBase(address: string): URL {
  const url = URL.parse(address.endsWith('/') ? address : `${address}/`)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(`not an address of an OctoPrint: ${address}`)
  }
  return url
}

function checkKey(apiKey: string | undefined): string {
  if (apiKey === undefined)
    throw new ConfigError('there is no key of this OctoPrint yet: run npm run agent -- pair-printer')
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new ConfigError('the OctoPrint API key holds unusable characters')
  return apiKey
}
