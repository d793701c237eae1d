import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Answer, HttpPeer } from './http-peer.ts'
import { json, raw, startHttpPeer } from './http-peer.ts'

/**
 * Speaks as much of version 1 of PrusaLink's API as the agent uses, with digest login and an API key, and can be
 * told to misbehave. https://github.com/prusa3d/Prusa-Link-Web/blob/master/spec/openapi.yaml
 */
export interface FakePrusaLink extends HttpPeer {
  /** What the printer says of itself; change it as the test goes. */
  printer: { state: string } & Record<string, unknown>
  /** Starts a print of a file; it goes on until it is stopped. */
  start(name: string, gcode: string): void
  stop(): void
  /** Makes every nonce old that was given so far. */
  forgetNonces(): void
}

export const prusaLogin = { username: 'maker', password: 'secret' }
export const prusaKey = 'key0123456789'

interface Job {
  id: number
  name: string
  gcode: string
  beganMs: number
}

export async function startFakePrusaLink(): Promise<FakePrusaLink> {
  const nonces = new Set<string>()
  const printer: FakePrusaLink['printer'] = { state: 'IDLE', ...cold }
  let job: Job | undefined
  let jobs = 0
  const stop = () => {
    if (job !== undefined) printer.state = 'STOPPED'
    job = undefined
  }
  const peer = await startHttpPeer(({ method, path, head }) => {
    if (!isLoggedIn(head, nonces)) return askForLogin(nonces)
    const [, id, verb] = /^\/api\/v1\/job\/(\d+)(?:\/(\w+))?$/.exec(path) ?? []
    if (id === undefined) return usualAnswer(path, { printer, job })
    if (job === undefined || String(job.id) !== id) return json(404, { title: 'Not Found' })
    if (method === 'DELETE') stop()
    else if (verb === 'pause' && printer.state === 'PRINTING') printer.state = 'PAUSED'
    else if (verb === 'resume' && printer.state === 'PAUSED') printer.state = 'PRINTING'
    else return json(409, { title: 'Conflict' })
    return (_request, response) => response.writeHead(204).end()
  })
  return {
    ...peer,
    printer,
    stop,
    start: (name, gcode) => {
      job = { id: ++jobs, name, gcode, beganMs: performance.now() }
      Object.assign(printer, { state: 'PRINTING', ...hot })
    },
    forgetNonces: () => nonces.clear(),
  }
}

const cold = {
  temp_nozzle: 23.1,
  target_nozzle: 0,
  temp_bed: 22.8,
  target_bed: 0,
  axis_z: 0,
  flow: 100,
  speed: 100,
}
const hot = { temp_nozzle: 214.8, target_nozzle: 215, temp_bed: 60.1, target_bed: 60, axis_z: 0.4 }

function usualAnswer(path: string, { printer, job }: { printer: object; job: Job | undefined }): Answer {
  const seconds = job === undefined ? 0 : Math.floor((performance.now() - job.beganMs) / 1000)
  const figures = job && { id: job.id, progress: 12, time_remaining: 600 - seconds, time_printing: seconds }
  if (path === '/api/version') {
    return json(200, { api: '2.0.0', server: '2.1.2', text: 'PrusaLink', firmware: '6.1.3' })
  }
  if (path === '/api/v1/info') return json(200, { hostname: 'prusa-mk4', serial: '10589-123', mmu: false })
  if (path === '/api/v1/status') return json(200, { printer, ...(figures && { job: figures }) })
  if (path === '/api/v1/job') {
    if (job === undefined) return (_request, response) => response.writeHead(204).end()
    const refs = { download: `/usb/${encodeURIComponent(job.name)}` }
    const file = { refs, name: 'SHORT~1.GCO', display_name: job.name, path: '/usb', size: job.gcode.length }
    return json(200, { ...figures, state: 'PRINTING', file })
  }
  if (job !== undefined && path === `/usb/${encodeURIComponent(job.name)}`)
    return raw(200, 'text/x.gcode', job.gcode)
  return json(404, { title: 'Not Found' })
}

function isLoggedIn(request: IncomingMessage, nonces: ReadonlySet<string>): boolean {
  if (request.headers['x-api-key'] === prusaKey) return true
  const header = request.headers.authorization ?? ''
  const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]+)`).exec(header)?.[1] ?? ''
  const hash = (text: string) => createHash('md5').update(text).digest('hex')
  const secret = hash(`${prusaLogin.username}:Printer API:${prusaLogin.password}`)
  const what = hash(`${request.method}:${request.url}`)
  return nonces.has(field('nonce')) && field('response') === hash(`${secret}:${field('nonce')}:${what}`)
}

/** As the printers' firmware asks: MD5, without `qop`. */
function askForLogin(nonces: Set<string>): Answer {
  const nonce = randomBytes(8).toString('hex')
  nonces.add(nonce)
  const challenge = `Digest realm="Printer API", nonce="${nonce}", stale="false"`
  return raw(401, 'text/plain', '401: Unauthorized', { 'www-authenticate': challenge })
}
