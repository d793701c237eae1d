import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'

/** How one request is answered. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server on a loopback port that notes what it is asked and can be told to misbehave. */
export interface HttpPeer {
  url: string
  server: Server
  /** Answers that replace the usual ones, by path without query, such as `/api/job`; `*` replaces all others. */
  answers: Map<string, Answer>
  /** `METHOD /path body` of every request, oldest first. */
  asked: string[]
  close(): Promise<void>
}

/** Sends a JSON body. */
export function json(status: number, body: unknown): Answer {
  return raw(status, 'application/json', JSON.stringify(body))
}

/** Sends a body as it is. */
export function raw(status: number, type: string, body: string | Buffer, headers = {}): Answer {
  return (_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body)
}

/** Starts a server with its usual answers. */
export async function startHttpPeer(
  usual: (request: { method: string; path: string; body: string; head: IncomingMessage }) => Answer,
): Promise<HttpPeer> {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const method = request.method ?? ''
    asked.push(`${method} ${path} ${body}`.trim())
    const answer = answers.get(path) ?? answers.get('*') ?? usual({ method, path, body, head: request })
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    server,
    answers,
    asked,
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
