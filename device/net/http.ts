import type { Readable } from 'node:stream'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { errors, request } from 'undici'

/** One request to a camera or a printer. Redirects are never followed: they come back as they are. */
export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: URL
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Ends the connecting, the waiting and the reading. */
  signal: AbortSignal
}

/** What came back, its body not read yet. Read it or destroy it. */
export interface HttpReply {
  status: number
  /** The header of that name in lower case; several of one name are joined by a comma. */
  header(name: string): string | undefined
  body: Readable
}

/** A reply read to its end. */
export interface ReadReply extends Omit<HttpReply, 'body'> {
  bytes: Uint8Array
}

/**
 * Sends a request and waits for the head of its reply.
 * @throws UnavailableError where nobody answers; ProtocolError where the answer is no HTTP.
 */
export async function openReply(wanted: HttpRequest): Promise<HttpReply> {
  try {
    const reply = await request(wanted.url, {
      method: wanted.method ?? 'GET',
      headers: { ...wanted.headers },
      body: wanted.body ?? null,
      signal: wanted.signal,
    })
    return { status: reply.statusCode, header: (name) => joined(reply.headers[name]), body: reply.body }
  } catch (error) {
    throw explain(error, { host: wanted.url.host, signal: wanted.signal })
  }
}

/**
 * Sends a request and reads the whole reply, within one time limit and one size.
 * @throws UnavailableError where nobody answers, or not in time; ProtocolError where the answer is no HTTP or
 * too large. Ends with the signal's reason where the caller gave up.
 */
export async function fetchReply(
  wanted: HttpRequest & { timeoutMs: number; maxBytes: number },
): Promise<ReadReply> {
  const deadline = AbortSignal.timeout(wanted.timeoutMs)
  try {
    const reply = await openReply({ ...wanted, signal: AbortSignal.any([wanted.signal, deadline]) })
    const bytes = await readBody(reply.body, wanted.maxBytes)
    return { status: reply.status, header: reply.header, bytes }
  } catch (error) {
    if (wanted.signal.aborted) throw wanted.signal.reason
    if (!deadline.aborted) throw explain(error, { host: wanted.url.host, signal: wanted.signal })
    const seconds = wanted.timeoutMs / 1000
    throw new UnavailableError(`${wanted.url.host} did not answer within ${seconds} s`, { cause: error })
  }
}

/** Reads a body to its end. @throws ProtocolError where it is longer than that. */
export async function readBody(body: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a body gives bytes')
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new ProtocolError(`more than ${maxBytes} bytes were sent`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Lets go of a reply whose body nobody reads. */
export function discard(reply: HttpReply): void {
  // Destroying a body half way makes it report an abort, which is what was wanted.
  reply.body.on('error', () => undefined).destroy()
}

/** The error of our kinds that a failed exchange amounts to. */
export function explain(error: unknown, { host, signal }: { host: string; signal: AbortSignal }): unknown {
  if (isOurs(error)) return error
  if (signal.aborted) return signal.reason
  if (error instanceof errors.InvalidArgumentError) return error
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return new ProtocolError(`what ${host} answers is not HTTP`, { cause: error })
  }
  return new UnavailableError(`cannot reach ${host} (${reasonOf(error)})`, { cause: error })
}

function isOurs(error: unknown): boolean {
  return [UnavailableError, ProtocolError, RejectedError].some((kind) => error instanceof kind)
}

/** The system's code, such as ECONNREFUSED, of this error or of what caused it. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.message
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
