import { parentPort } from 'node:worker_threads'
import type { RunSpec } from './run.ts'
import { createStudio, type FrameSize, type Shot } from './studio.ts'

/** The thread that draws, so that the server goes on answering meanwhile. */
export type RenderRequest = { id: number; spec: RunSpec; shot: Shot; size: FrameSize }
export type RenderReply = { id: number; jpeg: Uint8Array } | { id: number; problem: string }

const studio = createStudio()
const port = parentPort

port?.on('message', async ({ id, spec, shot, size }: RenderRequest) => {
  try {
    const jpeg = await studio.render(spec, shot, size)
    port.postMessage({ id, jpeg } satisfies RenderReply)
  } catch (error) {
    port.postMessage({
      id,
      problem: error instanceof Error ? error.message : String(error),
    } satisfies RenderReply)
  }
})
