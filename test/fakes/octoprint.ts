import { WebSocketServer } from 'ws'
import type { Answer, HttpPeer } from './http-peer.ts'
import { json, startHttpPeer } from './http-peer.ts'

/**
 * Speaks as much of OctoPrint 1.11's REST API and push socket as the agent uses, and can be told to misbehave,
 * which the real one can't. https://docs.octoprint.org/en/1.11.8/api/
 */
export interface FakeOctoprint extends HttpPeer {
  /** What it says of itself; change it as the test goes. */
  says: OctoprintWords
  /** What clients said on the push socket. */
  heard: unknown[]
  /** Sends one message to everybody on the push socket; a string goes as it is. */
  push(message: unknown): void
  /** How many are on the push socket now. */
  listeners(): number
  dropListeners(): void
}

export interface OctoprintWords {
  flags: Record<string, unknown>
  job: Record<string, unknown>
  progress: Record<string, unknown>
}

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

export async function startFakeOctoprint(): Promise<FakeOctoprint> {
  const says: OctoprintWords = {
    flags: { ...idleFlags },
    job: { file: { name: null, path: null, size: null, origin: null } },
    progress: { completion: null, filepos: null, printTime: null, printTimeLeft: null },
  }
  const heard: unknown[] = []
  const peer = await startHttpPeer(({ method, path }) => usualAnswer(path, method, says))
  const sockets = new WebSocketServer({ server: peer.server, path: '/sockjs/websocket' })
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ connected: { version: '1.11.8' } }))
    socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  })
  return {
    ...peer,
    says,
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
      await peer.close()
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
