import { createSimulation } from './simulation.ts'

export type RenderSpeed = { framesPerSecond: number; frames: number; worstMs: number }

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
  for (let frame = 0; frame < frames; frame++) {
    const before = performance.now()
    simulation.advance(1)
    await simulation.renderFrame(size)
    worstMs = Math.max(worstMs, performance.now() - before)
  }
  return { framesPerSecond: (frames * 1000) / (performance.now() - start), frames, worstMs }
}
