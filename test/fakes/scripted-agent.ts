import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Command } from '@layerwatch/shared/commands.ts'
import pino from 'pino'
import sharp from 'sharp'
import { unknownCourse } from '../../device/assess/prints.ts'
import { systemClock } from '../../device/clock.ts'
import { parseConfig } from '../../device/config.ts'
import { newId } from '../../device/ids.ts'
import { taughtCameras } from '../../device/learn/open.ts'
import { openLearning } from '../../device/learn/thread.ts'
import { Tutor } from '../../device/learn/tutor.ts'
import { PrinterMonitor } from '../../device/monitor.ts'
import type { Identity } from '../../device/uplink/identity.ts'
import { openOutbox } from '../../device/uplink/outbox-thread.ts'
import { Scribe } from '../../device/uplink/scribe.ts'
import { Uplink } from '../../device/uplink/uplink.ts'
import { openEye } from '../../device/watch/watch.ts'
import { waitUntil } from '../setup/wait.ts'
import { FakeCloud } from './fake-cloud.ts'
import { ScriptedPrint } from './scripted-print.ts'

const log = pino({ level: 'silent' })

interface AgentParts {
  dataDir: string
  identity: Identity
  print: ScriptedPrint
  /** Pages of the outbox file, for a disk that is full. */
  maxPages?: number
}

/** An agent within the test's process: all of it real but the print, its camera and the detector. */
export async function startAgent({ dataDir, identity, print, maxPages }: AgentParts) {
  const clock = systemClock
  const boot = { id: newId(), uptimeMs: () => clock.nowMs() }
  const outbox = await openOutbox({ file: join(dataDir, 'outbox.db'), ...(maxPages ? { maxPages } : {}) })
  let uplink: Uplink | undefined
  const onStored = () => uplink?.onStored()
  const scribe = new Scribe({ outbox, boot, newId, log, keepPicture: async () => {}, onStored })
  const { printerId } = await outbox.printer('A')
  const journal = scribe.journalOf(printerId, log)
  const { camera, detector } = print
  const { modelSha256 } = detector
  const learning = await openLearning(join(dataDir, 'learning.db'))
  const config = configOf('A')
  const about = { printerId, name: 'A', modelSha256, policy: config.policy, cameras: taughtCameras(config) }
  const tutor = new Tutor({ ...about, learning, journal, log })
  await tutor.open()
  const quality = { start: null, judge: (): [null, { isUsable: true }] => [null, { isUsable: true }] }
  const monitor = new PrinterMonitor({
    config,
    printer: print.printer,
    observe: openEye({ camera, detector, clock, quality }),
    modelSha256,
    tutor,
    course: unknownCourse,
    indexFile: async () => () => 1,
    clock,
    newId,
    journal,
    log,
    onChange: () => uplink?.onChange(),
  })
  const printers = [{ printerId, name: 'A', kind: 'simulated', monitor, journal, tutor }]
  const runtime = { backend: 'onnx', modelSha256 }
  const parts = { identity, outbox, scribe, printers, boot, version: '1', newId, clock, log }
  uplink = new Uplink({ ...parts, detector: runtime })
  const end = new AbortController()
  const running = Promise.all([monitor.run(end.signal), uplink.run(end.signal)])
  async function stop() {
    if (end.signal.aborted) return
    end.abort()
    await running
    await tutor.close()
    await scribe.close()
    await learning.close()
    await outbox.close()
  }
  return { boot, monitor, outbox, printerId, stop, scribe }
}

interface SceneOptions {
  score?: (printSeconds: number) => number
  isCloudThere?: boolean
  maxPages?: number
}

/** An agent with its cloud, both taken down with the test. */
export async function openScene(t: TestContext, options: SceneOptions = {}) {
  const cloud = await FakeCloud.make()
  t.after(() => cloud.close())
  if (options.isCloudThere !== false) await cloud.start()
  const dataDir = mkdtempSync(join(tmpdir(), 'layerwatch-agent-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const jpeg = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#456' } })
    .jpeg()
    .toBuffer()
  const score = options.score ?? (() => 0.1)
  const print = new ScriptedPrint({ clock: systemClock, layerSeconds: 20, score, jpeg, speed: 10 })
  const parts = { dataDir, identity: await cloud.identity(), print }
  const agent = await startAgent({ ...parts, ...(options.maxPages ? { maxPages: options.maxPages } : {}) })
  t.after(() => agent.stop())
  return { cloud, ...parts, ...agent }
}

export type Scene = Awaited<ReturnType<typeof openScene>>

/** A command as the cloud would issue it now: a pause, unless the parts say otherwise. */
export async function commandFor(scene: Scene, parts: Partial<Command> = {}): Promise<Command> {
  const { cloud, monitor, boot, printerId } = scene
  const printId = await waitUntil('a print', () => monitor.link.course.print?.printId)
  // Nothing is queued for a device that is not there.
  await waitUntil('the device', () => cloud.statuses.some((status) => status.boot === boot.id))
  return {
    id: newId(),
    deviceId: cloud.deviceId,
    printerId,
    printId,
    action: 'pause',
    issuer: { personId: 'p', name: 'Ada' },
    boot: boot.id,
    notAfterUptimeMs: Math.round(boot.uptimeMs() + 60_000),
    ...parts,
  }
}

/** What became of a command, as the cloud heard it. */
export async function finishOf({ cloud }: Scene, commandId: string) {
  return await waitUntil('command.finished', () =>
    cloud.events
      .flatMap((event) => (event.type === 'command.finished' ? [event.data] : []))
      .find((data) => data.commandId === commandId),
  )
}

/** Waits until everything sent before was taken: a command that is surely answered comes after it. */
export async function drain(scene: Scene): Promise<void> {
  const last = await commandFor(scene, { action: 'snapshot' })
  await scene.cloud.send(last)
  await finishOf(scene, last.id)
}

function configOf(name: string) {
  const simulated = '{kind: simulated, url: "http://127.0.0.1:1"}'
  const text = `printers: [{name: ${name}, printer: ${simulated}, camera: ${simulated}, capture: {intervalSeconds: 5}}]`
  const [config] = parseConfig(text, { folder: '/', env: {}, file: 'agent.yaml' }).printers
  if (!config) throw new Error('no printer')
  return config
}
