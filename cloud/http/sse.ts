import type { FastifyReply, FastifyRequest } from 'fastify'

/** Server-sent events to one client. */
export interface EventStream {
  /** Sends one event. A client that reads too slowly is cut off; it comes again and starts afresh. */
  send(name: string, data: unknown): void
  /** True while earlier events have not left yet. */
  isBackedUp(): boolean
  /** Ends it from our side. */
  close(): void
  /** Called once, however it ended. */
  onEnd(listener: () => void): void
}

/** A comment this often tells a quiet connection from a lost one. */
const heartbeatMs = 15_000
/** What may wait for a slow client. */
const maxWaitingBytes = 1024 * 1024

/** Turns a request into an event stream; nothing else may answer it. */
export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  })
  const listeners: (() => void)[] = []
  let isOpen = true
  const end = () => {
    if (!isOpen) return
    isOpen = false
    clearInterval(heartbeat)
    for (const listener of listeners) listener()
  }
  const write = (text: string) => {
    if (!isOpen) return
    raw.write(text)
    if (raw.writableLength <= maxWaitingBytes) return
    request.log.info({ path: request.routeOptions.url }, 'slow reader cut off')
    raw.destroy()
    end()
  }
  const heartbeat = setInterval(() => write(':\n\n'), heartbeatMs)
  raw.on('close', end)
  raw.on('error', end)
  // Headers leave now, not with the first event.
  write('retry: 2000\n\n')
  return {
    send: (name, data) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    isBackedUp: () => raw.writableNeedDrain,
    close: () => {
      end()
      raw.end()
    },
    onEnd: (listener) => {
      if (isOpen) listeners.push(listener)
      else listener()
    },
  }
}
