import { z } from 'zod'
import type { LocalProcess } from '../../deploy/local/processes.ts'
import type { Failure } from '../../device/simulator/failures.ts'
import { LogLines } from './log-lines.ts'
import type { Stack } from './stack.ts'
import { waitUntil } from './wait.ts'

/** The simulated printer as somebody beside it uses it: its own buttons, and a failure that is switched on. */
export interface PrinterPanel {
  url: string
  state(): Promise<string>
  layer(): Promise<number>
  press(action: 'pause' | 'resume' | 'cancel' | 'start'): Promise<void>
  /** The failure begins some layers from now. */
  fail(kind: Failure['kind'], inLayers: number): Promise<void>
  /** Ends what is printing and starts the next print. */
  startAnew(): Promise<void>
  isSeen(state: string, timeoutMs?: number): Promise<void>
}

const Status = z.object({ state: z.string(), layer: z.number() })

export function openPanel(url: string): PrinterPanel {
  const ask = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    if (!response.ok)
      throw new Error(`the simulator answered ${response.status} to ${path}: ${await response.text()}`)
    return response.status === 204 ? undefined : await response.json()
  }
  const status = async () => Status.parse(await ask('GET', '/printer'))
  const isOneOf = (states: string[], timeoutMs = 60_000) =>
    waitUntil(
      `the simulated printer is ${states.join(' or ')}`,
      async () => states.includes((await status()).state),
      { timeoutMs, everyMs: 10 },
    )
  const press: PrinterPanel['press'] = async (action) => {
    await ask('POST', `/printer/${action}`)
  }
  return {
    url,
    press,
    state: async () => (await status()).state,
    layer: async () => (await status()).layer,
    fail: async (kind, inLayers) => {
      await ask('POST', '/failure', { kind, layer: (await status()).layer + inLayers })
    },
    startAnew: async () => {
      if (!['finished', 'cancelled', 'idle'].includes((await status()).state)) await press('cancel')
      await isOneOf(['cancelled', 'finished', 'idle'])
      await press('start')
    },
    isSeen: async (state, timeoutMs) => {
      await isOneOf([state], timeoutMs)
    },
  }
}

/** A simulated printer with its camera, and a paired agent that watches it. */
export interface WatchedPrint {
  panel: PrinterPanel
  config: string
  dataDir: string
  agent: LocalProcess
  log: LogLines
}

/** Print seconds that pass in a second: as fast as pictures are drawn and judged on a busy machine. */
const speed = '20'

/** Starts a good print and an agent on it; resolves once it is watched. */
export async function startWatchedPrint(
  stack: Stack,
  { name = 'workshop', simulator = [] as string[] } = {},
): Promise<WatchedPrint> {
  const { url } = await stack.startSimulator(
    '--speed',
    speed,
    '--seed',
    '11',
    '--layers',
    '120',
    ...simulator,
  )
  const config = await stack.pairAgent(name, agentConfig(url))
  const log = new LogLines()
  const agent = stack.runAgent(config, log.hear)
  await log.next('printer found')
  const panel = openPanel(url)
  // Pairing took its time: the print begins with somebody watching.
  await panel.startAnew()
  await log.next('print started')
  return { panel, config, dataDir: stack.agentDir(name), agent, log }
}

/** One backend, so that no start spends time on trying the others. */
export function agentConfig(url: string, more: object = {}): object {
  const link = { kind: 'simulated', url }
  return {
    detector: { backend: 'onnx' },
    printers: [{ name: 'Bench printer', printer: link, camera: link, ...more }],
  }
}
