import pino from 'pino'
import { PolicyConfig } from '../../device/config.ts'
import type { BackendName, Detector } from '../../device/detector/detector.ts'
import { openDetector, shippedModelDir } from '../../device/detector/open.ts'
import { createSimulation } from '../../device/simulator/simulation.ts'
import { measureRenderSpeed } from '../../device/simulator/speed.ts'
import { type Figure, median, spread } from './figure.ts'
import { delayOf, type WatchedPrint, watchPrint } from './prints.ts'

const log = pino({ level: 'silent' })
const size = { width: 640, height: 480 }
const intervalSeconds = 5
/** Other worlds than those by which the decision's constants were chosen. */
const firstSeed = 101

/** Time from a frame in memory to its judgement, per runtime that is there. */
export async function measureFrames(count: number): Promise<Figure[]> {
  const frames = await drawFrames(count)
  const figures: Figure[] = []
  for (const backend of ['tfjs-wasm', 'onnx', 'tfjs-node'] as const) {
    const times = await withDetector(backend, (detector) => timeFrames(detector, frames)).catch(
      () => undefined,
    )
    figures.push({
      name: `frame → judgement, ${backend}, median`,
      value: times ? median(times) : Number.NaN,
      unit: 'ms',
      ...(backend === 'tfjs-wasm' && { reach: 150 }),
      detail: times ? `640×480 JPEG; ${spread(times, 'ms')}` : 'not on this machine',
    })
  }
  return figures
}

/** Failing prints: from the first picture in which the failure is visible to the pause. */
export async function measureFailures(seeds: number): Promise<Figure[]> {
  const prints = await watchAll(seeds, (seed) => ({
    seed,
    layers: 40,
    failure: { kind: seed % 2 === 0 ? 'spaghetti' : 'detached', layer: 12 },
  }))
  const delays = prints.map(delayOf)
  const found = prints.filter((print) => print.visible && print.paused).length
  const early = prints.filter((print) => print.paused && !print.visible).length
  return [
    {
      name: 'failure visible → pause, median, as a share of what is allowed',
      value: median(delays.map((delay) => delay.seconds / delay.allowedSeconds)),
      unit: '×',
      reach: 1,
      detail:
        `3 layers or 60 s, the longer; ${seeds} seeds of judge worlds, ${found} found, ${early} paused before; ` +
        `median ${median(delays.map((delay) => delay.seconds))} s, ${median(delays.map((delay) => delay.layers))} layers`,
    },
  ]
}

/** Good prints: none is to be paused. */
export async function measureGoodPrints(seeds: number, layers: number): Promise<Figure[]> {
  const prints = await watchAll(seeds, (seed) => ({ seed, layers }))
  const hours = prints.reduce((sum, print) => sum + print.seconds, 0) / 3600
  const suspicions = prints.reduce((sum, print) => sum + print.suspicions, 0)
  return [
    {
      name: `pauses of ${seeds} good prints of ${layers} layers`,
      value: prints.filter((print) => print.paused).length,
      unit: '',
      reach: 0,
      detail: `judge worlds, ${hours.toFixed(1)} h of printing, ${suspicions} suspicions`,
    },
  ]
}

export async function measureRendering(frames: number): Promise<Figure[]> {
  const speed = await measureRenderSpeed({ frames })
  return [
    {
      name: 'rendered frames a second, one core',
      value: speed.framesPerCpuSecond,
      unit: '/s',
      detail: `640×480, JPEG included; ${speed.framesPerSecond.toFixed(1)}/s by the wall clock; to reach: at least 20`,
    },
  ]
}

async function watchAll(
  seeds: number,
  toOptions: (seed: number) => Parameters<typeof watchPrint>[0],
): Promise<WatchedPrint[]> {
  const policy = PolicyConfig.parse({})
  return withDetector('auto', async (detector) => {
    const prints: WatchedPrint[] = []
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      prints.push(await watchPrint(toOptions(seed), { detector, policy, intervalSeconds, size }))
    }
    return prints
  })
}

async function withDetector<T>(
  backend: 'auto' | BackendName,
  use: (detector: Detector) => Promise<T>,
): Promise<T> {
  const options = { backend, modelDir: shippedModelDir, threads: 1, log }
  const { detector } = await openDetector(options, AbortSignal.timeout(120_000))
  try {
    return await use(detector)
  } finally {
    await detector.close()
  }
}

async function drawFrames(count: number): Promise<Uint8Array[]> {
  const simulation = createSimulation({ seed: 3, world: 'judge', layers: 40 })
  const frames: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    simulation.advance(intervalSeconds)
    frames.push(await simulation.renderFrame(size))
  }
  return frames
}

async function timeFrames(detector: Detector, frames: readonly Uint8Array[]): Promise<number[]> {
  const times: number[] = []
  for (const frame of frames) {
    const beganMs = performance.now()
    await detector.judge(frame, AbortSignal.timeout(30_000))
    times.push(performance.now() - beganMs)
  }
  // The first ones still warm up.
  return times.slice(Math.min(3, Math.floor(times.length / 4)))
}
