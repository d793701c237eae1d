import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { failureKinds } from './failures.ts'
import { createLamp } from './lamp.ts'
import {
  actOnMachine,
  addMachineFailure,
  advanceMachine,
  createIdleMachine,
  createMachine,
  isFresh,
  type MachineAction,
  refusalOf,
  shotOf,
  startNext,
  statusOf,
} from './machine.ts'
import type { RunSpec } from './run.ts'
import { streamFrames } from './stream.ts'
import type { FrameSize, Studio } from './studio.ts'

export type SimulatorOptions = {
  spec: RunSpec
  /** Print seconds that pass in a second. */
  speed: number
  size: FrameSize
  /** Start another print by itself when the last one has ended. */
  isRepeating: boolean
  /** Wait for `POST /printer/start` before the first print. */
  isIdleFirst?: boolean
  /** Pictures a second in the stream. */
  streamRate: number
  /** The lamp is off at first, in a dark room. */
  isDark?: boolean
}

type Surroundings = {
  studio: Studio
  /** Milliseconds that only rise, such as `performance.now`. */
  now: () => number
  createJobId: () => string
}

/** Seconds of wall time between the end of a print and the next, where prints repeat. */
const repeatPauseSeconds = 12
const tickMs = 100
const maxBodyBytes = 16 * 1024

const FailureBody = z.object({
  kind: z.enum(failureKinds),
  layer: z.number().int().min(1).max(1_000_000),
})

/**
 * The simulated printer and camera over HTTP. It tells what a printer and a camera would, and nothing of what
 * is going wrong. Call `listen` on what is returned, and `close` to end it.
 */
export function createSimulator(options: SimulatorOptions, around: Surroundings): Server {
  const desk = createDesk(options, around)
  // Setting up the first picture takes a second: it is not left to the first who asks.
  desk.takePicture().catch(() => undefined)
  const ticker = setInterval(() => desk.advance(), tickMs)
  const server = createServer((request, response) => {
    answer(desk, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        reply(response, 500, { reason: error instanceof Error ? error.message : 'failed' })
      else response.destroy()
    })
  })
  server.requestTimeout = 10_000
  server.on('close', () => clearInterval(ticker))
  return server
}

type Desk = ReturnType<typeof createDesk>

/** The machine with a clock, and the camera before it. */
function createDesk(options: SimulatorOptions, { studio, now, createJobId }: Surroundings) {
  let machine = options.isIdleFirst
    ? createIdleMachine(options.spec)
    : createMachine(options.spec, createJobId())
  const lamp = createLamp(options.isDark ? 'off' : 'on')
  let lastMs = now()
  let endedMs: number | undefined
  let upcoming: Promise<Uint8Array> | undefined
  let current: Promise<Uint8Array> = Promise.resolve(new Uint8Array())

  function advance(): void {
    const nowMs = now()
    machine = advanceMachine(machine, ((nowMs - lastMs) / 1000) * options.speed)
    lastMs = nowMs
    const isOver = machine.state === 'finished' || machine.state === 'cancelled' || machine.state === 'idle'
    if (!isOver) endedMs = undefined
    else endedMs ??= nowMs
    if (!options.isRepeating || endedMs === undefined || isFresh(machine)) return
    if (nowMs - endedMs >= repeatPauseSeconds * 1000) act('start')
  }

  function act(action: MachineAction): string | undefined {
    const refusal = refusalOf(machine, action)
    if (refusal !== undefined) return refusal
    machine = action === 'start' ? startNext(machine, createJobId()) : actOnMachine(machine, action)
    return undefined
  }

  async function drawAfter(previous: Promise<Uint8Array>): Promise<Uint8Array> {
    await previous.catch(() => undefined)
    current = upcoming ?? current
    upcoming = undefined
    advance()
    return lamp.light(await studio.render(machine.spec, shotOf(machine), options.size))
  }

  return {
    options,
    lamp,
    advance,
    act,
    status: () => ({ ...statusOf(machine), fileBytes: machine.run.plan.gcode.length, speed: options.speed }),
    file: () => machine.run.plan.gcode,
    /** Says why where nothing is printed that could fail. */
    fail(failure: z.infer<typeof FailureBody>): string | undefined {
      if (refusalOf(machine, 'cancel') !== undefined) return 'nothing is being printed'
      machine = addMachineFailure(machine, failure)
      return undefined
    },
    /** A picture begun after the call; whoever asks while one is being drawn shares the next. */
    takePicture(): Promise<Uint8Array> {
      upcoming ??= drawAfter(current)
      return upcoming
    },
  }
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://simulator')
  const route = routes[pathname]
  if (!route) return reply(response, 404, { reason: 'there is nothing here' })
  if (request.method !== route.method) {
    response.setHeader('allow', route.method)
    return reply(response, 405, { reason: `only ${route.method} is answered here` })
  }
  desk.advance()
  await route.answer(desk, request, response)
}

type Route = {
  method: 'GET' | 'POST'
  answer: (desk: Desk, request: IncomingMessage, response: ServerResponse) => void | Promise<void>
}

const routes: Record<string, Route | undefined> = {
  '/printer': { method: 'GET', answer: (desk, _request, response) => reply(response, 200, desk.status()) },
  '/printer/pause': action('pause'),
  '/printer/resume': action('resume'),
  '/printer/cancel': action('cancel'),
  '/printer/start': action('start'),
  '/printer/file': {
    method: 'GET',
    answer: (desk, _request, response) => sendBytes(response, desk.file(), 'text/x.gcode'),
  },
  '/camera/snapshot.jpg': {
    method: 'GET',
    answer: async (desk, _request, response) => sendBytes(response, await desk.takePicture(), 'image/jpeg'),
  },
  '/camera/stream.mjpeg': {
    method: 'GET',
    answer: (desk, _request, response) =>
      streamFrames(response, { take: () => desk.takePicture(), rate: desk.options.streamRate }),
  },
  '/lamp': {
    method: 'GET',
    answer: (desk, _request, response) => reply(response, 200, { isOn: desk.lamp.isLit }),
  },
  '/lamp/on': lampSwitch('on'),
  '/lamp/off': lampSwitch('off'),
  '/failure': { method: 'POST', answer: takeFailure },
}

function action(name: MachineAction): Route {
  return {
    method: 'POST',
    answer: (desk, _request, response) => {
      const reason = desk.act(name)
      if (reason !== undefined) reply(response, 409, { reason })
      else reply(response, 200, desk.status())
    },
  }
}

function lampSwitch(to: 'on' | 'off'): Route {
  return {
    method: 'POST',
    answer: (desk, _request, response) => {
      desk.lamp.switch(to)
      reply(response, 200, { isOn: desk.lamp.isLit })
    },
  }
}

async function takeFailure(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  if (body === undefined) return reply(response, 413, { reason: `at most ${maxBodyBytes} bytes` })
  const failure = FailureBody.safeParse(parseJson(body))
  if (!failure.success) return reply(response, 400, { reason: z.prettifyError(failure.error) })
  const reason = desk.fail(failure.data)
  if (reason !== undefined) return reply(response, 409, { reason })
  response.writeHead(204).end()
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.length
    if (length <= maxBodyBytes) chunks.push(chunk)
  }
  return length > maxBodyBytes ? undefined : Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function sendBytes(response: ServerResponse, bytes: Uint8Array, type: string): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
  })
  response.end(bytes)
}
