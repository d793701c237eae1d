import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { json } from './http-peer.ts'
import { listenOnLoopback } from './loopback-server.ts'

/*
 * An ntfy server as its documentation has it: PUT or POST to /TOPIC, the body is the message or, with a `filename`
 * header, the attachment; header values in RFC 2047. https://docs.ntfy.sh/publish (2.16)
 */

/** A message as a subscriber gets it: https://docs.ntfy.sh/subscribe/api/#json-message-format */
export interface NtfyMessage {
  topic: string
  title: string
  message: string
  priority: number
  click: string
  sequenceId: string
  actions: unknown
  attachment?: { name: string; type: string; bytes: Buffer }
}

export interface FakeNtfy {
  url: string
  received: NtfyMessage[]
  /** Answers with this status from now on; `silent` never answers. */
  answer: number | 'silent'
  /** Whether it takes files; a server without `attachment-cache-dir` answers 400 (code 40014). */
  takesFiles: boolean
  goAway(): Promise<void>
}

/** @param token what a publisher must show (`Authorization: Bearer`); none is asked for without. */
export async function startNtfy(token?: string): Promise<FakeNtfy> {
  const state: Pick<FakeNtfy, 'received' | 'answer' | 'takesFiles'> = {
    received: [],
    answer: 200,
    takesFiles: true,
  }
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const answer = (status: number, reply: object) => json(status, reply)(request, response)
    if (state.answer === 'silent') return
    if (state.answer !== 200) {
      // A redirect leads to where it must not be followed.
      response.setHeader('location', '/elsewhere')
      return answer(state.answer, { code: state.answer * 100, http: state.answer, error: 'no' })
    }
    if (token && request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, { code: 40101, http: 401, error: 'unauthorized' })
    }
    const message = readMessage(request.url ?? '', request.headers, body)
    if (message.attachment && !state.takesFiles) {
      return answer(400, { code: 40014, http: 400, error: 'invalid request: attachments not allowed' })
    }
    state.received.push(message)
    return answer(200, { id: 'xE73Iyuabi', event: 'message', topic: message.topic })
  })
  const { port, goAway } = await listenOnLoopback(server)
  return Object.assign(state, { url: `http://127.0.0.1:${port}`, goAway })
}

function readMessage(path: string, headers: IncomingHttpHeaders, body: Buffer): NtfyMessage {
  const header = (name: string) => decodeWords(String(headers[name] ?? ''))
  const filename = header('filename')
  const type = String(headers['content-type'] ?? '')
  return {
    topic: path.slice(1),
    title: header('title'),
    message: filename ? header('message') : body.toString(),
    priority: Number(header('priority') || 3),
    click: header('click'),
    sequenceId: header('x-sequence-id'),
    actions: JSON.parse(header('actions') || '[]'),
    ...(filename && { attachment: { name: filename, type, bytes: body } }),
  }
}

/** RFC 2047, in the one spelling that is in use for UTF-8. */
function decodeWords(value: string): string {
  return value.replaceAll(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, word: string) =>
    Buffer.from(word, 'base64').toString(),
  )
}
