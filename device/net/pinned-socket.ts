import { isIP } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { openUnjudgedSocket } from './unjudged-socket.ts'

/** A peer that makes its own certificate, or has one no authority we know has signed. */
export interface PinnedPeer {
  host: string
  port: number
  /** SHA-256 of its certificate as `AB:CD:…`; undefined where nobody has pinned it yet. */
  fingerprint: string | undefined
}

const connectTimeoutMs = 5_000

/**
 * Opens a TLS connection to a peer that is known by its certificate's fingerprint alone. Nothing is sent, no
 * password above all, to a peer of another fingerprint or to one that nobody pinned: its fingerprint is told in
 * the error instead, for a person to write down.
 * @throws UnavailableError where nobody answers; RejectedError where it is another than the pinned one.
 */
export async function openPinnedSocket(peer: PinnedPeer, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port } = peer
  const options = { host, port, ...(isIP(host) === 0 && { servername: host }) }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)])
  const socket = await openUnjudgedSocket(options, limit).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason
    throw new UnavailableError(`cannot reach ${host}:${port} (${reasonOf(cause, limit)})`, { cause })
  })
  // Whoever takes the socket over listens for errors of its own; one that comes before that ends nothing.
  socket.on('error', () => undefined)
  const certificate = socket.getPeerCertificate()
  const refusal = judgePeer(certificate, peer)
  if (refusal === undefined) return socket
  socket.destroy()
  throw new RejectedError(refusal)
}

/** Why this peer is not to be spoken to; undefined where it is the pinned one. */
function judgePeer(
  certificate: PeerCertificate,
  { host, port, fingerprint }: PinnedPeer,
): string | undefined {
  const shown = certificate.fingerprint256
  if (!shown) return `${host}:${port} shows no certificate`
  if (fingerprint !== undefined && shown === fingerprint.toUpperCase()) return undefined
  const subject: unknown = certificate.subject?.CN
  const name = typeof subject === 'string' ? ` in the name of ${subject.slice(0, 100)}` : ''
  const what = `${host}:${port} shows a certificate${name} with the fingerprint ${shown}`
  if (fingerprint === undefined) {
    return `${what}: nobody has pinned it yet. If this is your printer, write fingerprint: ${shown} into the configuration`
  }
  return `${what}, which is not the pinned one: was the printer exchanged, reset or updated? Only then pin the new one`
}

function reasonOf(error: unknown, limit: AbortSignal): string {
  if (limit.aborted) return `no answer within ${connectTimeoutMs / 1000} s`
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : 'unknown'
}
