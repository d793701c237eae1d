import { createSimulation } from './simulation.ts'

export type RenderSpeed = {
  frames: number
  /** By the wall clock, and by the processor time used in all threads: what one free core would reach. */
  framesPerSecond: number
  framesPerCpuSecond: number
  worstMs: number
}

/**
 * Measures pictures a second at 640 × 480, JPEG included, in this thread: a print at twenty times its speed
 * that comes loose on the way, as the demo shows it. `frames` are drawn after the first, which sets all up.
 */
export async function measureRenderSpeed({ frames }: { frames: number }): Promise<RenderSpeed> {
  const size = { width: 640, height: 480 }
  const simulation = createSimulation({
    seed: 7,
    world: 'judge',
    layers: 60,
    failure: { kind: 'detached', layer: 8 },
  })
  await simulation.renderFrame(size)
  let worstMs = 0
  const start = performance.now()
  const startCpu = process.cpuUsage()
  for (let frame = 0; frame < frames; frame++) {
    const before = performance.now()
    simulation.advance(1)
    await simulation.renderFrame(size)
    worstMs = Math.max(worstMs, performance.now() - before)
  }
  const { user, system } = process.cpuUsage(startCpu)
  return {
    frames,
    framesPerSecond: (frames * 1000) / (performance.now() - start),
    framesPerCpuSecond: (frames * 1e6) / (user + system),
    worstMs,
  }
}
