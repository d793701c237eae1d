import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PrinterView } from '@layerwatch/shared/api.ts'
import sharp from 'sharp'
import { z } from 'zod'
import type { LocalProcess } from '../../deploy/local/processes.ts'
import { LogLines } from '../setup/log-lines.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'

/*
 * What no camera, printer or person should give, given to the real processes: it is said, with its reason,
 * within 15 s, it pauses nothing, and its end is said too.
 */

const saidWithinMs = 15_000
/** Names of the printers: what becomes of each, and the reason that is to be said. */
const troubles = {
  'no JPEG': 'camera-garbled',
  'cut off': 'camera-garbled',
  '14000 pixels wide': 'camera-garbled',
  'camera gone': 'camera-unreachable',
  'camera silent': 'camera-unreachable',
  'printer away': 'printer-unreachable',
} as const
type Trouble = keyof typeof troubles
const names = Object.keys(troubles).filter((name): name is Trouble => name in troubles)

const stack = new Stack({})
const log = new LogLines()
let hasTrouble = false
let cameras: Server
let away: LocalProcess

before(async () => {
  await stack.start()
  const slowly = ['--speed', '1', '--layers', '120']
  const { url } = await stack.startSimulator(...slowly, '--seed', '11')
  const other = await stack.startSimulator(...slowly, '--seed', '12')
  away = other.simulator
  cameras = await serveCameras(url)
  const config = await stack.pairAgent('workshop', {
    detector: { backend: 'onnx' },
    printers: names.map((name) => ({
      name,
      printer: { kind: 'simulated', url: name === 'printer away' ? other.url : url },
      camera: { kind: 'snapshot', url: `${addressOf(cameras)}/${encodeURIComponent(name)}` },
      capture: { intervalSeconds: 2 },
    })),
  })
  stack.runAgent(config, log.hear)
})
after(async () => {
  process.kill(away.pid, 'SIGCONT')
  await stack.close()
  cameras.closeAllConnections()
  cameras.close()
})

test('each trouble is said with its reason within 15 s, and its end', async (t) => {
  await untilAll('each is watched', ({ state, watching }) => state === 'printing' && watching.isWatching)

  const brokeAtMs = Date.now()
  hasTrouble = true
  process.kill(away.pid, 'SIGSTOP')
  for (const name of names) {
    const phrase = troubles[name] === 'printer-unreachable' ? 'printer lost' : 'not watching'
    const line = await waitUntil(
      `a word on ${name}`,
      () => log.all(phrase).find(({ printer }) => printer === name),
      { timeoutMs: 60_000 },
    )
    assert.equal(line.reason, troubles[name])
    const tookMs = line.time - brokeAtMs
    t.diagnostic(`${name}: said ${(tookMs / 1000).toFixed(1)} s after it began`)
    assert.ok(tookMs <= saidWithinMs, `${name}: said only after ${tookMs} ms`)
  }
  await untilAll('the page says why', ({ name, watching }) => {
    return !watching.isWatching && watching.reason === troubles[name as Trouble]
  })
  t.diagnostic(`all of it on the page after ${((Date.now() - brokeAtMs) / 1000).toFixed(1)} s`)

  hasTrouble = false
  process.kill(away.pid, 'SIGCONT')
  const printers = await untilAll('each is watched again', ({ watching }) => watching.isWatching)
  for (const name of names) {
    const phrase = troubles[name] === 'printer-unreachable' ? 'printer back' : 'watching again'
    assert.ok(
      log.all(phrase).some(({ printer }) => printer === name),
      `nothing was said of the end of: ${name}`,
    )
  }
  for (const { name, state } of printers) assert.equal(state, 'printing', `${name} is let alone`)
})

test('a configuration with mistakes names each with its path and ends with 78', async () => {
  const agent = {
    name: '',
    colour: 'red',
    detector: { backend: 'gpu', threads: 0 },
    printers: [
      {
        name: 'one',
        printer: { kind: 'octoprint', url: 'ftp://octopi.local', apiKey: '' },
        camera: { kind: 'folder' },
        capture: { intervalSeconds: '5' },
        policy: { sensitivity: 'most' },
        gpio: { relay: { pin: 40 } },
      },
      { name: 'two', printer: { kind: 'typewriter' }, camera: { kind: 'mjpeg', url: 'here' } },
    ],
  }
  await isRefused('device/cli/agent.ts', JSON.stringify(agent), [
    'name:',
    'colour',
    'detector.backend:',
    'detector.threads:',
    'printers.0.printer.url:',
    'printers.0.printer.apiKey:',
    'printers.0.camera.path:',
    'printers.0.capture.intervalSeconds:',
    'printers.0.policy.sensitivity:',
    'printers.0.gpio.relay.pin:',
    'printers.1.printer.kind:',
    'printers.1.camera.url:',
  ])
  const cloud = {
    port: 70_000,
    host: '',
    signUp: 'maybe',
    colour: 'red',
    trustedProxies: ['me'],
    broker: { kind: 'mosquitto', url: 'mqtt://broker' },
    smtp: { host: 'mail', security: 'ssl' },
  }
  await isRefused('cloud/cli.ts', JSON.stringify(cloud), [
    'port:',
    'host:',
    'signUp:',
    'colour',
    'trustedProxies.0:',
    'broker.url:',
    'smtp.security:',
    'smtp.from:',
  ])
  for (const program of ['device/cli/agent.ts', 'cloud/cli.ts']) await isRefused(program, 'printers: [', [])
})

/** Runs a program on a configuration that it must refuse. */
async function isRefused(program: string, text: string, paths: readonly string[]): Promise<void> {
  const file = path.join(stack.dataDir, 'mistaken.yaml')
  writeFileSync(file, text)
  const refused = stack.spawn({ name: program, args: [program, 'run', '--config', file] })
  assert.equal(await refused.ended, 78)
  const said = refused.lastLines().map((line) => line.trim())
  for (const where of paths) {
    const isNamed = (line: string) => (where.endsWith(':') ? line.startsWith(where) : line.includes(where))
    assert.ok(said.some(isNamed), `${program} does not name ${where}\n${said.join('\n')}`)
  }
}

/** Cameras that show the simulated print, and on trouble what their path says. */
async function serveCameras(simulator: string): Promise<Server> {
  const good = async () => {
    const picture = await fetch(`${simulator}/camera/snapshot.jpg`, { signal: AbortSignal.timeout(20_000) })
    return Buffer.from(await picture.arrayBuffer())
  }
  const huge = await sharp({ create: { width: 14_000, height: 14_000, channels: 3, background: '#765' } })
    .jpeg({ quality: 30 })
    .toBuffer()
  const server = createServer(async (request, response) => {
    const trouble = hasTrouble ? decodeURIComponent((request.url ?? '/').slice(1)) : undefined
    if (trouble === 'camera silent') return
    if (trouble === 'camera gone') return void response.destroy()
    try {
      response.setHeader('content-type', 'image/jpeg')
      if (trouble === 'no JPEG') response.end('<h1>It works!</h1>'.repeat(100))
      else if (trouble === '14000 pixels wide') response.end(huge)
      else if (trouble === 'cut off') response.end((await good()).subarray(0, 9_000))
      else response.end(await good())
    } catch {
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return `http://127.0.0.1:${address.port}`
}

/** All printers as the page gets them, once something holds for each. */
function untilAll(what: string, isSo: (printer: PrinterView) => boolean): Promise<PrinterView[]> {
  return waitUntil(
    what,
    async () => {
      const printers = z.array(PrinterView).parse(await stack.owner.get('/api/printers'))
      return printers.length === names.length && printers.every(isSo) ? printers : undefined
    },
    { timeoutMs: 120_000, everyMs: 200 },
  )
}
