import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { json } from './http-peer.ts'
import { listenOnLoopback } from './loopback-server.ts'

/*
 * Discord's webhooks: POST /webhooks/ID/TOKEN with JSON or a multipart form whose `payload_json` is the message.
 * https://discord.com/developers/docs/resources/webhook#execute-webhook (API v10)
 */

/** As Discord checks it: https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const Payload = z.strictObject({
  content: z.string().max(2000).optional(),
  username: z.string().min(1).max(80).optional(),
  allowed_mentions: z.object({ parse: z.array(z.string()) }),
  embeds: z
    .array(
      z.strictObject({
        title: z.string().max(256),
        description: z.string().max(4096),
        url: z.url(),
        color: z.number().int().max(0xffffff),
        timestamp: z.iso.datetime(),
        image: z.object({ url: z.string().startsWith('attachment://') }).optional(),
      }),
    )
    .max(10),
})

export interface FakeDiscord {
  /** Where the API begins. */
  api: string
  webhook: { id: string; token: string }
  received: { message: z.infer<typeof Payload>; files: { name: string; type: string; bytes: Buffer }[] }[]
  /** Answers with this status from now on; `silent` never answers. */
  answer: number | 'silent'
  goAway(): Promise<void>
}

export async function startDiscord(): Promise<FakeDiscord> {
  const state: Pick<FakeDiscord, 'received' | 'answer'> = { received: [], answer: 200 }
  const webhook = { id: '123456789012345678', token: 'aToken-of_many_letters-and-digits-0123456789' }
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const answer = (status: number, reply: object) => json(status, reply)(request, response)
    if (state.answer === 'silent') return
    response.setHeader('location', '/elsewhere')
    if (state.answer === 429) return answer(429, { message: 'You are being rate limited.', retry_after: 1.2 })
    if (state.answer !== 200) return answer(state.answer, { message: 'no', code: 0 })
    if (request.url !== `/api/webhooks/${webhook.id}/${webhook.token}?wait=true`) {
      return answer(404, { message: 'Unknown Webhook', code: 10015 })
    }
    const form = await readForm(String(request.headers['content-type']), body)
    const message = Payload.safeParse(JSON.parse(form.payload))
    if (!message.success) return answer(400, { message: message.error.message, code: 50035 })
    state.received.push({ message: message.data, files: form.files })
    return answer(200, { id: '1', channel_id: '2' })
  })
  const { port, goAway } = await listenOnLoopback(server)
  return Object.assign(state, { api: `http://127.0.0.1:${port}/api`, webhook, goAway })
}

async function readForm(type: string, body: Buffer) {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  const files = []
  for (const [field, value] of form) {
    if (typeof value === 'string' || !field.startsWith('files[')) continue
    files.push({ name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
  }
  return { payload: String(form.get('payload_json')), files }
}
