import { BlockList, isIP } from 'node:net'
import { ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'
import { fetchReply } from '../net/http.ts'
import { printerTimeoutMs } from './printer.ts'

/* A call to something else in the house that switches the printer's power, such as a smart plug or its hub. */

const maxReplyBytes = 64 * 1024

const local = new BlockList()
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const) {
  local.addSubnet(net, bits, 'ipv4')
}
for (const [net, bits] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const) {
  local.addSubnet(net, bits, 'ipv6')
}

/** Names that lead nowhere but into the own network (RFC 6762, RFC 8375, RFC 9476 and what routers hand out). */
const localName = /^[^.]+$|\.(local|lan|home|internal|home\.arpa|localhost|fritz\.box)$/i

/** Whether an address without TLS keeps what is sent to it in the own network. */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version === 0) return localName.test(host)
  return local.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

export const WebhookConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || isLocalHost(URL.parse(url)?.hostname ?? ''), {
      error: 'must begin with https, or be an address in your own network',
    })
    .describe('Address that switches the power off, however often it is called'),
  method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
  body: z.string().max(4000).optional().describe('JSON that is sent, where the other side wants any'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .default('Authorization')
    .describe('Name of the header that carries the secret'),
  secret: z
    .string()
    .min(1)
    .regex(/^[\x20-\x7e]+$/, { error: 'must be plain text' })
    .optional()
    .describe('Value of that header, such as Bearer abc; also secretFile, secretEnv'),
})
export type WebhookConfig = z.infer<typeof WebhookConfig>

/**
 * Calls it once. A redirect is not followed: the secret goes nowhere but to the configured address.
 * @throws UnavailableError | RejectedError | ProtocolError
 */
export async function callWebhook(config: WebhookConfig, signal: AbortSignal): Promise<void> {
  const { url: address, method, body, header, secret } = config
  const url = new URL(address)
  const { status } = await fetchReply({
    method,
    url,
    headers: {
      ...(secret !== undefined && { [header.toLowerCase()]: secret }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal,
    timeoutMs: printerTimeoutMs,
    maxBytes: maxReplyBytes,
  })
  if (status >= 200 && status < 300) return
  if (status >= 300 && status < 400)
    throw new ProtocolError(`${url.host} redirects: configure the address itself`)
  if (status === 429 || status >= 500) throw new UnavailableError(`${url.host} answered ${status}`)
  throw new RejectedError(`${url.host} refused with ${status}`)
}
