import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { CommandView, IncidentView, PrinterView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import type { LocalProcess } from '../../deploy/local/processes.ts'
import { json, startHttpPeer } from '../fakes/http-peer.ts'
import { LogLines } from '../setup/log-lines.ts'
import { findMoonraker, type RunningMoonraker, startMoonraker } from '../setup/moonraker.ts'
import { renderFailingPrint } from '../setup/recorded.ts'
import { Stack } from '../setup/stack.ts'
import { waitUntil } from '../setup/wait.ts'

/*
 * The agent on a real Moonraker, in front of a stand-in for Klipper. Its camera is a folder of pictures that begin
 * good and then fail; nothing but the pixels tells the agent so.
 */

const skip = findMoonraker() === undefined && 'Moonraker is not installed: npm test gets it from PyPI'
const jobName = 'vase.gcode'
const stack = new Stack({ hasPage: false })
const plug = await startHttpPeer(() => json(200, {}))
let moonraker: RunningMoonraker
let folder: string
before(async () => {
  if (skip) return
  moonraker = await startMoonraker()
  await moonraker.upload(jobName, gcode(4_000))
  await stack.start()
  folder = path.join(stack.dataDir, 'rendered')
  await renderFailingPrint(folder)
})
after(async () => {
  await stack.close()
  await moonraker?.stop()
  await plug.close()
})

test('a failing print is paused on Klipper, and the picture is held against the pause', {
  skip,
}, async () => {
  const { agent, log } = await watch('obedient')
  const paused = await stack.printer(
    'the pause in the cloud',
    (printer) => printer.name === 'obedient' && printer.incident?.pause === 'confirmed',
  )
  assert.equal(moonraker.klipper.state, 'paused')
  assert.deepEqual([paused.state, paused.pausedBy], ['paused', 'layerwatch'])
  // This camera goes on through its folder, whatever the printer does.
  const checked = await log.next('pause looked at', { timeoutMs: 90_000 })
  assert.equal(Object(checked).picture, 'moving')
  await waitUntil('the timeline says so', async () => (await stepsOf(paused)).includes('pause.moving'))
  assert.deepEqual(plug.asked, [], 'a picture that moves is no reason to end the print')
  assert.ok(
    moonraker.klipper.ran.some((script) => script.includes('G1 Z5')),
    'the nozzle was lifted',
  )
  await resumesOnlyHot(paused, log)
  await agent.stop()
})

test('a Klipper whose pause fails is halted, and nothing more', { skip }, async () => {
  moonraker.klipper.refuses = 'pause'
  const { agent, log } = await watch('stubborn')
  const used = await log.next('fallback used', { timeoutMs: 150_000 })
  assert.deepEqual([Object(used).means, Object(used).result], ['emergency-stop', 'confirmed'])
  await waitUntil('the halt in the cloud', async () => {
    const printers = z.array(PrinterView).parse(await stack.owner.get('/api/printers'))
    return printers.find((printer) => printer.name === 'stubborn' && printer.state === 'error')
  })
  assert.ok(moonraker.klipper.ran.filter((one) => one === 'pause').length >= 3)
  assert.deepEqual(plug.asked, [], 'the plug comes after the emergency stop, which was enough')
  await agent.stop()
})

/** The hotend goes off after its minute; a resume waits until it is as hot as it was. */
async function resumesOnlyHot(paused: PrinterView, log: LogLines): Promise<void> {
  const { klipper } = moonraker
  const off = await log.next('heater switched off', { timeoutMs: 120_000 })
  assert.deepEqual([Object(off).heater, Object(off).result], ['nozzle', 'off'])
  assert.equal(klipper.objects().extruder?.target, 0)
  assert.equal(klipper.objects().heater_bed?.target, 60)
  klipper.says.extruder = { target: 0, temperature: 140 }
  const cold = await resume(paused)
  assert.deepEqual(
    [cold.status, cold.reason],
    ['refused', 'heat the nozzle to 215 °C (now 140) at the printer first'],
  )
  assert.equal(klipper.state, 'paused')
  klipper.says.extruder = { target: 215, temperature: 214 }
  assert.equal((await resume(paused)).status, 'done')
  assert.equal(klipper.state, 'printing')
  assert.ok((await stepsOf(paused)).includes('nozzle.off'))
}

/** As a person does on the phone: a fresh picture, then the resume that names it. */
async function resume({ id, print }: PrinterView): Promise<CommandView> {
  const ask = async (body: object) => {
    const headers = { 'idempotency-key': randomUUID() }
    const { id: commandId } = CommandView.parse(
      await stack.owner.post(`/api/printers/${id}/commands`, body, headers),
    )
    return waitUntil('the command ends', async () => {
      const command = CommandView.parse(await stack.owner.get(`/api/commands/${commandId}`))
      return command.finishedAt !== undefined && command
    })
  }
  const { snapshotId } = await ask({ action: 'snapshot' })
  return ask({ action: 'resume', printId: print?.id, snapshotId })
}

async function stepsOf({ incident }: PrinterView): Promise<string[]> {
  const view = IncidentView.parse(await stack.owner.get(`/api/incidents/${incident?.id}`))
  return view.timeline.map(({ kind }) => kind)
}

/** Starts an agent on Moonraker, then a print, and sees that its good beginning is let alone. */
async function watch(name: string) {
  await moonraker.klipper.run('cancel')
  const config = await stack.pairAgent(name, {
    detector: { backend: 'onnx' },
    printers: [
      {
        name,
        printer: { kind: 'moonraker', url: moonraker.url, apiKey: moonraker.apiKey },
        camera: { kind: 'folder', path: folder, intervalSeconds: 1, loop: true },
        capture: { intervalSeconds: 1 },
        pause: {
          liftMm: 5,
          hotendOffAfterMinutes: 1,
          fallback: [{ kind: 'emergency-stop' }, { kind: 'webhook', url: `${plug.url}/off` }],
        },
      },
    ],
  })
  const log = new LogLines()
  const agent = stack.runAgent(config, log.hear)
  await Promise.race([log.next('printer found', { timeoutMs: 240_000 }), endsTooSoon(agent)])
  await moonraker.start(jobName)
  await log.next('print started')
  assert.equal(moonraker.klipper.state, 'printing')
  return { agent, log }
}

async function endsTooSoon(agent: LocalProcess): Promise<never> {
  const code = await agent.ended
  throw new Error(`the agent ended with ${code}:\n${agent.lastLines().join('\n')}`)
}

/** G-code of a square that grows a layer every twenty lines. */
function gcode(lines: number): string {
  const body = Array.from({ length: lines }, (_, line) =>
    line % 20 === 0
      ? `;LAYER:${line / 20 + 1}\nG1 Z${((line / 20 + 1) * 0.2).toFixed(2)}`
      : `G1 X${line % 200} E1`,
  )
  return `G28\n${body.join('\n')}\n`
}
