import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on loopback that can be cut and mended. */
export interface Cable {
  port: number
  /** Ends what goes through it and refuses what is new. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** Lays a cable to a port. */
export async function layCable(toPort: number): Promise<Cable> {
  const open = new Set<Socket>()
  let isCut = false
  const hold = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
  }
  const server = createServer((near) => {
    hold(near)
    if (isCut) return near.destroy()
    const far = connect(toPort, '127.0.0.1')
    hold(far)
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = () => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    mend: () => {
      isCut = false
    },
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
