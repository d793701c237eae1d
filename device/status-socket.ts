import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'

/*
 * The socket in the data folder on which a running agent says how it is, one JSON text a connection. It also
 * keeps a second agent off the same folder.
 */

const timeoutMs = 5_000

function socketOf(dataDir: string): string {
  return join(dataDir, 'agent.sock')
}

/**
 * Answers on the data folder's socket until closed.
 * @throws ConfigError where another agent already does.
 */
export async function answerStatus(dataDir: string, describe: () => Promise<unknown>): Promise<Server> {
  const path = socketOf(dataDir)
  if (await askStatus(dataDir).catch(() => undefined)) {
    throw new ConfigError('another agent runs on this data folder', {
      problems: [`dataDir: another agent runs on ${dataDir}; stop it, or name another folder`],
    })
  }
  await rm(path, { force: true })
  const server = createServer((socket) => void reply(socket, describe))
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  server.unref()
  return server
}

/**
 * Asks the agent that runs on this data folder how it is.
 * @throws UnavailableError where none runs.
 */
export async function askStatus(dataDir: string): Promise<unknown> {
  const socket = createConnection(socketOf(dataDir))
  try {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'end', { signal: AbortSignal.timeout(timeoutMs) })
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new UnavailableError(`no agent runs on ${dataDir}`, { cause })
  } finally {
    socket.destroy()
  }
}

async function reply(socket: Socket, describe: () => Promise<unknown>): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    socket.end(JSON.stringify(await describe()))
  } catch {
    socket.destroy()
  }
}
