import { lookup } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'

/** What is sent to an address that a person or their browser named. */
export interface Post {
  method?: 'POST' | 'PUT'
  headers: Record<string, string>
  body: Uint8Array | string
  signal: AbortSignal
  /** Whether this address may be called, whatever the name it came from. */
  mayCall: (address: string) => boolean
  /** So much of the answer is read; nothing of it by default. */
  readBytes?: number
}

/** What came back. A redirect is an answer like any other: it is not followed. */
export interface Answer {
  status: number
  /** The beginning of the body, as far as it was asked for. */
  text: string
}

/**
 * Sends once. The name is looked up at the moment of the call and the connection goes to the very address that
 * was checked, so that it cannot mean another one in between.
 * @throws RejectedError where the address may not be called, or whatever ends the connection.
 */
export async function post(endpoint: string, options: Post): Promise<Answer> {
  const { method = 'POST', headers, body, signal, mayCall, readBytes = 0 } = options
  const url = new URL(endpoint)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayCall(host)) throw refusal(host)
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const length = Buffer.byteLength(body)
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      {
        method,
        headers: { ...headers, 'content-length': length },
        signal,
        agent: false,
        lookup: lookUpOnly(mayCall),
      },
      (response) => {
        readSome(response, readBytes).then(
          (text) => resolve({ status: response.statusCode ?? 0, text }),
          reject,
        )
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

async function readSome(response: IncomingMessage, bytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  if (bytes > 0) {
    for await (const chunk of response) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= bytes) break
    }
  }
  response.destroy()
  return Buffer.concat(chunks).subarray(0, bytes).toString()
}

function lookUpOnly(mayCall: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '')
      const good = found.filter(({ address }) => mayCall(address))
      const [first] = good
      if (!first) return done(refusal(host), '')
      if (options.all) done(null, good)
      else done(null, first.address, first.family)
    })
  }
}

function refusal(host: string): RejectedError {
  return new RejectedError(
    `${host} is not on the public internet, and this server calls no other address unless its operator allows it`,
  )
}

const timeoutMs = 10_000

/**
 * Sends, and tells in a person's words why it could not.
 * @param service what is called, such as `ntfy.sh`, as a sentence begins.
 * @throws RejectedError where the address may not be called, UnavailableError where nobody answered in time.
 */
export async function postTo(service: string, endpoint: string, options: Post): Promise<Answer> {
  const { signal } = options
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    return await post(endpoint, { ...options, signal: AbortSignal.any([signal, limit]) })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof RejectedError) throw cause
    if (limit.aborted) throw new UnavailableError(`${service} did not answer within 10 s`, { cause })
    throw new UnavailableError(`${service} can’t be reached`, { cause })
  }
}

/**
 * Turns an answer that is no success into the error it means.
 * @param words what this service means by a status, where it means something of its own.
 */
export function checkAnswer(service: string, { status }: Answer, words: Record<number, string> = {}): void {
  if (status >= 200 && status < 300) return
  const own = words[status]
  if (own) throw new RejectedError(own)
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    throw new UnavailableError(`${service} is busy (${status})`)
  }
  if (status >= 300 && status < 400) {
    throw new RejectedError(`${service} sends us elsewhere (${status}), and we do not follow`)
  }
  throw new RejectedError(`${service} refused it (${status})`)
}
