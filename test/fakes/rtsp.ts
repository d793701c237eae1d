import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findTestFfmpeg } from '../setup/ffmpeg.ts'
import { waitUntil } from '../setup/wait.ts'
import { listenOnLoopback } from './loopback-server.ts'

/**
 * A network camera: the video is H.264 that a real ffmpeg makes and packs into RTP (RFC 6184); this speaks RTSP
 * 1.0 (RFC 2326) around it and passes it on within the same connection (section 10.12).
 */
export interface FakeRtsp {
  url: string
  behaves: RtspBehaviour
  /** Every request, as `METHOD authorization`. */
  asked: string[]
  /** How many are being sent the video. */
  viewers(): number
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export interface RtspBehaviour {
  as: 'good' | 'silent' | 'frozen' | 'not-rtsp' | 'no-such-path'
  login: 'none' | 'basic' | 'digest'
}

export const rtspLogin = { username: 'admin', password: "rasp&'b@rry" }
const realm = 'LIVE555 Streaming Media'
const nonce = 'c633aaf8b83127633cbe98fac1d20d87'

export async function startFakeRtsp(): Promise<FakeRtsp> {
  const behaves: RtspBehaviour = { as: 'good', login: 'none' }
  const asked: string[] = []
  const viewers = new Set<Socket>()
  const video = await startVideo((packet) => {
    if (behaves.as !== 'good') return
    const head = Buffer.from([0x24, 0, 0, 0])
    head.writeUInt16BE(packet.length, 2)
    for (const viewer of viewers) viewer.write(Buffer.concat([head, packet]))
  })
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('close', () => viewers.delete(socket))
    answer(socket, { behaves, asked, sdp: video.sdp, play: () => viewers.add(socket) })
  })
  const { port, goAway, comeBack } = await listenOnLoopback(server)
  return {
    url: `rtsp://127.0.0.1:${port}/live`,
    behaves,
    asked,
    viewers: () => viewers.size,
    goAway,
    comeBack,
    close: async () => {
      await goAway()
      await video.stop()
    },
  }
}

/** A moving test picture as H.264 in RTP packets, ten pictures a second. */
async function startVideo(take: (packet: Buffer) => void): Promise<{ sdp: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-rtsp-'))
  const udp = createSocket('udp4').on('message', take)
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const sdpFile = path.join(folder, 'stream.sdp')
  const args = [
    ...['-nostdin', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '5', '-pix_fmt', 'yuv420p'],
    ...['-x264-params', 'repeat-headers=1', '-f', 'rtp', '-sdp_file', sdpFile],
    `rtp://127.0.0.1:${udp.address().port}?pkt_size=1200`,
  ]
  const child = spawn(findTestFfmpeg() ?? 'ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await waitUntil('the video is described', () => existsSync(sdpFile) && readFileSync(sdpFile).length > 100)
  const described = readFileSync(sdpFile, 'latin1').replace(/\r?\n/g, '\r\n')
  const sdp = `${described.replace(/m=video \d+/, 'm=video 0')}a=control:track1\r\n`
  const stop = async () => {
    process.removeListener('exit', kill)
    const gone = once(child, 'exit')
    kill()
    await gone
    udp.close()
    await rm(folder, { recursive: true })
  }
  return { sdp, stop }
}

interface Exchange {
  behaves: RtspBehaviour
  asked: string[]
  sdp: string
  play: () => void
}

function answer(socket: Socket, { behaves, asked, sdp, play }: Exchange): void {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    // A client's own RTCP comes between requests and is of no interest.
    text += chunk.toString('latin1')
    for (;;) {
      const found = /([A-Z_]+) (rtsp:\S+) RTSP\/1\.0\r\n([\s\S]*?)\r\n\r\n/.exec(text)
      if (found === null) return
      text = text.slice(found.index + found[0].length)
      const [, method = '', uri = '', head = ''] = found
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? ''
      asked.push(`${method} ${field('authorization')}`.trim())
      if (behaves.as === 'silent') return
      if (behaves.as === 'not-rtsp') {
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
        return
      }
      const reply = (status: string, lines: string[] = [], body = '') => {
        const all = [`RTSP/1.0 ${status}`, `CSeq: ${field('cseq')}`, ...lines]
        socket.write(`${all.join('\r\n')}\r\n\r\n${body}`)
      }
      if (method === 'OPTIONS') reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN'])
      else if (!isLoggedIn({ method, uri, given: field('authorization') }, behaves.login)) {
        const basic = `Basic realm="${realm}"`
        const digest = `Digest realm="${realm}", nonce="${nonce}"`
        reply('401 Unauthorized', [`WWW-Authenticate: ${behaves.login === 'basic' ? basic : digest}`])
      } else if (behaves.as === 'no-such-path') reply('404 Stream Not Found')
      else if (method === 'DESCRIBE') {
        const about = ['Content-Type: application/sdp', `Content-Length: ${sdp.length}`]
        reply('200 OK', [...about, `Content-Base: ${uri}/`], sdp)
      } else if (method === 'SETUP') {
        reply('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 12345678;timeout=60'])
      } else if (method === 'PLAY') {
        reply('200 OK', ['Session: 12345678', 'Range: npt=0.000-'])
        play()
      } else reply('200 OK', ['Session: 12345678'])
    }
  })
}

/** Digest as RFC 2069 has it, without `qop`, since that is what such cameras ask for. */
function isLoggedIn(
  { method, uri, given }: { method: string; uri: string; given: string },
  login: RtspBehaviour['login'],
): boolean {
  const { username, password } = rtspLogin
  if (login === 'none') return true
  if (login === 'basic') {
    return given === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const response = /response="([^"]+)"/.exec(given)?.[1]
  const asked = /uri="([^"]+)"/.exec(given)?.[1] ?? ''
  const isHere = asked.startsWith(uri.replace(/\/track1$/, ''))
  const secret = md5(`${username}:${realm}:${password}`)
  return isHere && response === md5(`${secret}:${nonce}:${md5(`${method}:${asked}`)}`)
}
