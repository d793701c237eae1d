import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { ConfigError, UnavailableError } from '@layerwatch/shared/errors.ts'

/*
 * The socket in the data folder on which a running agent answers its own command line. Who connects sends one JSON
 * text, or nothing to hear how the agent is, ends its side, and gets one JSON text back. It also keeps a second
 * agent off the same folder.
 */

const timeoutMs = 5_000
/** Longest question or answer. */
const maxBytes = 256 * 1024

/** What a running agent says of itself, and what it does when asked. */
export interface Answers {
  describe: () => Promise<unknown>
  answer: (asked: unknown) => Promise<unknown>
}

function socketOf(dataDir: string): string {
  return join(dataDir, 'agent.sock')
}

/**
 * Answers on the data folder's socket until closed.
 * @throws ConfigError where another agent already does.
 */
export async function answerStatus(dataDir: string, answers: Answers): Promise<Server> {
  const path = socketOf(dataDir)
  if (await askStatus(dataDir).catch(() => undefined)) {
    throw new ConfigError('another agent runs on this data folder', {
      problems: [`dataDir: another agent runs on ${dataDir}; stop it, or name another folder`],
    })
  }
  await rm(path, { force: true })
  const server = createServer({ allowHalfOpen: true }, (socket) => void reply(socket, answers))
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
export function askStatus(dataDir: string): Promise<unknown> {
  return exchange(dataDir, '')
}

/**
 * Asks the agent that runs on this data folder for something.
 * @throws UnavailableError where none runs, or it could not do it.
 */
export function askAgent(dataDir: string, wish: object): Promise<unknown> {
  return exchange(dataDir, JSON.stringify(wish))
}

async function exchange(dataDir: string, question: string): Promise<unknown> {
  const socket = createConnection(socketOf(dataDir))
  try {
    socket.end(question)
    return JSON.parse(await readToEnd(socket))
  } catch (cause) {
    throw new UnavailableError(`no agent runs on ${dataDir}`, { cause })
  } finally {
    socket.destroy()
  }
}

async function reply(socket: Socket, { describe, answer }: Answers): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    const question = await readToEnd(socket)
    socket.end(JSON.stringify(await (question === '' ? describe() : answer(JSON.parse(question)))))
  } catch {
    socket.destroy()
  }
}

/** @throws RangeError where the other side sends too much; AbortError where it never ends. */
async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) socket.destroy(new RangeError('longer than any question or answer'))
  })
  await once(socket, 'end', { signal: AbortSignal.timeout(timeoutMs) })
  return Buffer.concat(chunks).toString('utf8')
}
