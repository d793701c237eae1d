import { once } from 'node:events'
import { createServer, type TLSSocket } from 'node:tls'
import { makeCertificate } from './bambu.ts'
import { listenOnLoopback } from './loopback-server.ts'
import { claimSize, drawPicture } from './pictures.ts'

/**
 * The camera of an A1 or P1 printer on its port 6000, after
 * https://github.com/Doridian/OpenBambuAPI/blob/main/video.md, read in November 2026. It can be told to misbehave.
 */
export interface FakeBambuCamera {
  host: string
  port: number
  accessCode: string
  fingerprint: string
  behaves: {
    as: 'good' | 'silent' | 'frozen' | 'half' | 'no-picture' | 'endless' | 'oversized' | 'gone-after-head'
    framesPerSecond: number
    /** Bytes sent at a time. */
    chunkBytes: number
    /** The one picture it gives, over and over. */
    only?: Buffer
  }
  /** Bytes heard before the first picture, of all who connected. */
  heardBytes(): number
  viewers(): number
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

const loginBytes = 80

export async function startFakeBambuCamera(): Promise<FakeBambuCamera> {
  const accessCode = '12345678'
  const { cert, key, fingerprint } = await makeCertificate('01P00A000000001')
  const behaves: FakeBambuCamera['behaves'] = { as: 'good', framesPerSecond: 20, chunkBytes: 1000 }
  const pictures = await Promise.all(Array.from({ length: 12 }, (_, number) => drawPicture(number)))
  const oversized = claimSize(await drawPicture(1), { width: 4200, height: 3000 })
  const sockets = new Set<TLSSocket>()
  let number = 0
  let heardBytes = 0
  const nextPicture = () => {
    const picture = pictures[number++ % pictures.length] ?? oversized
    if (behaves.only !== undefined) return behaves.only
    if (behaves.as === 'oversized') return oversized
    if (behaves.as === 'half') return picture.subarray(0, picture.length / 2)
    return behaves.as === 'no-picture' ? Buffer.from('this is not a picture '.repeat(50)) : picture
  }
  const sendPicture = (socket: TLSSocket) => {
    if (behaves.as === 'silent' || behaves.as === 'frozen') return
    const picture = nextPicture()
    const head = Buffer.alloc(16)
    head.writeUInt32LE(behaves.as === 'endless' ? 999_999_999 : picture.length, 0)
    head.writeUInt32LE(1, 8)
    const bytes = Buffer.concat([head, picture])
    if (behaves.as === 'gone-after-head') socket.end(head)
    else
      for (let at = 0; at < bytes.length; at += behaves.chunkBytes)
        socket.write(bytes.subarray(at, at + behaves.chunkBytes))
  }
  const onSocket = async (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    let login = Buffer.alloc(0)
    while (login.length < loginBytes) {
      const [data] = await once(socket, 'data').catch(() => [undefined])
      if (data === undefined || socket.destroyed) return
      heardBytes += data.length
      login = Buffer.concat([login, data])
    }
    if (!isLogin(login, accessCode)) {
      socket.destroy()
      return
    }
    socket.resume()
    sendPicture(socket)
    const timer = setInterval(() => sendPicture(socket), 1000 / behaves.framesPerSecond)
    socket.once('close', () => clearInterval(timer))
  }
  const server = createServer({ cert, key }, (socket) => void onSocket(socket))
  server.on('tlsClientError', () => undefined)
  const { port, goAway, comeBack } = await listenOnLoopback(server)
  return {
    host: '127.0.0.1',
    port,
    accessCode,
    fingerprint,
    behaves,
    heardBytes: () => heardBytes,
    viewers: () => sockets.size,
    goAway,
    comeBack,
    close: goAway,
  }
}

/** Length 64, type 0x3000, then name and code of 32 bytes each, padded with zeros. */
function isLogin(packet: Buffer, accessCode: string): boolean {
  const wanted = Buffer.alloc(loginBytes)
  wanted.set([0x40, 0, 0, 0, 0, 0x30, 0, 0])
  wanted.write('bblp', 16)
  wanted.write(accessCode, 48)
  return packet.equals(wanted)
}
