import { once } from 'node:events'
import { createServer } from 'node:net'

/** @throws Error with what to do, where the page's port cannot be had. 0 always can. */
export async function requireFreePort({ port, host }: { port: number; host: string }): Promise<void> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be had (${code ?? 'unknown'})`
    throw new Error(`Port ${port} ${why}. Name another with --port, such as --port ${port + 1}.`, { cause })
  }
}
