import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import { changesBetween, type FakeKlipper, type KlipperObjects, pickObjects } from './klipper.ts'

/**
 * Klipper's API server as far as Moonraker uses it: JSON requests on a unix socket, each ended by 0x03.
 * https://www.klipper3d.org/API_Server.html
 */
export interface KlippySocket {
  close(): Promise<void>
}

/** Klipper tells subscribers of changes this often. */
const updateEveryMs = 250
const etx = '\x03'

const Request = z.looseObject({
  id: z.number().optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
})
const Wanted = z.record(z.string(), z.array(z.string()).nullable())
const Template = z.record(z.string(), z.unknown())

interface Host {
  klipper: FakeKlipper
  /** Folder that print files are read from. */
  gcodesDir: string
}

export async function startKlippySocket(file: string, host: Host): Promise<KlippySocket> {
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    serve(socket, host)
    socket.once('close', () => clients.delete(socket))
  })
  server.listen(file)
  await once(server, 'listening')
  return {
    close: async () => {
      if (!server.listening) return
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(socket: Socket, host: Host): void {
  let rest = ''
  const send = (message: object) => socket.writable && socket.write(`${JSON.stringify(message)}${etx}`)
  const subscriber = new Subscriber(host.klipper, send)
  const timer = setInterval(() => subscriber.update(), updateEveryMs)
  socket.on('error', () => undefined)
  socket.once('close', () => clearInterval(timer))
  socket.on('data', async (chunk) => {
    const parts = (rest + chunk.toString()).split(etx)
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const { id, method, params } = Request.parse(JSON.parse(part))
      const answer = async () => ({ id, result: await answerOf({ method, params }, { host, subscriber }) })
      // Not awaited: Klipper answers others while a macro runs.
      answer().then(send, (error: Error) =>
        send({ id, error: { error: 'WebRequestError', message: error.message } }),
      )
    }
  })
}

class Subscriber {
  readonly #klipper: FakeKlipper
  readonly #send: (message: object) => void
  #wanted: z.infer<typeof Wanted> = {}
  #template: z.infer<typeof Template> = {}
  #last: KlipperObjects = {}

  constructor(klipper: FakeKlipper, send: (message: object) => void) {
    this.#klipper = klipper
    this.#send = send
  }

  begin(wanted: z.infer<typeof Wanted>, template: z.infer<typeof Template>): object {
    this.#wanted = wanted
    this.#template = template
    this.#last = pickObjects(this.#klipper.objects(), wanted)
    return { eventtime: performance.now() / 1000, status: this.#last }
  }

  update(): void {
    const now = pickObjects(this.#klipper.objects(), this.#wanted)
    const status = changesBetween(this.#last, now)
    this.#last = now
    if (Object.keys(status).length === 0) return
    this.#send({ ...this.#template, params: { eventtime: performance.now() / 1000, status } })
  }
}

const endpoints = [
  'info',
  'list_endpoints',
  'objects/list',
  'objects/query',
  'objects/subscribe',
  'gcode/script',
  'gcode/help',
  'gcode/subscribe_output',
  'register_remote_method',
  'pause_resume/pause',
  'pause_resume/resume',
  'pause_resume/cancel',
  'emergency_stop',
]

async function answerOf(
  { method, params }: { method: string; params: Record<string, unknown> },
  { host, subscriber }: { host: Host; subscriber: Subscriber },
): Promise<object> {
  const { klipper, gcodesDir } = host
  switch (method) {
    case 'info':
      return infoOf(klipper, gcodesDir)
    case 'list_endpoints':
      return { endpoints }
    case 'objects/list':
      return { objects: Object.keys(klipper.objects()) }
    case 'objects/query': {
      const all = { ...klipper.objects(), configfile: { config: { virtual_sdcard: { path: gcodesDir } } } }
      return { eventtime: 0, status: pickObjects(all, Wanted.parse(params.objects)) }
    }
    case 'objects/subscribe':
      return subscriber.begin(Wanted.parse(params.objects), Template.parse(params.response_template ?? {}))
    case 'gcode/script':
      await runScript(String(params.script), host)
      return {}
    case 'pause_resume/pause':
      await klipper.run('pause')
      return {}
    case 'pause_resume/resume':
      await klipper.run('resume')
      return {}
    case 'pause_resume/cancel':
      await klipper.run('cancel')
      return {}
    case 'emergency_stop':
      klipper.says.webhooks = { state: 'shutdown', state_message: 'Shutdown due to webhooks request' }
      return {}
    default:
      return {}
  }
}

function infoOf(klipper: FakeKlipper, gcodesDir: string): object {
  const webhooks = klipper.objects().webhooks ?? {}
  return {
    state: webhooks.state,
    state_message: webhooks.state_message,
    hostname: 'stand-in',
    software_version: 'v0.13.0-stand-in',
    process_id: process.pid,
    klipper_path: path.join(gcodesDir, '..', 'klipper'),
    python_path: process.execPath,
    log_file: path.join(gcodesDir, '..', 'logs', 'klippy.log'),
    config_file: path.join(gcodesDir, '..', 'config', 'printer.cfg'),
  }
}

async function runScript(script: string, { klipper, gcodesDir }: Host): Promise<void> {
  klipper.script(script)
  const filename = /^SDCARD_PRINT_FILE FILENAME="(.*)"$/.exec(script)?.[1]
  if (filename === undefined) return
  klipper.start(filename, (await stat(path.join(gcodesDir, filename))).size)
}
