import { createServer, type TLSSocket } from 'node:tls'
import type { Keys } from '../../cloud/keys.ts'

/**
 * A broker that lets in and never acknowledges what is published, as one that hangs.
 * http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
 */
export interface SilentBroker {
  url: string
  /** Payloads published, by the connection they came on. */
  published: string[][]
  /** Ends every connection; the client comes again. */
  hangUp(): void
  close(): Promise<void>
}

export async function startSilentBroker(keys: Keys): Promise<SilentBroker> {
  const published: string[][] = []
  const sockets = new Set<TLSSocket>()
  const { certificate: cert, privateKey: key } = keys.broker
  const server = createServer({ cert, key }, (socket) => {
    const mine: string[] = []
    published.push(mine)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let rest = Buffer.alloc(0)
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data])
      for (let packet = takePacket(rest); packet; packet = takePacket(rest)) {
        rest = rest.subarray(packet.bytes)
        const { type, body } = packet
        if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]))
        // SUBACK: the packet's id, and each of the cloud's four filters with QoS 1.
        if (type === 8) socket.write(Buffer.from([0x90, 6, ...body.subarray(0, 2), 1, 1, 1, 1]))
        if (type === 3) mine.push(body.subarray(4 + body.readUInt16BE(0)).toString())
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `mqtts://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    published,
    hangUp,
    close: async () => {
      hangUp()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The first whole packet of what came so far (section 2.2). */
function takePacket(data: Buffer): { type: number; body: Buffer; bytes: number } | undefined {
  let [length, at] = [0, 1]
  for (let more = true; more; at++) {
    const byte = data[at]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** (at - 1)
    more = byte >= 0x80
  }
  const bytes = at + length
  if (data.length < bytes) return undefined
  return { type: (data[0] ?? 0) >> 4, body: data.subarray(at, bytes), bytes }
}
