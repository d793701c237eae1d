import type { Answer } from '../fakes/http-peer.ts'
import { raw } from '../fakes/http-peer.ts'
import type { BadWords } from './printer-bad-suite.ts'

/** How a server of HTTP says it; undefined where that depends on what it is asked. */
export function badAnswer(words: BadWords | undefined, elsewhere: string): Answer | undefined {
  switch (words) {
    case 'silence':
      return () => undefined
    case 'without end':
      return sendWithoutEnd
    case 'redirect':
      return raw(302, 'text/plain', '', { location: `${elsewhere}/` })
    case 'web page':
      return raw(200, 'text/html', '<!doctype html><title>Welcome to your router</title>')
    case 'another protocol':
      return (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n')
    default:
      return undefined
  }
}

const chunk = Buffer.alloc(256 * 1024, 0x20)

/** Blanks, as fast as they are taken, until the other side hangs up. */
const sendWithoutEnd: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.on('error', () => undefined)
  const send = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', send)
  send()
}
