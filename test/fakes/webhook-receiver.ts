import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnLoopback } from './loopback-server.ts'

/*
 * A receiver that checks what it gets as Standard Webhooks 1.0 asks: signature, and a time of at most five minutes
 * ago. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

export interface WebhookReceiver {
  url: string
  received: { id: string; body: unknown; path: string }[]
  /** Answers with this status from now on; `silent` never answers, `endless` answers without an end. */
  answer: number | 'silent' | 'endless'
  goAway(): Promise<void>
}

/** @param secret what it was told when the webhook was connected. */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const state: Pick<WebhookReceiver, 'received' | 'answer'> = { received: [], answer: 204 }
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (state.answer === 'silent') return
    if (state.answer === 'endless') {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'.repeat(60_000)), 5)
      response.on('close', () => clearInterval(timer))
      return
    }
    if (!isSigned(request.headers, body, secret)) return response.writeHead(401).end()
    if (state.answer < 300) {
      const id = String(request.headers['webhook-id'])
      state.received.push({ id, body: JSON.parse(body), path: request.url ?? '' })
    }
    return response.writeHead(state.answer, { location: '/elsewhere' }).end()
  })
  const { port, goAway } = await listenOnLoopback(server)
  return Object.assign(state, { url: `http://127.0.0.1:${port}/hook`, goAway })
}

const toleranceSeconds = 300

function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const [id, timestamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp))
  if (!(ageSeconds <= toleranceSeconds)) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  return String(headers['webhook-signature'])
    .split(' ')
    .some((signature) => {
      const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
}
