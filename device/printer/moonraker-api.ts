import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import type { ReadReply } from '../net/http.ts'
import { fetchReply } from '../net/http.ts'
import type { MoonrakerConfig } from './config.ts'
import { printerTimeoutMs } from './printer.ts'

/*
 * One exchange with Moonraker over HTTP, and the calls that stand beside the printer's port.
 * https://moonraker.readthedocs.io/en/latest/external_api/introduction/, version 0.11
 */

const maxReplyBytes = 1024 * 1024
/** Klipper halts within milliseconds; its answer tells only that it was heard. */
const emergencyTimeoutMs = 5_000

/** Where a Moonraker is, and the key to it. */
export interface MoonrakerAddress {
  base: URL
  /** Not needed where Moonraker trusts this machine's address. */
  apiKey: string | undefined
}

/** @throws ConfigError where the address or the key can't be one. */
export function parseMoonraker({ url, apiKey }: MoonrakerConfig): MoonrakerAddress {
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`)
  if (base === null || !['http:', 'https:'].includes(base.protocol)) {
    throw new ConfigError(`not an address of a Moonraker: ${url}`)
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigError('the Moonraker API key holds unusable characters')
  }
  return { base, apiKey }
}

export interface MoonrakerQuestion {
  path: string
  method?: 'GET' | 'POST'
  signal: AbortSignal
  timeoutMs?: number
  maxBytes?: number
}

/**
 * Asks once. Gives replies of 200, 400, 404 and 503, which tell of Klipper rather than of Moonraker.
 * @throws RejectedError where the key is refused; UnavailableError; ProtocolError
 */
export async function askMoonraker(
  { base, apiKey }: MoonrakerAddress,
  question: MoonrakerQuestion,
): Promise<ReadReply> {
  const reply = await fetchReply({
    method: question.method ?? 'GET',
    url: new URL(question.path, base),
    headers: apiKey === undefined ? {} : { 'x-api-key': apiKey },
    signal: question.signal,
    timeoutMs: question.timeoutMs ?? printerTimeoutMs,
    maxBytes: question.maxBytes ?? maxReplyBytes,
  })
  const { status } = reply
  if (status === 401 || status === 403) throw new RejectedError(refusalOf(apiKey))
  if (status === 200 || status === 400 || status === 404) return reply
  if (status === 503 && parseJson(reply) !== undefined) return reply
  if (status === 429 || status >= 500) throw new UnavailableError(`Moonraker answered ${status}`)
  if (status >= 300 && status < 400) {
    // Not followed: the key goes nowhere but to the configured address.
    const to = reply.header('location') ?? 'another address'
    throw new ProtocolError(`${base.href} redirects to ${to}: configure the address itself`)
  }
  throw new ProtocolError(`Moonraker answered ${status}`)
}

/** The `result` of a reply of 200. @throws ProtocolError where it is none of Moonraker's. */
export function readResult<T>(reply: ReadReply, schema: z.ZodType<T>): T {
  if (reply.status !== 200) throw new ProtocolError(`what answers ${reply.status} is no Moonraker`)
  const json = parseJson(reply)
  if (json === undefined) throw new ProtocolError('what answers is no Moonraker: it does not send JSON')
  const parsed = z.object({ result: schema }).safeParse(json)
  if (!parsed.success) throw new ProtocolError("Moonraker's answer can't be read", { cause: parsed.error })
  return parsed.data.result
}

/** Moonraker's own words for an error, for a person to read; never branched on. */
export function errorText(reply: ReadReply): string {
  const body = z.object({ error: z.object({ message: z.string() }) }).safeParse(parseJson(reply))
  return (body.data?.error.message ?? `it answered ${reply.status}`).replace(/\s+/g, ' ').slice(0, 200)
}

/**
 * Halts the printer at once, heaters off: the print is lost and Klipper needs a restart by a person. Never part of
 * an ordinary pause or stop; for the owner who names it as what to do when a pause failed.
 * https://moonraker.readthedocs.io/en/latest/external_api/printer/#emergency-stop
 * @throws UnavailableError | RejectedError | ProtocolError
 */
export async function stopAtOnce(config: MoonrakerConfig, signal: AbortSignal): Promise<void> {
  const reply = await askMoonraker(parseMoonraker(config), {
    path: 'printer/emergency_stop',
    method: 'POST',
    signal,
    timeoutMs: emergencyTimeoutMs,
  })
  // Klipper may be gone before it has answered: what was wanted.
  if (reply.status === 503) return
  if (reply.status === 400) throw new RejectedError(`Klipper refuses to halt: ${errorText(reply)}`)
  readResult(reply, z.unknown())
}

/** A camera that Moonraker knows of. */
export interface Webcam {
  name: string
  /** Absolute addresses; absent where the camera has none. */
  streamUrl?: string
  snapshotUrl?: string
  flipHorizontal: boolean
  flipVertical: boolean
  /** Clockwise, as the owner set it: 0, 90, 180 or 270. */
  rotationDegrees: number
}

const WebcamList = z.object({
  webcams: z
    .array(
      z.object({
        name: z.string().max(200),
        enabled: z.boolean().default(true),
        stream_url: z.string().max(2000).default(''),
        snapshot_url: z.string().max(2000).default(''),
        flip_horizontal: z.boolean().default(false),
        flip_vertical: z.boolean().default(false),
        rotation: z.number().default(0).catch(0),
      }),
    )
    .max(100),
})

/** Moonraker's own port: what answers there serves no camera, the web server on port 80 does. */
const moonrakerPort = '7125'

/**
 * The cameras that Mainsail or Fluidd show for this printer.
 * https://moonraker.readthedocs.io/en/latest/external_api/webcams/
 * @throws UnavailableError | RejectedError | ProtocolError
 */
export async function listWebcams(config: MoonrakerConfig, signal: AbortSignal): Promise<Webcam[]> {
  const at = parseMoonraker(config)
  const reply = await askMoonraker(at, { path: 'server/webcams/list', signal })
  const site = new URL('/', at.base)
  if (site.port === moonrakerPort) site.port = ''
  const absolute = (address: string) => (address === '' ? undefined : URL.parse(address, site.href)?.href)
  return readResult(reply, WebcamList)
    .webcams.filter(({ enabled }) => enabled)
    .map((webcam) => {
      const streamUrl = absolute(webcam.stream_url)
      const snapshotUrl = absolute(webcam.snapshot_url)
      return {
        name: webcam.name,
        ...(streamUrl !== undefined && { streamUrl }),
        ...(snapshotUrl !== undefined && { snapshotUrl }),
        flipHorizontal: webcam.flip_horizontal,
        flipVertical: webcam.flip_vertical,
        rotationDegrees: webcam.rotation,
      }
    })
}

function refusalOf(apiKey: string | undefined): string {
  const mend = "copy the key that Mainsail or Fluidd shows as Moonraker's API key into apiKey"
  return apiKey === undefined
    ? `Moonraker lets nobody in from this address: add it to trusted_clients in moonraker.conf, or ${mend}`
    : `Moonraker refused the API key: ${mend}`
}

function parseJson(reply: ReadReply): unknown {
  try {
    return JSON.parse(Buffer.from(reply.bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
