import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Answer, HttpPeer } from './http-peer.ts'
import { json, raw, startHttpPeer } from './http-peer.ts'
import { changesBetween, FakeKlipper, type KlipperObjects, pickObjects } from './klipper.ts'

/**
 * Speaks as much of Moonraker 0.11's HTTP API and WebSocket as the agent uses, in front of a stand-in for Klipper,
 * and can be told to misbehave, which the real one can't.
 * https://moonraker.readthedocs.io/en/latest/external_api/introduction/
 */
export interface FakeMoonraker extends HttpPeer {
  klipper: FakeKlipper
  /** Files by name below `gcodes`. */
  files: Map<string, string>
  /** Power devices by name, and what Moonraker says of each: on, off, init or error. */
  powered: Map<string, string>
  /** Whether Klipper is there; told to subscribers. */
  connectKlipper(isThere: boolean): void
  /** Tells subscribers what changed since they were last told. */
  update(): void
  /** Sends one message to everybody on the WebSocket; a string goes as it is. */
  push(message: unknown): void
  listeners(): number
  dropListeners(): void
}

const Call = z.object({
  method: z.string(),
  id: z.number(),
  params: z.object({ objects: z.record(z.string(), z.array(z.string()).nullable()) }).optional(),
})

/** Starts one; with an `apiKey`, nobody else is let in. */
export async function startFakeMoonraker({ apiKey }: { apiKey?: string } = {}): Promise<FakeMoonraker> {
  const klipper = new FakeKlipper()
  const files = new Map<string, string>()
  const powered = new Map<string, string>()
  const tokens = new Set<string>()
  let isThere = true
  const peer = await startHttpPeer(({ method, path, head }) => {
    if (apiKey !== undefined && head.headers['x-api-key'] !== apiKey) return refuse(401, 'Unauthorized')
    if (path === '/access/oneshot_token') {
      const token = randomUUID()
      tokens.add(token)
      return json(200, { result: token })
    }
    const query = new URL(head.url ?? '/', 'http://localhost').searchParams
    if (path === '/machine/device_power/device') return switchDevice(powered, { method, query })
    return usualAnswer(
      { method, path, query },
      {
        klipper,
        files,
        isThere,
      },
    )
  })
  const sockets = new WebSocketServer({
    server: peer.server,
    path: '/websocket',
    verifyClient: ({ req }: { req: IncomingMessage }) => {
      const token = new URL(req.url ?? '/', 'http://localhost').searchParams.get('token') ?? ''
      return apiKey === undefined || tokens.delete(token)
    },
  })
  const push = (message: unknown) => {
    for (const client of sockets.clients) {
      client.send(typeof message === 'string' ? message : JSON.stringify(message))
    }
  }
  let last: KlipperObjects = {}
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => {
      const { id, params } = Call.parse(JSON.parse(String(data)))
      if (!isThere)
        return answerCall(socket, id, { error: { code: 503, message: 'Klippy Host not connected' } })
      last = klipper.objects()
      const status = pickObjects(last, params?.objects ?? {})
      answerCall(socket, id, { result: { eventtime: 1, status } })
    }),
  )
  return {
    ...peer,
    klipper,
    files,
    powered,
    push,
    update: () => {
      const now = klipper.objects()
      push({ jsonrpc: '2.0', method: 'notify_status_update', params: [changesBetween(last, now), 2] })
      last = now
    },
    connectKlipper: (there) => {
      isThere = there
      push({ jsonrpc: '2.0', method: there ? 'notify_klippy_ready' : 'notify_klippy_disconnected' })
    },
    listeners: () => sockets.clients.size,
    dropListeners: () => {
      for (const client of sockets.clients) client.terminate()
    },
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      await peer.close()
    },
  }
}

function answerCall(socket: WebSocket, id: number, words: object): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...words }))
}

function refuse(code: number, message: string): Answer {
  return json(code, { error: { code, message, traceback: '' } })
}

/** As `components/power.py` of Moonraker 0.11.0 answers. */
function switchDevice(
  powered: Map<string, string>,
  { method, query }: { method: string; query: URLSearchParams },
): Answer {
  const device = query.get('device') ?? ''
  const action = query.get('action') ?? ''
  if (!powered.has(device)) return refuse(400, `No valid device named ${device}`)
  if (method === 'POST') {
    if (action !== 'on' && action !== 'off') return refuse(400, `Invalid requested action '${action}'`)
    if (powered.get(device) !== 'error') powered.set(device, action)
  }
  return json(200, { result: { [device]: powered.get(device) } })
}

function usualAnswer(
  { method, path, query }: { method: string; path: string; query: URLSearchParams },
  { klipper, files, isThere }: { klipper: FakeKlipper; files: Map<string, string>; isThere: boolean },
): Answer {
  if (path === '/server/info') {
    const klippy_state = isThere ? klipper.objects().webhooks?.state : 'disconnected'
    return json(200, { result: { klippy_connected: isThere, klippy_state, moonraker_version: 'v0.11.0' } })
  }
  if (path === '/server/webcams/list') return json(200, { result: { webcams: [] } })
  if (path === '/server/history/list') return json(200, { result: { count: 1, jobs: historyOf(klipper) } })
  if (path.startsWith('/server/files/gcodes/')) {
    const file = files.get(decodeURIComponent(path.slice('/server/files/gcodes/'.length)))
    return file === undefined ? refuse(404, 'Not Found') : raw(200, 'text/plain', file)
  }
  if (!isThere) return refuse(503, 'Klippy Host not connected')
  const macro = /^\/printer\/print\/(pause|resume|cancel)$/.exec(path)?.[1]
  if (method === 'POST' && (macro === 'pause' || macro === 'resume' || macro === 'cancel')) {
    return (request, response) =>
      klipper.run(macro).then(() => json(200, { result: 'ok' })(request, response))
  }
  if (method === 'POST' && path === '/printer/gcode/script') {
    klipper.script(query.get('script') ?? '')
    return json(200, { result: 'ok' })
  }
  if (path === '/printer/emergency_stop') {
    klipper.says.webhooks = { state: 'shutdown', state_message: 'Shutdown due to webhooks request' }
    return json(200, { result: 'ok' })
  }
  if (path === '/printer/info') {
    const { state, state_message } = klipper.objects().webhooks ?? {}
    return json(200, { result: { state, state_message, software_version: 'v0.13.0' } })
  }
  if (path === '/printer/objects/list') {
    return json(200, { result: { objects: Object.keys(klipper.objects()) } })
  }
  if (path === '/printer/objects/query') {
    const wanted = Object.fromEntries(
      [...query].map(([name, fields]) => [name, fields ? fields.split(',') : null]),
    )
    return json(200, { result: { eventtime: 1, status: pickObjects(klipper.objects(), wanted) } })
  }
  return refuse(404, 'Not Found')
}

function historyOf(klipper: FakeKlipper): object[] {
  if (klipper.runs === 0) return []
  const isRunning = klipper.state === 'printing' || klipper.state === 'paused'
  const { filename } = klipper.objects().print_stats ?? {}
  const job_id = klipper.runs.toString(16).padStart(6, '0')
  return [{ job_id, filename, status: isRunning ? 'in_progress' : klipper.state }]
}
