import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { checkServerIdentity } from 'node:tls'
import { ConfigError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { openUnjudgedSocket } from '../net/unjudged-socket.ts'
import type { Identity } from './identity.ts'

const connectTimeoutMs = 15_000

/**
 * Opens a TLS connection to the broker with the device's certificate. The broker is checked against the pinned
 * authority and its fixed name, whatever its address. A device whose clock was never set can't judge dates:
 * there the signature and the name count, and the dates do not.
 * @throws UnavailableError where nobody answers; RejectedError where it is another broker than the pinned one.
 */
export async function openBrokerSocket(
  identity: Identity,
  { isClockSet, signal }: { isClockSet: boolean; signal: AbortSignal },
): Promise<TLSSocket> {
  const url = new URL(identity.broker.url)
  if (url.protocol !== 'mqtts:') throw new ConfigError(`not an address of a broker: ${url.href}`)
  const { serverName } = identity.broker
  const options = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 8883),
    servername: serverName,
    ca: identity.authority,
    key: identity.privateKey,
    cert: identity.certificate,
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)])
  const socket = await openUnjudgedSocket(options, limit).catch((cause: unknown) => {
    throw new UnavailableError('the broker does not answer', { cause })
  })
  const refusal = judgePeer(socket, { serverName, authority: identity.authority, isClockSet })
  if (refusal === undefined) return socket
  socket.destroy()
  throw new RejectedError(`not the broker this device was paired with: ${refusal}`)
}

/** Why this peer is not the pinned broker; undefined where it is. */
function judgePeer(
  socket: TLSSocket,
  expected: { serverName: string; authority: string; isClockSet: boolean },
): string | undefined {
  const certificate = socket.getPeerCertificate(true)
  const wrongName = checkServerIdentity(expected.serverName, certificate)
  if (wrongName) return wrongName.message
  if (socket.authorized) return undefined
  const reason = String(socket.authorizationError)
  const isAboutDates = reason === 'CERT_NOT_YET_VALID' || reason === 'CERT_HAS_EXPIRED'
  if (!isAboutDates || expected.isClockSet) return reason
  const own = new X509Certificate(certificate.raw)
  const authority = new X509Certificate(expected.authority)
  return own.checkIssued(authority) && own.verify(authority.publicKey) ? undefined : reason
}
