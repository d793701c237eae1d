import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/**
 * Opens a TLS connection (1.2 at least) to a peer that no public authority vouches for. Who it is must be judged
 * by the caller, before a byte is sent.
 * @throws whatever kept it from being opened; an AbortError where the limit came first.
 */
export async function openUnjudgedSocket(options: ConnectionOptions, limit: AbortSignal): Promise<TLSSocket> {
  const socket = connect({ ...options, minVersion: 'TLSv1.2', rejectUnauthorized: false })
  socket.setNoDelay(true)
  try {
    await once(socket, 'secureConnect', { signal: limit })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}
