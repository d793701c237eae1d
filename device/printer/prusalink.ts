import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PrinterAction } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { ReadReply } from '../net/http.ts'
import { fetchReply } from '../net/http.ts'
import type { LoginAnswer } from '../net/http-login.ts'
import { answerLogin } from '../net/http-login.ts'
import type { PrusaLinkConfig } from './config.ts'
import type { Printer, PrinterCapabilities, PrinterStatus } from './printer.ts'
import { printerTimeoutMs } from './printer.ts'
import {
  InfoReply,
  isBinaryGcode,
  isNamedBinary,
  JobReply,
  StatusReply,
  toStatus,
  VersionReply,
} from './prusalink-wire.ts'
import { refuseOtherJob } from './told-job.ts'

const maxReplyBytes = 256 * 1024
/** Held twice while it is read: more would take the memory the watching needs. Layers are then told by time. */
const maxFileBytes = 128 * 1024 * 1024
const fileTimeoutMs = 120_000
/** PrusaLink tells nothing by itself, and a printer's processor has other things to do. */
const pollMs = 2_000

type Method = 'GET' | 'PUT' | 'DELETE'

interface Question {
  path: string
  method?: Method
  signal: AbortSignal
  timeoutMs?: number
  maxBytes?: number
}

/**
 * A Prusa printer behind PrusaLink's HTTP API, by digest login or by API key.
 * https://github.com/prusa3d/Prusa-Link-Web/blob/master/spec/openapi.yaml
 * @throws ConfigError where the address or the key can't be one.
 */
export function openPrusaLink(config: PrusaLinkConfig, { log }: { log: Logger }): Printer {
  const base = URL.parse(config.url.endsWith('/') ? config.url : `${config.url}/`)
  if (base === null || !['http:', 'https:'].includes(base.protocol)) {
    throw new ConfigError(`not an address of a PrusaLink: ${config.url}`)
  }
  if (config.apiKey !== undefined && !/^[\x21-\x7e]+$/.test(config.apiKey)) {
    throw new ConfigError('the PrusaLink API key holds unusable characters')
  }
  return new PrusaLink(base, config, log)
}

class PrusaLink implements Printer {
  readonly #base: URL
  readonly #config: PrusaLinkConfig
  readonly #log: Logger
  #login: LoginAnswer | undefined
  #told: PrinterStatus | undefined
  /** The job's file, asked for once a job. */
  #job: JobReply | undefined
  #saidBinaryOf: number | undefined

  constructor(base: URL, config: PrusaLinkConfig, log: Logger) {
    this.#base = base
    this.#config = config
    this.#log = log
  }

  async probe(signal: AbortSignal): Promise<PrinterCapabilities> {
    const version = parseReply(await this.#ask({ path: 'api/version', signal }), VersionReply)
    const info = parseReply(await this.#ask({ path: 'api/v1/info', signal }), InfoReply)
    await this.#read(signal)
    const words = [
      version.text ?? 'PrusaLink',
      version.firmware ?? version.server,
      info.hostname && `(${info.hostname})`,
    ]
    const isBinary = isNamedBinary(this.#job)
    return {
      description: words.filter(Boolean).join(' '),
      // Whoever may log in may do all of it.
      actions: ['pause', 'resume', 'cancel'],
      limits: isBinary ? [binaryLimit] : [],
    }
  }

  async status(signal: AbortSignal): Promise<PrinterStatus> {
    this.#told = await this.#read(signal)
    return this.#told
  }

  async watch(onStatus: (status: PrinterStatus) => void, signal: AbortSignal): Promise<void> {
    let last = ''
    while (!signal.aborted) {
      try {
        const status = await this.status(signal)
        const words = JSON.stringify({ ...status, temperatures: undefined })
        if (words !== last) onStatus(status)
        last = words
      } catch (error) {
        // A lost printer is told by `status`; here the next round simply tries again.
        if (!signal.aborted) this.#log.debug({ err: error }, 'PrusaLink did not tell its state')
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async act(action: PrinterAction, signal: AbortSignal): Promise<void> {
    const now = await this.#read(signal)
    refuseOtherJob(this.#told, now)
    const id = now.job?.runId
    if (id === undefined) throw new RejectedError(`PrusaLink has no job to ${action}`)
    // The job's number stands in the call: PrusaLink itself refuses it once another one runs.
    const [method, path] = callOf(action, id)
    const reply = await this.#ask({ method, path, signal })
    if (reply.status === 409 || reply.status === 404) {
      throw new RejectedError(`PrusaLink refuses to ${action}: the printer is ${now.state}`)
    }
    if (reply.status !== 204) throw new ProtocolError(`PrusaLink answered ${reply.status} to ${action}`)
  }

  /** Undefined for binary G-code too: its layers can't be found, so time counts in their place. */
  async file(signal: AbortSignal): Promise<Uint8Array | undefined> {
    await this.#read(signal)
    const job = this.#job
    const download = job?.file?.refs?.download
    if (job === undefined || !download) return undefined
    if (isNamedBinary(job)) {
      this.#sayBinary(job)
      return undefined
    }
    // On our own address only: the login goes nowhere else.
    const url = URL.parse(download, this.#base.href)
    if (url?.origin !== this.#base.origin) return undefined
    const path = `${url.pathname}${url.search}`
    const reply = await this.#ask({ path, signal, timeoutMs: fileTimeoutMs, maxBytes: maxFileBytes })
    // The printer's own firmware gives no file while it prints it.
    if (reply.status === 404 || reply.status === 409) return undefined
    if (reply.status !== 200) throw new ProtocolError(`PrusaLink answered ${reply.status} for its file`)
    if (!isBinaryGcode(reply.bytes)) return reply.bytes
    this.#sayBinary(job)
    return undefined
  }

  /** Says once a job that its file tells no layers. */
  #sayBinary(job: JobReply): void {
    if (job.id !== this.#saidBinaryOf) this.#log.info({ limit: binaryLimit }, 'the job is binary G-code')
    this.#saidBinaryOf = job.id
  }

  async #read(signal: AbortSignal): Promise<PrinterStatus> {
    const status = parseReply(await this.#ask({ path: 'api/v1/status', signal }), StatusReply)
    if (status.job == null) this.#job = undefined
    else if (this.#job?.id !== status.job.id) this.#job = await this.#readJob(signal)
    return toStatus(status, this.#job?.id === status.job?.id ? this.#job : undefined)
  }

  async #readJob(signal: AbortSignal): Promise<JobReply | undefined> {
    const reply = await this.#ask({ path: 'api/v1/job', signal })
    return reply.status === 204 ? undefined : parseReply(reply, JobReply)
  }

  /** One exchange, logged in. Gives replies of 200 to 299, 404 and 409; throws for the others. */
  async #ask(question: Question): Promise<ReadReply> {
    let reply = await this.#send(question)
    const wanted = reply.header('www-authenticate')
    const { username, password } = this.#config
    if (reply.status === 401 && wanted !== undefined && password !== undefined) {
      // Asked for the first time, or the nonce is old: once more with what it wants now.
      this.#login = answerLogin(wanted, { username, password })
      if (this.#login === undefined) throw new RejectedError('PrusaLink wants a login we do not know')
      reply = await this.#send(question)
    }
    return checkReply(reply, this.#base)
  }

  #send({ path, method = 'GET', signal, ...limits }: Question): Promise<ReadReply> {
    const url = new URL(path, this.#base)
    const authorization = this.#login?.headerFor(method, `${url.pathname}${url.search}`)
    const { apiKey } = this.#config
    return fetchReply({
      method,
      url,
      headers: {
        accept: 'application/json',
        ...(apiKey !== undefined && { 'x-api-key': apiKey }),
        ...(authorization !== undefined && { authorization }),
      },
      signal,
      timeoutMs: limits.timeoutMs ?? printerTimeoutMs,
      maxBytes: limits.maxBytes ?? maxReplyBytes,
    })
  }
}

const binaryLimit =
  'The job is binary G-code (.bgcode), which tells no layers: they are guessed by time. ' +
  'For layers switch off "Supports binary G-code" in PrusaSlicer’s printer settings.'

function callOf(action: PrinterAction, id: string): [Method, string] {
  const path = `api/v1/job/${encodeURIComponent(id)}`
  return action === 'cancel' ? ['DELETE', path] : ['PUT', `${path}/${action}`]
}

function checkReply(reply: ReadReply, base: URL): ReadReply {
  const { status } = reply
  if (status === 401 || status === 403) {
    throw new RejectedError(
      "PrusaLink refused the login: copy user and password from the printer's screen, Settings, Network, PrusaLink",
    )
  }
  if (status === 429 || status >= 500) throw new UnavailableError(`PrusaLink answered ${status}`)
  if (status >= 300 && status < 400) {
    // Not followed: the login goes nowhere but to the configured address.
    const to = reply.header('location') ?? 'another address'
    throw new ProtocolError(`${base.href} redirects to ${to}: configure the address itself`)
  }
  if (status >= 400 && status !== 404 && status !== 409)
    throw new ProtocolError(`PrusaLink answered ${status}`)
  return reply
}

function parseReply<T>(reply: ReadReply, schema: z.ZodType<T>): T {
  if (reply.status !== 200) throw new ProtocolError(`what answers ${reply.status} is no PrusaLink`)
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(reply.bytes).toString('utf8'))
  } catch (error) {
    throw new ProtocolError('what answers is no PrusaLink: it does not send JSON', { cause: error })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new ProtocolError("PrusaLink's answer can't be read", { cause: parsed.error })
  return parsed.data
}
