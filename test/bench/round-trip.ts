import { readFileSync } from 'node:fs'
import { createServer, request as forward, type Server } from 'node:http'
import { CommandView, LayerView, type PrinterView } from '@layerwatch/shared/api.ts'
import { chromium, type Page } from 'playwright-core'
import { z } from 'zod'
import { findChromium } from '../setup/chromium.ts'
import { signInOnPhone } from '../setup/phone.ts'
import { findFreePort } from '../setup/ports.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'
import { type Figure, quantile, spread } from './figure.ts'

/** Figures of the whole chain, with the page open in a real browser. */
export async function measureChain(samples: number): Promise<Figure[]> {
  const stack = new Stack({ hasPage: true })
  const browser = await chromium.launch({
    executablePath: findChromium() ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  try {
    await stack.start()
    const { url } = await stack.startSimulator('--speed', '20', '--seed', '4', '--layers', '400')
    const tap = await openTap(url)
    const link = { kind: 'simulated', url: tap.url }
    const config = await stack.pairAgent('bench', {
      detector: { backend: 'tfjs-wasm' },
      printers: [{ name: 'Bench printer', printer: link, camera: link }],
    })
    const agent = stack.runAgent(config)
    const printer = await stack.printer('the print is on the page', ({ state }) => state === 'printing')
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    await signInOnPhone(page, stack.url, stack.account)
    await page.goto(`${stack.url}/printers/${printer.id}`)
    const figures = [
      await measureEvents(stack, page, samples),
      await measurePresses({ stack, page, printer, tap, samples }),
      memoryOf(agent.pid),
    ]
    tap.server.close()
    return figures
  } finally {
    await browser.close()
    await stack.close()
  }
}

interface Tap {
  server: Server
  url: string
  /** When the printer was last asked to pause, as `Date.now()`. */
  pausedAtMs: () => number | undefined
  forget: () => void
}

/** Stands between agent and simulator and notes when a pause comes by. */
async function openTap(target: string): Promise<Tap> {
  let pausedAtMs: number | undefined
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/printer/pause') pausedAtMs ??= Date.now()
    const { method, headers } = incoming
    const onward = forward(
      new URL(incoming.url ?? '/', target),
      { ...(method && { method }), headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  const port = await findFreePort()
  server.listen(port, '127.0.0.1')
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    pausedAtMs: () => pausedAtMs,
    forget: () => {
      pausedAtMs = undefined
    },
  }
}

/** Layers in the order in which the page showed them, and when. */
const Sightings = z.array(z.tuple([z.string(), z.number()]))

/** Runs in the page: notes each new layer of the strip as it is drawn. */
const watchStrip = (samples: number) => `new Promise((resolve) => {
  const slider = document.querySelector('[role=slider]')
  const found = []
  new MutationObserver(() => {
    const layer = slider.getAttribute('aria-valuemax')
    if (found.at(-1)?.[0] !== layer) found.push([layer, Date.now()])
    if (found.length >= ${samples}) resolve(found)
  }).observe(slider, { attributes: true, attributeFilter: ['aria-valuemax'] })
  setTimeout(() => resolve(found), 240_000)
})`

/** Runs in the page: notes when something was last pressed. */
const noteClicks = `addEventListener('click', () => { globalThis.pressedAtMs = Date.now() }, true)`

/** Layers as they appear on the strip, against the agent's own note of when they were stored. */
async function measureEvents(stack: Stack, page: Page, samples: number): Promise<Figure> {
  const strip = page.getByRole('slider', { name: 'Layer strip' })
  await strip.waitFor()
  const seen = Sightings.parse(await page.evaluate(watchStrip(samples)))
  const printer = await stack.printer('the print goes on', ({ print }) => print !== undefined)
  const layers = z.array(LayerView).parse(await stack.owner.get(`/api/prints/${printer.print?.id}/layers`))
  const storedAt = new Map(layers.map(({ layer, at }) => [String(layer), Date.parse(at)]))
  const delays = seen.flatMap(([layer, atMs]) => {
    const stored = storedAt.get(layer)
    return stored === undefined ? [] : [atMs - stored]
  })
  return {
    name: 'event stored on the agent → on the page, p95',
    value: quantile(delays, 0.95),
    unit: 'ms',
    reach: 1000,
    detail: `layers on the strip in Chromium; ${spread(delays, 'ms')}`,
  }
}

interface Pressing {
  stack: Stack
  page: Page
  printer: PrinterView
  tap: Tap
  samples: number
}

async function measurePresses({ stack, page, printer, tap, samples }: Pressing): Promise<Figure> {
  const delays: number[] = []
  await page.evaluate(noteClicks)
  for (let i = 0; i < samples; i++) {
    tap.forget()
    await page.getByRole('button', { name: /^Pause/ }).click()
    const pausedAtMs = await waitUntil('the printer was asked to pause', tap.pausedAtMs, {
      timeoutMs: 30_000,
    })
    delays.push(pausedAtMs - z.number().parse(await page.evaluate('globalThis.pressedAtMs')))
    await stack.printer('it is paused', ({ state }) => state === 'paused')
    await resume(stack, printer.id)
  }
  return {
    name: 'Pause pressed on the page → printer called, p95',
    value: quantile(delays, 0.95),
    unit: 'ms',
    reach: 500,
    detail: `clicks in Chromium; ${spread(delays, 'ms')}`,
  }
}

/** Resumes as a person must: with a fresh picture. */
async function resume(stack: Stack, printerId: string): Promise<void> {
  const { print } = await stack.printer('it is paused', ({ state }) => state === 'paused')
  const ask = async (body: object) =>
    CommandView.parse(
      await stack.owner.post(`/api/printers/${printerId}/commands`, body, {
        'idempotency-key': crypto.randomUUID(),
      }),
    )
  const { id } = await ask({ action: 'snapshot' })
  const picture = await waitUntil(
    'a fresh picture came',
    async () => {
      const command = CommandView.parse(await stack.owner.get(`/api/commands/${id}`))
      return command.status === 'done' ? command.snapshotId : undefined
    },
    { timeoutMs: 30_000 },
  )
  await ask({ action: 'resume', printId: print?.id, snapshotId: picture })
  await stack.printer('it prints again', ({ state }) => state === 'printing')
}

/** Peak resident memory of a process, as the kernel has it. */
function memoryOf(pid: number): Figure {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN)
  return {
    name: 'agent memory, wasm, peak',
    value: kilobytes / 1024,
    unit: 'MB',
    reach: 300,
    detail: 'VmHWM of the agent after the figures above, one 640×480 camera',
  }
}
