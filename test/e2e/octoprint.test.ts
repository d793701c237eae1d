import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { IncidentView, type PrinterView } from '@layerwatch/shared/api.ts'
import { DeviceStatus } from '@layerwatch/shared/status.ts'
import type { LocalProcess } from '../../deploy/local/processes.ts'
import { askStatus } from '../../device/net/status-socket.ts'
import { LogLines } from '../setup/log-lines.ts'
import { type RunningOctoprint, startOctoprint } from '../setup/octoprint.ts'
import { hold, keepScreen, openPhone, signInOnPhone } from '../setup/phone.ts'
import { copyRealFrames, hasRealFrames, renderFailingPrint } from '../setup/recorded.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'

/*
 * The agent on a real OctoPrint with its virtual printer. Its camera is a folder of pictures that begin good and
 * then fail; nothing but the pixels tells the agent so.
 */

const stack = new Stack({ hasPage: true })
let octoprint: RunningOctoprint
before(async () => {
  octoprint = await startOctoprint()
  await stack.start()
})
after(async () => {
  await stack.close()
  await octoprint?.stop()
})

test('a failing print is paused on OctoPrint, resumed and stopped from the phone', async (t) => {
  const folder = path.join(stack.dataDir, 'rendered')
  await renderFailingPrint(folder)
  const { agent } = await watch('rendered', { folder, backend: 'auto' })
  const paused = await untilPaused('rendered')

  await t.test('the incident is there with its picture', () => hasPicture(paused))

  await t.test('nobody resumes without a fresh picture', async () => {
    const route = `/api/printers/${paused.id}/commands`
    const resume = { action: 'resume', printId: paused.print?.id }
    const blind = await stack.owner.request('POST', route, {
      body: resume,
      headers: { 'idempotency-key': 'without-picture' },
    })
    assert.equal(blind.status, 400)
    const old = { ...resume, snapshotId: paused.picture?.id }
    await stack.owner.post(route, old, { 'idempotency-key': 'with-an-old-picture' })
    assert.equal(await octoprint.state(), 'Paused')
  })

  const page = await openPhone(t)
  await t.test('held for a second, Resume resumes it', async () => {
    await signInOnPhone(page, stack.url, stack.account)
    await page.getByRole('link', { name: 'rendered' }).click()
    await page
      .getByText(/Paused by Layerwatch/)
      .first()
      .waitFor()
    const resume = page.getByRole('button', { name: /^Resume/, disabled: false })
    await resume.waitFor({ timeout: 60_000 })
    await keepScreen(page, 'octoprint-paused')
    await hold(page, resume, 1300)
    await seen('Printing')
    await stack.printer('the page hears of it', ({ state }) => state === 'printing')
  })

  await t.test('held for a second, Stop stops it', async () => {
    await page.goto(`${stack.url}/printers/${paused.id}`)
    const stop = page.getByRole('button', { name: /^Stop/ })
    await stop.waitFor()
    await hold(page, stop, 1300)
    await seen('Operational')
    await page.getByText('Stopped, printer confirmed').waitFor()
    await keepScreen(page, 'octoprint-stopped')
  })

  await agent.stop()
})

test('the same on tfjs-node, with pictures of real prints where they are there', async (t) => {
  const folder = path.join(stack.dataDir, 'real')
  if (hasRealFrames()) await copyRealFrames(folder)
  else {
    t.diagnostic('../shared/frames is not there: rendered pictures are used')
    await renderFailingPrint(folder)
  }
  const { agent } = await watch('real', { folder, backend: 'tfjs-node' })
  const status = DeviceStatus.parse(await askStatus(stack.agentDir('real')))
  assert.equal(status.detector?.backend, 'tfjs-node')
  await hasPicture(await untilPaused('real'))
  await agent.stop()
})

interface Camera {
  folder: string
  backend: 'auto' | 'tfjs-node'
}

/** Starts an agent on OctoPrint, then a print, and sees that its good beginning is let alone. */
async function watch(name: string, { folder, backend }: Camera) {
  const config = await stack.pairAgent(name, {
    detector: { backend },
    printers: [
      {
        name,
        printer: { kind: 'octoprint', url: octoprint.url, apiKey: octoprint.apiKey },
        camera: { kind: 'folder', path: folder, intervalSeconds: 1, loop: true },
        capture: { intervalSeconds: 1 },
      },
    ],
  })
  const log = new LogLines()
  const agent = stack.runAgent(config, log.hear)
  await Promise.race([log.next('printer found', { timeoutMs: 240_000 }), endsTooSoon(agent)])
  await octoprint.upload('square tower.gcode', squareTower(400), { start: true })
  await log.next('print started')
  assert.equal(await octoprint.state(), 'Printing')
  return { agent, log }
}

async function endsTooSoon(agent: LocalProcess): Promise<never> {
  const code = await agent.ended
  throw new Error(`the agent ended with ${code}:\n${agent.lastLines().join('\n')}`)
}

/** Paused by the agent, as OctoPrint itself and the cloud say it. */
async function untilPaused(name: string): Promise<PrinterView> {
  await seen('Paused')
  return stack.printer(
    'the pause in the cloud',
    (printer) =>
      printer.name === name &&
      printer.state === 'paused' &&
      printer.pausedBy === 'layerwatch' &&
      printer.incident?.pause === 'confirmed',
  )
}

async function seen(state: string): Promise<void> {
  await waitUntil(`OctoPrint says ${state}`, async () => (await octoprint.state()) === state, {
    timeoutMs: 150_000,
    everyMs: 200,
  })
}

async function hasPicture({ incident: shown }: PrinterView): Promise<void> {
  const picture = await waitUntil(
    'the picture of the incident',
    async () => {
      const incident = IncidentView.parse(await stack.owner.get(`/api/incidents/${shown?.id}`))
      if (!incident.picture) return undefined
      const response = await stack.owner.request('GET', `/api/snapshots/${incident.picture.id}.jpg`)
      return response.ok ? { incident, bytes: Buffer.from(await response.arrayBuffer()) } : undefined
    },
    { timeoutMs: 60_000, everyMs: 200 },
  )
  assert.equal(picture.bytes.readUInt16BE(0), 0xffd8)
  assert.equal(picture.incident.severity, 'confirmed')
  const { before, beganAtLayer, picture: alarm } = picture.incident
  assert.ok(alarm?.detections.length, 'what was seen is marked in it')
  assert.ok(
    before?.layer !== undefined && before.layer < beganAtLayer,
    'the picture from before is from before',
  )
}

/** G-code of a hollow square tower; a layer takes a virtual printer about two seconds. */
function squareTower(layers: number): string {
  const corners = ['X60 Y60', 'X100 Y60', 'X100 Y100', 'X60 Y100']
  const round = corners.map((corner) => `G1 ${corner} E1.3 F9000`)
  const body = Array.from({ length: layers }, (_, index) => [
    `;LAYER:${index + 1}`,
    `G1 Z${((index + 1) * 0.2).toFixed(2)} F3000`,
    ...Array.from({ length: 7 }, () => round).flat(),
  ])
  return `${['G28', 'G92 E0', 'M83', ...body.flat()].join('\n')}\n`
}
