import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { type PrinterAction, PrinterState } from '@layerwatch/shared/vocabulary.ts'
import { z } from 'zod'
import { fetchReply, type ReadReply } from '../net/http.ts'
import type { SimulatedPrinterConfig } from './config.ts'
import {
  type Light,
  type Printer,
  type PrinterCapabilities,
  type PrinterStatus,
  printerTimeoutMs,
} from './printer.ts'
import { refuseOtherJob } from './told-job.ts'

const maxReplyBytes = 64 * 1024
/** Held twice while it is read: more would take the memory the watching needs. Layers are then told by time. */
const maxFileBytes = 128 * 1024 * 1024
const fileTimeoutMs = 120_000
const watchMs = 500

/** What the simulator's `GET /printer` answers, as far as it is used here. */
const StatusReply = z.object({
  state: PrinterState,
  job: z.object({ name: z.string(), id: z.string() }).optional(),
  layer: z.number(),
  layers: z.number(),
  zMm: z.number(),
  progress: z.number().min(0).max(1),
  filePosition: z.number(),
  fileBytes: z.number(),
  printSeconds: z.number(),
  secondsLeft: z.number(),
  speed: z.number().positive(),
  /** Degrees Celsius as measured. */
  temperatures: z.object({ nozzle: z.number(), bed: z.number() }).optional(),
})

/**
 * The simulated printer, over HTTP as any other: it is a process of its own and tells what a printer tells.
 * @throws ConfigError where the address can't be one.
 */
export function openSimulatedPrinter(
  config: z.infer<typeof SimulatedPrinterConfig>,
): Printer & { readonly light: Light } {
  const base = URL.parse(config.url)
  if (base === null) throw new ConfigError(`not an address of a simulator: ${config.url}`)
  let told: PrinterStatus | undefined
  const read = async (signal: AbortSignal) => readStatus(await ask(base, { path: '/printer', signal }))
  const status = async (signal: AbortSignal) => {
    told = await read(signal)
    return told
  }
  return {
    async probe(signal): Promise<PrinterCapabilities> {
      const { timeScale } = await status(signal)
      const description = `Simulated printer, ${timeScale} times as fast as a real one`
      return { description, actions: ['pause', 'resume', 'cancel'], limits: [] }
    },
    status,
    async watch(onStatus, signal) {
      let last = ''
      while (!signal.aborted) {
        try {
          const now = await status(signal)
          const words = JSON.stringify({ ...now, printSeconds: 0, secondsLeft: 0, temperatures: undefined })
          if (words !== last) onStatus(now)
          last = words
        } catch {
          // A lost printer is told by `status`; here the next round simply tries again.
        }
        await sleep(watchMs, undefined, { signal }).catch(() => undefined)
      }
    },
    async act(action, signal) {
      if (told?.job) refuseOtherJob(told, await read(signal))
      await act(base, action, signal)
    },
    async file(signal) {
      const limits = { timeoutMs: fileTimeoutMs, maxBytes: maxFileBytes }
      const reply = await ask(base, { path: '/printer/file', signal, ...limits })
      if (reply.status !== 200) throw new ProtocolError(`the simulator answered ${reply.status} for its file`)
      return reply.bytes
    },
    light: {
      isOn: async (signal) => readLamp(await ask(base, { path: '/lamp', signal })),
      async turn(to, signal) {
        readLamp(await ask(base, { method: 'POST', path: `/lamp/${to}`, signal }))
      },
    },
  }
}

const LampReply = z.object({ isOn: z.boolean() })

function readLamp(reply: ReadReply): boolean {
  const parsed = reply.status === 200 ? LampReply.safeParse(parseJson(textOf(reply))) : undefined
  if (!parsed?.success) throw new ProtocolError('the simulator tells of no lamp', { cause: parsed?.error })
  return parsed.data.isOn
}

async function act(base: URL, action: PrinterAction, signal: AbortSignal): Promise<void> {
  const reply = await ask(base, { method: 'POST', path: `/printer/${action}`, signal })
  if (reply.status === 409)
    throw new RejectedError(`the simulated printer refuses to ${action}: ${textOf(reply)}`)
  if (reply.status !== 200) throw new ProtocolError(`the simulator answered ${reply.status} to ${action}`)
}

type Question = {
  method?: 'GET' | 'POST'
  path: string
  signal: AbortSignal
  timeoutMs?: number
  maxBytes?: number
}

async function ask(base: URL, question: Question): Promise<ReadReply> {
  const { method = 'GET', path, signal, timeoutMs = printerTimeoutMs, maxBytes = maxReplyBytes } = question
  const reply = await fetchReply({ method, url: new URL(path, base), signal, timeoutMs, maxBytes })
  if (reply.status >= 500) throw new UnavailableError(`the simulator answered ${reply.status}`)
  return reply
}

function readStatus(reply: ReadReply): PrinterStatus {
  const parsed = reply.status === 200 ? StatusReply.safeParse(parseJson(textOf(reply))) : undefined
  if (!parsed?.success)
    throw new ProtocolError('what answers is no simulated printer', { cause: parsed?.error })
  const { job, speed, layer, temperatures, ...status } = parsed.data
  return {
    ...status,
    timeScale: speed,
    // 0 until the first line is laid: no layer yet.
    ...(layer > 0 && { layer }),
    ...(temperatures && {
      temperatures: { nozzle: { actualC: temperatures.nozzle }, bed: { actualC: temperatures.bed } },
    }),
    ...(job && { job: { name: job.name, runId: job.id } }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOf(reply: ReadReply): string {
  return Buffer.from(reply.bytes).toString('utf8')
}
