import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { listenOnLoopback } from './loopback-server.ts'
import { claimSize, drawPicture, numberPicture } from './pictures.ts'

/**
 * A camera on the network: `/snapshot` gives one JPEG, `/stream` an MJPEG stream as mjpg-streamer sends it
 * (https://github.com/jacksonliam/mjpg-streamer, plugins/output_http/httpd.c). It can be told to misbehave.
 */
export interface FakeCamera {
  url(kind: 'snapshot' | 'mjpeg'): string
  /** What the next pictures are; change it as the test goes. */
  behaves: CameraBehaviour
  /** Every request, as `path authorization`. */
  asked: string[]
  /** How many streams are open now. */
  streams(): number
  /** Ends and refuses every connection until `comeBack`, on the same port. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export interface CameraBehaviour {
  as:
    | 'good'
    | 'silent'
    | 'frozen-stream'
    | 'no-picture'
    | 'half'
    | 'padded'
    | 'endless'
    | 'too-long'
    | 'oversized'
    | 'gone-after-head'
    | 'error-page'
    | 'huge-head'
  framesPerSecond: number
  tellsLength: boolean
  login: 'none' | 'basic' | 'digest'
  /** A picture to send instead of small drawn ones. */
  picture?: Buffer
  /** Where a request is sent instead, if anywhere. */
  redirectTo?: string
}

export const cameraLogin = { username: 'pi', password: 'rasp"berry' }
const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c0'

export async function startFakeCamera(): Promise<FakeCamera> {
  const behaves: CameraBehaviour = { as: 'good', framesPerSecond: 20, tellsLength: true, login: 'none' }
  const pictures = await Promise.all(Array.from({ length: 12 }, (_, number) => drawPicture(number)))
  const oversized = claimSize(await drawPicture(1), { width: 4200, height: 3000 })
  const asked: string[] = []
  let number = 0
  let streams = 0
  const nextPicture = () => {
    if (behaves.as === 'oversized') return oversized
    const picture = numberPicture(
      behaves.picture ?? pictures[number % pictures.length] ?? oversized,
      number++,
    )
    if (behaves.as === 'half') return picture.subarray(0, picture.length / 2)
    if (behaves.as === 'padded') return Buffer.concat([picture, Buffer.alloc(500)])
    if (behaves.as === 'no-picture') return Buffer.from('this is not a picture '.repeat(50))
    return picture
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    asked.push(`${path} ${request.headers.authorization ?? ''}`.trim())
    if (behaves.redirectTo !== undefined && !path.endsWith('-moved')) {
      response.writeHead(302, { location: behaves.redirectTo }).end()
      return
    }
    if (!isLoggedIn(request, behaves.login)) {
      askForLogin(response, behaves.login)
    } else if (behaves.as === 'error-page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
    } else if (behaves.as === 'huge-head') {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'x-long': 'a'.repeat(200_000) }).end()
    } else if (behaves.as !== 'silent' && path.startsWith('/stream')) {
      streams += 1
      response.once('close', () => {
        streams -= 1
      })
      sendStream(response, behaves, nextPicture)
    } else if (behaves.as !== 'silent') {
      sendSnapshot(response, behaves, nextPicture)
    }
  })
  const { port, goAway, comeBack } = await listenOnLoopback(server)
  return {
    url: (kind) => `http://127.0.0.1:${port}/${kind === 'snapshot' ? 'snapshot' : 'stream'}?key=secret`,
    behaves,
    asked,
    streams: () => streams,
    goAway,
    comeBack,
    close: goAway,
  }
}

function sendSnapshot(response: ServerResponse, behaves: CameraBehaviour, nextPicture: () => Buffer): void {
  response.writeHead(200, { 'content-type': 'image/jpeg' })
  if (behaves.as === 'gone-after-head') {
    response.socket?.destroy()
    return
  }
  if (behaves.as === 'endless' || behaves.as === 'too-long') flood(response)
  else response.end(nextPicture())
}

function sendStream(response: ServerResponse, behaves: CameraBehaviour, nextPicture: () => Buffer): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary=boundarydonotcross' })
  response.write('--boundarydonotcross\r\n')
  const sendPart = () => {
    if (behaves.as === 'frozen-stream') return
    const picture = nextPicture()
    const length = behaves.tellsLength ? `Content-Length: ${picture.length}\r\n` : ''
    response.write(`Content-Type: image/jpeg\r\n${length}X-Timestamp: 1.5\r\n\r\n`)
    response.write(picture)
    response.write('\r\n--boundarydonotcross\r\n')
  }
  if (behaves.as === 'gone-after-head') {
    response.socket?.destroy()
    return
  }
  if (behaves.as === 'too-long' || behaves.as === 'endless') {
    const length = behaves.as === 'too-long' ? 'Content-Length: 999999999\r\n' : ''
    response.write(`Content-Type: image/jpeg\r\n${length}\r\n`)
    flood(response)
    return
  }
  sendPart()
  const timer = setInterval(sendPart, 1000 / behaves.framesPerSecond)
  response.once('close', () => clearInterval(timer))
}

/** Writes without end, as fast as it is read. */
function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 7)
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

function askForLogin(response: ServerResponse, login: CameraBehaviour['login']): void {
  const wanted =
    login === 'basic'
      ? 'Basic realm="camera"'
      : `Digest realm="camera", qop="auth", nonce="${nonce}", opaque="5ccc069c", algorithm=MD5`
  response.writeHead(401, { 'www-authenticate': wanted, 'content-type': 'text/html' }).end('<h1>401</h1>')
}

function isLoggedIn(request: IncomingMessage, login: CameraBehaviour['login']): boolean {
  const given = request.headers.authorization ?? ''
  const { username, password } = cameraLogin
  if (login === 'none') return true
  if (login === 'basic') {
    return given === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }
  const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(given)?.[1] ?? ''
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const secret = md5(`${username}:camera:${password}`)
  const asked = md5(`${request.method}:${request.url}`)
  return field('response') === md5(`${secret}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${asked}`)
}
