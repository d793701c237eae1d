import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { parseHold } from './assess/hold.ts'
import { parseCourse } from './assess/prints.ts'
import type { Camera } from './camera/camera.ts'
import { openCamera } from './camera/open.ts'
import { judgeQuality, unknownQuality } from './camera/quality.ts'
import { type Clock, systemClock } from './clock.ts'
import type { AgentConfig, WatchedPrinterConfig } from './config.ts'
import type { Detector } from './detector/detector.ts'
import { openDueDetector } from './detector/held-model.ts'
import { shippedModelDir } from './detector/open.ts'
import { describeReport } from './detector/report.ts'
import { indexFile } from './gcode/layer-index.ts'
import { newId } from './ids.ts'
import { openTutor } from './learn/open.ts'
import { type Learning, openLearningOrMemory } from './learn/thread.ts'
import { PrinterMonitor } from './monitor.ts'
import { type Answers, answerStatus } from './net/status-socket.ts'
import { openFallbacks } from './printer/fallbacks.ts'
import { openLight } from './printer/lights.ts'
import { openPrinter } from './printer/open.ts'
import { answerSelftest } from './selftest/answer.ts'
import { type Identity, loadIdentity } from './uplink/identity.ts'
import type { PrinterRecord } from './uplink/outbox.ts'
import { type OutboxThread, openOutbox } from './uplink/outbox-thread.ts'
import { LayerPictures } from './uplink/pictures.ts'
import { describeDevice } from './uplink/presence.ts'
import { Scribe } from './uplink/scribe.ts'
import { Uplink } from './uplink/uplink.ts'
import type { WatchedPrinter } from './uplink/watched-printer.ts'
import { readVersion } from './version.ts'
import { cameraName, joinSights, openEyes } from './watch/eyes.ts'
import { LightKeeper } from './watch/light.ts'
import { openEye } from './watch/watch.ts'

/** How often it is looked whether the print is over that a new model waits for. */
const newModelEveryMs = 5_000

/**
 * Runs an agent until aborted: opens what the configuration names, watches every printer, and talks to the cloud
 * where the device is paired. Nothing of the watching waits for the cloud.
 * @throws ConfigError where a person must mend something first.
 */
export async function runAgent(config: AgentConfig, log: Logger, signal: AbortSignal): Promise<void> {
  while ((await watchPrinters(config, log, signal)) === 'new-model')
    log.info('a new model judges from here on')
}

/** Runs until aborted, or until the print is over whose end a new model waits for. */
async function watchPrinters(
  config: AgentConfig,
  log: Logger,
  stop: AbortSignal,
): Promise<'stopped' | 'new-model'> {
  const turn = new AbortController()
  const signal = AbortSignal.any([stop, turn.signal])
  const clock = systemClock
  const boot = { id: newId(), uptimeMs: () => clock.nowMs() }
  const version = readVersion()
  await makeDataFolder(config.dataDir)
  const identity = await loadIdentityIfSound(config.dataDir, log)
  const outbox = await openOutboxOrMemory(join(config.dataDir, 'outbox.db'), log)
  const learning = await openLearningOrMemory(config.dataDir, log)
  const isPrinting = await wasPrinting(outbox, config)
  const { detector, reports, isHeld } = await openDueDetector(
    detectorOptions(config, log, isPrinting),
    signal,
  )
  const runtime = { backend: detector.backend, modelSha256: detector.modelSha256 }

  let uplink: Uplink | undefined
  const pictures = new LayerPictures(config.dataDir)
  const scribe = new Scribe({
    outbox,
    boot,
    newId,
    log,
    keepPicture: (printId, layer, jpeg) => pictures.keep(printId, layer, jpeg),
    onStored: () => uplink?.onStored(),
  })
  scribe.recordSoon({ type: 'device.started', data: { version, ...runtime } })

  const shared = { outbox, learning, detector, scribe, clock, signal, onChange: () => uplink?.onChange() }
  const printers = await Promise.all(
    config.printers.map((printer) =>
      openWatch(printer, { ...shared, log: log.child({ printer: printer.name }) }),
    ),
  )
  const watched = printers.map(({ printer }) => printer)
  const parts = { boot, version, detector: runtime, printers: watched, clock }
  if (identity) uplink = new Uplink({ ...parts, identity, outbox, scribe, newId, log })
  else
    log.warn(
      'not paired with a cloud; watching all the same (pair with: npm run agent -- pair CODE --cloud URL)',
    )

  const status = await answerStatusIfPossible(config.dataDir, log, {
    describe: async () => ({
      ...describeDevice(parts),
      cloud: uplink ? { isPaired: true, isConnected: uplink.isConnected } : { isPaired: false },
      backends: reports.map(describeReport),
      outbox: await outbox.figures(),
    }),
    answer: answerSelftest(watched, scribe),
  })
  log.info({ version, ...runtime, printers: watched.map(({ name }) => name) }, 'watching')
  const timer = setInterval(() => {
    if (isHeld && watched.every(({ monitor }) => !monitor.link.course.print)) turn.abort()
  }, newModelEveryMs)
  try {
    await Promise.all([
      ...watched.flatMap(({ monitor, light }) => [monitor.run(signal), light?.run(signal)]),
      uplink?.run(signal),
    ])
  } finally {
    clearInterval(timer)
    status?.close()
    await Promise.allSettled(printers.map(({ close }) => close()))
    await detector.close()
    await scribe.close()
    await learning.close()
    await outbox.close()
  }
  return stop.aborted ? 'stopped' : 'new-model'
}

/** Whether a print was under way when the agent was last there. */
async function wasPrinting(outbox: OutboxThread, { printers }: AgentConfig): Promise<boolean> {
  const courses = await Promise.all(printers.map(({ name }) => outbox.printer(name).catch(() => undefined)))
  return courses.some((known) => parseCourse(known?.course).print !== undefined)
}

interface WatchParts {
  outbox: OutboxThread
  learning: Learning
  detector: Detector
  scribe: Scribe
  clock: Clock
  log: Logger
  signal: AbortSignal
  onChange: () => void
}

/** Opens one printer with its camera and what is wired to the Pi, and the monitor that watches it. */
async function openWatch(
  config: WatchedPrinterConfig,
  { outbox, learning, detector, scribe, clock, log, signal, onChange }: WatchParts,
): Promise<{ printer: WatchedPrinter; close: () => Promise<void> }> {
  const { name, gpio: wiring } = config
  const { printerId, course } = await recallPrinter(outbox, name, log)
  const camera = await openCamera(config.camera, { log })
  const further = await Promise.all((config.cameras ?? []).map((one) => openCamera(one, { log })))
  const cameras = [camera, ...further]
  const printer = await openPrinter(config.printer, { log, look: (limit) => camera.capture(limit) })
  const journal = scribe.journalOf(printerId, log)
  const { modelSha256 } = detector
  const tutor = await openTutor(config, { learning, printerId, modelSha256, journal, log, signal })
  const pins =
    wiring &&
    (await (
      await import('./pins/pins.ts')
    ).openPins(wiring, {
      ...{ log, signal, onChange, monitor: () => monitor },
      record: (entries) => journal.record(entries),
    }))
  const light =
    config.light &&
    new LightKeeper({
      light: openLight(config.light, { config: config.printer, printer, pin: pins?.light }),
      when: config.light.when,
      print: () => ({ state: monitor.link.status?.state, printId: monitor.link.course.print?.printId }),
      record: (entries) => journal.record(entries),
      ...{ clock, log },
    })
  const look = openSight(cameras, { detector, clock })
  const monitor = new PrinterMonitor({
    config,
    printer,
    observe: light ? light.noteDarkness(look) : look,
    modelSha256,
    course: parseCourse(course),
    hold: parseHold(course),
    indexFile,
    clock,
    newId,
    journal,
    tutor,
    log,
    onChange: () => {
      pins?.follow()
      onChange()
    },
    fallbacks: openFallbacks(config.pause.fallback, { printer: config.printer, cutPower: pins?.cutPower }),
  })
  for (const { description } of cameras) log.info({ camera: description }, 'camera configured')
  async function close() {
    pins?.close()
    await tutor.close()
    await Promise.all(cameras.map((one) => one.close()))
  }
  const { kind } = config.printer
  return { printer: { printerId, name, kind, monitor, journal, tutor, alarms: pins?.alarms, light }, close }
}

/** What a printer's cameras see, one sight at a time: each has its own account of what its pictures are worth. */
function openSight(cameras: readonly Camera[], { detector, clock }: Pick<WatchParts, 'detector' | 'clock'>) {
  const quality = { start: unknownQuality, judge: judgeQuality }
  const eyes = cameras.map((camera, index) => {
    const name = cameraName(index)
    return { name, observe: openEye({ name, camera, detector, clock, quality }) }
  })
  const [only] = eyes
  if (only && eyes.length === 1) return only.observe
  const names = eyes.map(({ name }) => name)
  return joinSights(openEyes(eyes, { clock }), names)
}

/** On a full disk a new printer gets an id for this run only; it is watched all the same. */
async function recallPrinter(outbox: OutboxThread, name: string, log: Logger): Promise<PrinterRecord> {
  try {
    return await outbox.printer(name)
  } catch (error) {
    log.error({ err: error }, 'printer can not be remembered')
    return { printerId: newId(), course: undefined }
  }
}

function detectorOptions({ detector, dataDir }: AgentConfig, log: Logger, isPrinting: boolean) {
  const { backend, threads, modelDir = shippedModelDir } = detector
  return { backend, threads, modelDir, dataDir, isPrinting, choiceFile: join(dataDir, 'detector.json'), log }
}

/** Where the disk is full or broken, the agent watches all the same and tells what happened while it runs. */
async function openOutboxOrMemory(file: string, log: Logger): Promise<OutboxThread> {
  try {
    return await openOutbox({ file }, (brokenFile) =>
      log.error({ brokenFile }, 'outbox was damaged; it is set aside and a new one begun'),
    )
  } catch (error) {
    log.error({ err: error }, 'outbox can not be opened; events are kept in memory only')
    return openOutbox({ file: ':memory:' })
  }
}

async function makeDataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const problems = [`dataDir: ${dataDir} can't be made: ${cause instanceof Error ? cause.message : cause}`]
    throw new ConfigError('the data folder can not be used', { cause, problems })
  }
}

/** A broken identity parts the device from its cloud, not the printers from their watch. */
async function loadIdentityIfSound(dataDir: string, log: Logger): Promise<Identity | undefined> {
  try {
    return await loadIdentity(dataDir)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.error(
      { err: error, problems: error.problems },
      'identity can not be read; watching without the cloud',
    )
    return undefined
  }
}

/** @throws ConfigError where another agent runs on this folder; any other trouble only leaves `status` unanswered. */
async function answerStatusIfPossible(dataDir: string, log: Logger, answers: Answers) {
  try {
    return await answerStatus(dataDir, answers)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    log.error({ err: error }, 'status can not be asked for')
    return undefined
  }
}
