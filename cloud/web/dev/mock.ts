import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type ApiProblem, CommandRequest, type CommandView, type LiveChange } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { notificationRoutes } from './mock-notifications.ts'
import { sayingRoutes } from './mock-sayings.ts'
import { heatOf, renderPicture } from './pictures.ts'
import { servePage } from './serve-page.ts'
import { ago, changeIncident, changePrinter, newId, tell, type World } from './world.ts'

/**
 * A cloud to develop and test the page against: the routes of `shared/api.ts` over a pretended world. It speaks
 * the real one's protocol and nothing more.
 */
export type MockCloud = {
  url: string
  /** Drops every open stream and refuses new requests until called with `true`. */
  setReachable: (isReachable: boolean) => void
  close: () => Promise<void>
}

export type MockOptions = {
  port?: number
  /** The built page, served from the same address. */
  pageDir?: string
  /** An account that exists; without one the first owner must sign up with the token. */
  account?: { name: string; email: string; password: string }
  setupToken?: string
  canSendEmail?: boolean
}

type Session = { account: MockOptions['account']; isReachable: boolean; streams: Set<ServerResponse> }
type Exchange = { request: IncomingMessage; response: ServerResponse; body: unknown; session: Session }
export type Handler = (exchange: Exchange, id: string) => unknown

const liveEveryMs = 500
const keepAliveMs = 10_000

export async function startMockCloud(world: World, options: MockOptions = {}): Promise<MockCloud> {
  const session: Session = { account: options.account, isReachable: true, streams: new Set() }
  const server = createServer((request, response) => {
    void answer({ world, options, session, request, response }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const setReachable = (isReachable: boolean) => {
    session.isReachable = isReachable
    if (isReachable) return
    for (const stream of session.streams) stream.destroy()
  }
  return { url: addressOf(server), setReachable, close: () => closeServer(server) }
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return `http://127.0.0.1:${address.port}`
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

type Asked = {
  world: World
  options: MockOptions
  session: Session
  request: IncomingMessage
  response: ServerResponse
}

async function answer({ world, options, session, request, response }: Asked): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://mock').pathname
  if (!path.startsWith('/api/')) return servePage(path, response, options.pageDir)
  if (!session.isReachable) return void request.socket.destroy()
  const exchange = { request, response, body: await readBody(request), session }
  const isOpen = path === '/api/setup' || path.startsWith('/api/acts') || path.startsWith('/api/auth/')
  if (!isOpen && !isSignedIn(request)) return refuse(response, 401, 'signed-out', 'Sign in first.')
  for (const [pattern, handle] of routesOf(world, options)) {
    const match = pattern.exec(`${request.method} ${path}`)
    if (!match) continue
    const result = await handle(exchange, match[1] ?? '')
    if (!response.headersSent) sendJson(response, 200, result ?? {})
    return
  }
  refuse(response, 404, 'not-found', 'There is no such address.')
}

function routesOf(world: World, options: MockOptions): [RegExp, Handler][] {
  const id = '([0-9a-f-]+)'
  const found = <T>(exchange: Exchange, value: T | undefined) =>
    value ?? refuse(exchange.response, 404, 'not-found', 'There is nothing here.')
  return [
    [/^GET \/api\/setup$/, ({ session }) => setupView(session, options)],
    [/^POST \/api\/auth\/(sign-in|sign-up)\/email$/, (exchange, way) => enter(exchange, way, options)],
    [/^POST \/api\/auth\/sign-out$/, ({ response }) => setCookie(response, 'mock=; Path=/; Max-Age=0')],
    [/^GET \/api\/me$/, ({ session }) => meView(session, { world, ...options })],
    [/^GET \/api\/printers$/, () => [...world.printers.values()]],
    [new RegExp(`^GET /api/printers/${id}$`), (exchange, key) => found(exchange, world.printers.get(key))],
    [
      new RegExp(`^GET /api/printers/${id}/prints$`),
      (_, key) => [...world.prints.values()].filter((print) => print.printerId === key),
    ],
    [new RegExp(`^GET /api/printers/${id}/live$`), (exchange, key) => streamFrames(world, exchange, key)],
    [new RegExp(`^POST /api/printers/${id}/commands$`), (exchange, key) => takeCommand(world, exchange, key)],
    [new RegExp(`^GET /api/commands/${id}$`), (exchange, key) => found(exchange, world.commands.get(key))],
    [new RegExp(`^GET /api/prints/${id}$`), (exchange, key) => found(exchange, world.prints.get(key))],
    [new RegExp(`^GET /api/prints/${id}/layers$`), (_, key) => world.layers.get(key) ?? []],
    [/^GET \/api\/incidents$/, () => [...world.incidents.values()]],
    [new RegExp(`^GET /api/incidents/${id}$`), (exchange, key) => found(exchange, world.incidents.get(key))],
    ...sayingRoutes(world),
    [new RegExp(`^GET /api/snapshots/${id}\\.jpg$`), (exchange, key) => sendPicture(world, exchange, key)],
    [/^GET \/api\/live$/, (exchange) => streamChanges(world, exchange)],
    [/^POST \/api\/pairings$/, () => startPairing(world)],
    [new RegExp(`^GET /api/pairings/${id}$`), (exchange, key) => found(exchange, world.pairings.get(key))],
    [/^GET \/api\/devices$/, () => [...world.devices.values()]],
    [new RegExp(`^DELETE /api/devices/${id}$`), (_, key) => void world.devices.delete(key)],
    [/^(?:POST|DELETE) \/api\/push-subscriptions$/, () => ({})],
    ...notificationRoutes(world),
  ]
}

function setupView(session: Session, options: MockOptions) {
  const hasOwner = session.account !== undefined
  const pushPublicKey =
    'BNbxGYNMhEIi9zrneh7mqV4oUanjLUK3m-mYZBc62frMKrEoMk88r3Lk596T0ck9xlT_-7-d-0aJ2hk-DZqbn2A'
  return {
    hasOwner,
    signUp: hasOwner ? 'closed' : 'token',
    pushPublicKey,
    canSendEmail: options.canSendEmail ?? false,
  }
}

function meView({ account }: Session, options: MockOptions & { world: World }) {
  const notifications = { email: options.canSendEmail ?? false, pushSubscriptions: 0 }
  const name = account?.name ?? ''
  const email = account?.email ?? ''
  const { timeZone } = options.world.notifications.preferences
  return { personId: 'p1', name, email, organisationName: name, timeZone, notifications }
}

const Credentials = z.object({ email: z.string(), password: z.string(), name: z.string().optional() })

function enter({ request, response, body, session }: Exchange, way: string, options: MockOptions): unknown {
  const { email, password, name } = Credentials.parse(body)
  if (way === 'sign-up') {
    if (request.headers['x-setup-token'] !== options.setupToken) {
      return refuse(response, 403, 'setup-token', 'That is not the set-up token.')
    }
    session.account = { name: name ?? '', email, password }
  }
  if (email !== session.account?.email || password !== session.account.password) {
    return refuse(response, 401, 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password')
  }
  return setCookie(response, 'mock=1; Path=/; HttpOnly; SameSite=Lax')
}

function setCookie(response: ServerResponse, cookie: string): void {
  response.setHeader('set-cookie', cookie)
}

function isSignedIn(request: IncomingMessage): boolean {
  return /(^|;\s*)mock=1/.test(request.headers.cookie ?? '')
}

async function takeCommand(
  world: World,
  { request, response, body }: Exchange,
  printerId: string,
): Promise<unknown> {
  const { action, printId, snapshotId } = CommandRequest.parse(body)
  const printer = world.printers.get(printerId)
  if (!printer) return refuse(response, 404, 'not-found', 'There is no such printer.')
  world.asked.push({ action, printId, snapshotId, key: String(request.headers['idempotency-key']) })
  if (world.printersObey === 'refuse')
    return refuse(response, 409, 'refused', 'The printer refuses: its door is open.')
  const issued = { id: newId(), printerId, action, personName: 'Ada', issuedAt: ago(0) }
  const command: CommandView = { ...issued, status: 'sent' }
  world.commands.set(command.id, command)
  if (world.printersObey === 'yes') setTimeout(() => void obey(world, command), 600)
  return command
}

/** The printer does what was asked, and is read back. */
export async function obey(world: World, command: CommandView): Promise<void> {
  const { printerId, action } = command
  const incident = world.printers.get(printerId)?.incident
  let snapshotId: string | undefined
  if (action === 'pause')
    changePrinter(world, printerId, { state: 'paused', pausedBy: 'person', pausedAt: ago(0) })
  if (action === 'resume')
    changePrinter(world, printerId, { state: 'printing', pausedBy: undefined, pausedAt: undefined })
  if (action === 'cancel') changePrinter(world, printerId, { state: 'cancelled' })
  if (action === 'snapshot') {
    snapshotId = newId()
    world.snapshots.set(snapshotId, await pictureOf(world, printerId))
  }
  if (incident && (action === 'resume' || action === 'cancel')) {
    const kind = action === 'resume' ? 'resumed' : 'stopped'
    changeIncident(world, incident.id, {}, { at: ago(0), kind, by: 'person', person: command.personName })
  }
  tell(world, { type: 'command', command: { ...command, status: 'done', finishedAt: ago(0), snapshotId } })
}

function startPairing(world: World) {
  const pairing = {
    id: newId(),
    code: 'K7M2-4QXR',
    command: 'npx layerwatch pair K7M2-4QXR --cloud https://layerwatch.example',
    expiresAt: ago(-581),
    status: 'waiting' as const,
  }
  world.pairings.set(pairing.id, { ...pairing, code: undefined, command: undefined })
  return pairing
}

function sendPicture(world: World, { response }: Exchange, snapshotId: string): unknown {
  const picture = world.snapshots.get(snapshotId)
  if (!picture) return refuse(response, 404, 'not-found', 'There is no such picture.')
  return response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture)
}

function streamChanges(world: World, { response, session }: Exchange): void {
  const send = openStream(response, session)
  const listener = (change: LiveChange) => send('change', change)
  listener({ type: 'printers', printers: [...world.printers.values()] })
  world.listeners.add(listener)
  response.on('close', () => world.listeners.delete(listener))
}

function streamFrames(world: World, { response, session }: Exchange, printerId: string): void {
  const send = openStream(response, session)
  const sendFrame = async () => {
    if (!world.live.isSent) return
    const picture = await pictureOf(world, printerId)
    const snapshotId = newId()
    world.snapshots.set(snapshotId, picture)
    const { ageMs, detections, hasHeat } = world.live
    const heat = hasHeat
      ? { heat: heatOf({ x: 0.52, y: 0.56, strength: detections.length > 0 ? 0.95 : 0.1 }) }
      : {}
    const header = { printerId, snapshotId, at: ago(ageMs / 1000), ageMs, detections, ...heat }
    send('frame', { header, jpegBase64: picture.toString('base64') })
  }
  void sendFrame()
  const timer = setInterval(() => void sendFrame(), liveEveryMs)
  response.on('close', () => clearInterval(timer))
}

function openStream(response: ServerResponse, session: Session): (name: string, data: unknown) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': here\n\n')
  session.streams.add(response)
  const timer = setInterval(() => response.write(': still here\n\n'), keepAliveMs)
  response.on('close', () => {
    clearInterval(timer)
    session.streams.delete(response)
  })
  return (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

async function pictureOf(world: World, printerId: string): Promise<Buffer> {
  return renderPicture(world.scenes.get(printerId) ?? { colour: '#d9733f', shape: 'vase', progress: 0.5 })
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Answers with a problem. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): undefined {
  const problem: ApiProblem = { code, message }
  sendJson(response, status, problem)
  return undefined
}
