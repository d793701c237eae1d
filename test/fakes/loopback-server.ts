import { once } from 'node:events'
import type { Server, Socket } from 'node:net'

/** A server on a loopback port of its own that can go away and come back there. */
export interface LoopbackServer {
  port: number
  /** Ends and refuses every connection until `comeBack`. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

/** Lets a server of any kind (TCP, TLS, HTTP) listen. */
export async function listenOnLoopback(server: Server): Promise<LoopbackServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return {
    port: address.port,
    goAway: async () => {
      if (!server.listening) return
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
    comeBack: () => listen(address.port),
  }
}
