import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { answerLogin, type Login } from '../net/http-login.ts'

const timeoutMs = 3_000
const maxReplyBytes = 16 * 1024

/**
 * Asks an RTSP camera to describe its stream, to find out why it can't be read; returns where it answers as it
 * should. https://www.rfc-editor.org/rfc/rfc2326#section-10.2
 * @throws RejectedError for a refused login; ProtocolError for a wrong path or no RTSP; UnavailableError
 */
export async function askRtsp(url: URL, login: Login | undefined, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const first = await describe(url, limit)
    const answer = login && answerLogin(challengesIn(first.head), login)
    const authorization = answer?.headerFor('DESCRIBE', url.href)
    const reply = first.status === 401 && authorization ? await describe(url, limit, authorization) : first
    judgeStatus(reply.status, { url, hasLogin: login !== undefined })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof RejectedError || error instanceof ProtocolError || error instanceof UnavailableError)
      throw error
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it does not answer'
    throw new UnavailableError(`cannot reach ${url.host} (${why})`, { cause: error })
  }
}

/** The path of an address for people, unless it may hold a login: some cameras want it as `/user=…_password=…`. */
export function showPath({ pathname }: URL): string {
  return /[=&;]|pass|pwd/i.test(pathname) ? '/…' : pathname
}

function judgeStatus(status: number, { url, hasLogin }: { url: URL; hasLogin: boolean }): void {
  if (status === 401 || status === 403) {
    throw new RejectedError(`${url.host} ${hasLogin ? 'refused the login' : 'wants a login'}`)
  }
  if (status === 404) throw new ProtocolError(`${url.host} has no stream at its path ${showPath(url)}`)
  if (status >= 500) throw new UnavailableError(`${url.host} answered ${status}`)
}

/** A camera may offer several ways to log in, a line each. */
function challengesIn(head: string): string {
  return [...head.matchAll(/^www-authenticate:(.*)$/gim)].map(([, value]) => value?.trim()).join(', ')
}

async function describe(
  url: URL,
  signal: AbortSignal,
  authorization?: string,
): Promise<{ status: number; head: string }> {
  const socket = open(url)
  const abort = () => socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await once(socket, url.protocol === 'rtsps:' ? 'secureConnect' : 'connect', { signal })
    const lines = [`DESCRIBE ${url.href} RTSP/1.0`, 'CSeq: 1', 'Accept: application/sdp']
    if (authorization) lines.push(`Authorization: ${authorization}`)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    let head = ''
    for await (const chunk of socket) {
      head += String(chunk)
      if (/\r?\n\r?\n/.test(head) || head.length > maxReplyBytes) break
    }
    const status = /^RTSP\/1\.\d (\d{3})/.exec(head)?.[1]
    if (status === undefined) throw new ProtocolError(`what ${url.host} answers is not RTSP`)
    return { status: Number(status), head }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

/** Cameras sign their own certificates: as with ffmpeg, nothing is proved by them. */
function open(url: URL): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isSecure = url.protocol === 'rtsps:'
  const port = Number(url.port || (isSecure ? 322 : 554))
  const socket = isSecure ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port })
  return socket.on('error', () => undefined)
}
