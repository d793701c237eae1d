import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * Speaks as much of OctoPrint 1.11's REST API and push socket as the agent uses, and can be told to misbehave,
 * which the real one can't. https://docs.octoprint.org/en/1.11.8/api/
 */
export interface FakeOctoprint {
  url: string
  /** What it says of itself; change it as the test goes. */
  says: OctoprintWords
  /** Answers that replace the usual ones, by path without query, such as `/api/job`. */
  answers: Map<string, Answer>
  /** `METHOD /path body` of every request, oldest first. */
  asked: string[]
  /** What clients said on the push socket. */
  heard: unknown[]
  /** Sends one message to everybody on the push socket; a string goes as it is. */
  push(message: unknown): void
  /** How many are on the push socket now. */
  listeners(): number
  dropListeners(): void
  close(): Promise<void>
}

export interface OctoprintWords {
  flags: Record<string, unknown>
  job: Record<string, unknown>
  progress: Record<string, unknown>
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const idleFlags = {
  operational: true,
  printing: false,
  paused: false,
  pausing: false,
  resuming: false,
  cancelling: false,
  finishing: false,
  closedOrError: false,
  error: false,
  ready: true,
  sdReady: false,
}

/** Sends a JSON body. */
export function json(status: number, body: unknown): Answer {
  return raw(status, 'application/json', JSON.stringify(body))
}

/** Sends a body as it is. */
export function raw(status: number, type: string, body: string | Buffer, headers = {}): Answer {
  return (_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body)
}

export async function startFakeOctoprint(): Promise<FakeOctoprint> {
  const says: OctoprintWords = {
    flags: { ...idleFlags },
    job: { file: { name: null, path: null, size: null, origin: null } },
    progress: { completion: null, filepos: null, printTime: null, printTimeLeft: null },
  }
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const heard: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    asked.push(`${request.method} ${path} ${body}`.trim())
    const answer = answers.get(path) ?? usualAnswer(path, request.method ?? '', says)
    answer(request, response)
  })
  const sockets = new WebSocketServer({ server, path: '/sockjs/websocket' })
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ connected: { version: '1.11.8' } }))
    socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    says,
    answers,
    asked,
    heard,
    push: (message) => {
      for (const client of sockets.clients) {
        client.send(typeof message === 'string' ? message : JSON.stringify(message))
      }
    },
    listeners: () => sockets.clients.size,
    dropListeners: () => {
      for (const client of sockets.clients) client.terminate()
    },
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      server.closeAllConnections()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}

function usualAnswer(path: string, method: string, { flags, job, progress }: OctoprintWords): Answer {
  if (path === '/api/version') return json(200, { api: '0.1', server: '1.11.8', text: 'OctoPrint 1.11.8' })
  if (path === '/api/login') {
    const role = ['status', 'print', 'files_download']
    return json(200, { name: 'owner', session: 'session', needs: { role } })
  }
  if (path === '/api/printer') return json(200, { state: { text: 'any', error: '', flags } })
  if (path === '/api/job' && method === 'GET') return json(200, { job, progress, state: 'any' })
  if (path === '/api/job') return (_request, response) => response.writeHead(204).end()
  return json(404, { error: 'not found' })
}
