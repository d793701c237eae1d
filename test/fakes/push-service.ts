import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'

/*
 * A browser and its push service: RFC 8030 (delivery), RFC 8291 with RFC 8188 (encryption, aes128gcm) and
 * RFC 8292 (VAPID). https://www.rfc-editor.org/rfc/rfc8291
 */

export interface FakePushService {
  /** What the browser's PushManager would give; each call is another browser. */
  subscribe(): { endpoint: string; keys: { p256dh: string; auth: string } }
  /** Messages as the browser read them. */
  received: { headers: IncomingHttpHeaders; message: unknown; subject: string }[]
  /** Answers with this status from now on; `silent` never answers. */
  answer: number | 'silent'
  close(): Promise<void>
}

interface Browser {
  ecdh: ReturnType<typeof createECDH>
  auth: Buffer
}

/** @param vapidPublicKey messages of any other sender are refused with 403. */
export async function startPushService(vapidPublicKey: string): Promise<FakePushService> {
  const browsers = new Map<string, Browser>()
  const service: Pick<FakePushService, 'received' | 'answer'> = { received: [], answer: 201 }
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const browser = browsers.get(request.url ?? '')
    const { answer } = service
    if (answer === 'silent') return
    const subject = readVapid(request.headers.authorization ?? '', vapidPublicKey)
    if (!browser || request.method !== 'POST') return response.writeHead(404).end()
    if (subject === undefined) return response.writeHead(403).end()
    if (answer < 300) {
      const message: unknown = JSON.parse(decrypt(body, browser))
      service.received.push({ headers: request.headers, message, subject })
    }
    response.writeHead(answer).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return Object.assign(service, {
    subscribe: () => {
      const ecdh = createECDH('prime256v1')
      const p256dh = ecdh.generateKeys('base64url')
      const auth = randomBytes(16)
      const path = `/push/${randomBytes(8).toString('hex')}`
      browsers.set(path, { ecdh, auth })
      return {
        endpoint: `http://127.0.0.1:${port}${path}`,
        keys: { p256dh, auth: auth.toString('base64url') },
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

/** RFC 8291, 3.4, and RFC 8188, 2: one record is all a push message has. */
function decrypt(body: Buffer, { ecdh, auth }: Browser): string {
  const salt = body.subarray(0, 16)
  const keyLength = body.readUInt8(20)
  const senderKey = body.subarray(21, 21 + keyLength)
  const sealed = body.subarray(21 + keyLength)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), senderKey])
  const input = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(senderKey), auth, info, 32))
  const key = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: aes128gcm\0', 16))
  const nonce = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: nonce\0', 12))
  const decipher = createDecipheriv('aes-128-gcm', key, nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  return padded.subarray(0, padded.lastIndexOf(2)).toString()
}

const Claims = z.object({ aud: z.string(), exp: z.number(), sub: z.string() })

/** The sender's contact, where the token is signed by the one key subscriptions were made for (RFC 8292). */
function readVapid(header: string, publicKey: string): string | undefined {
  const [, token = '', key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(header) ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  const raw = Buffer.from(publicKey, 'base64url')
  const [x, y] = [raw.subarray(1, 33).toString('base64url'), raw.subarray(33).toString('base64url')]
  const verifier = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: verifier, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  const read = Claims.safeParse(JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}'))
  const isGood = isSigned && key === publicKey && read.success && read.data.exp > Date.now() / 1000
  return isGood ? read.data.sub : undefined
}
