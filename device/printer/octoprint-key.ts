import { setTimeout as sleep } from 'node:timers/promises'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import { fetchReply, type ReadReply } from '../net/http.ts'
import { printerTimeoutMs } from './printer.ts'

/*
 * Asks OctoPrint for a key of our own, which a person grants in OctoPrint's page.
 * https://docs.octoprint.org/en/1.11.8/bundledplugins/appkeys.html
 */

/** OctoPrint forgets a request that is not asked after for five seconds. */
const askAgainMs = 1_000
const maxReplyBytes = 16 * 1024

const Requested = z.object({ app_token: z.string().regex(/^[\w-]{1,200}$/) })
const Granted = z.object({ api_key: z.string().min(1).max(200) })

export interface KeyRequest {
  url: string
  /** Who asks, as OctoPrint shows it. */
  app: string
  /** Whose key it shall be; whoever answers, by default. */
  user?: string | undefined
  /** Called when a person is to answer, with the page to do it on. */
  onAsked: (page: string) => void
}

/**
 * Asks for a key and waits for a person to answer.
 * @throws RejectedError where it is denied, or this OctoPrint grants no keys; UnavailableError where nobody answers.
 */
export async function requestOctoprintKey(request: KeyRequest, signal: AbortSignal): Promise<string> {
  const base = new URL(request.url.endsWith('/') ? request.url : `${request.url}/`)
  const ask = (path: string, body?: object) =>
    fetchReply({
      method: body === undefined ? 'GET' : 'POST',
      url: new URL(`plugin/appkeys/${path}`, base),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal,
      timeoutMs: printerTimeoutMs,
      maxBytes: maxReplyBytes,
    })
  const probed = await ask('probe')
  if (probed.status !== 204) {
    throw new RejectedError(
      `${base.host} grants no application keys (it answered ${probed.status}): copy a key from its settings`,
    )
  }
  const requested = await ask('request', { app: request.app, ...(request.user && { user: request.user }) })
  if (requested.status === 429) throw new RejectedError(`${base.host} was asked too often: wait ten minutes`)
  if (requested.status !== 201)
    throw new ProtocolError(`${base.host} answered ${requested.status} to our request`)
  const { app_token: token } = readJson(requested, Requested)
  request.onAsked(new URL(`plugin/appkeys/auth/${token}`, base).href)
  return await awaitDecision(() => ask(`request/${token}`), { host: base.host, signal })
}

async function awaitDecision(
  ask: () => Promise<ReadReply>,
  { host, signal }: { host: string; signal: AbortSignal },
): Promise<string> {
  for (;;) {
    await sleep(askAgainMs, undefined, { signal })
    const reply = await ask().catch((error: unknown) => {
      // Asked again in a second; a request it forgot meanwhile is answered with 404.
      if (signal.aborted || !(error instanceof UnavailableError)) throw error
      return undefined
    })
    if (reply === undefined || reply.status === 202) continue
    if (reply.status === 200) return readJson(reply, Granted).api_key
    if (reply.status === 404)
      throw new RejectedError(`the request was denied on ${host}, or waited too long there`)
    throw new ProtocolError(`${host} answered ${reply.status} when asked for its decision`)
  }
}

function readJson<T>(reply: ReadReply, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(reply.bytes).toString('utf8')))
  } catch (cause) {
    throw new ProtocolError("OctoPrint's answer about keys can't be read", { cause })
  }
}
