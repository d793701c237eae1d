import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startProcess } from '../../deploy/local/processes.ts'
import { findFreePort } from '../setup/ports.ts'
import { waitUntil } from '../setup/wait.ts'
import type { Figure } from './figure.ts'

/** From `npm start` to the page's first answer, at a start after the first. */
export async function measureSecondStart(): Promise<Figure[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'layerwatch-bench-'))
  const port = await findFreePort()
  try {
    const firstMs = await startOnce(dataDir, port)
    const secondMs = await startOnce(dataDir, port)
    return [
      {
        name: 'start → page answers, second start',
        value: secondMs / 1000,
        unit: 's',
        reach: 10,
        detail: `without the demo; the first start took ${(firstMs / 1000).toFixed(1)} s`,
      },
    ]
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function startOnce(dataDir: string, port: number): Promise<number> {
  const beganMs = performance.now()
  const args = ['deploy/start.ts', '--no-demo', '--data', dataDir, '--port', String(port)]
  const running = startProcess({ name: 'start', args })
  try {
    const url = `http://127.0.0.1:${port}/`
    const answers = async () => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
    await waitUntil('the page answers', answers, { timeoutMs: 120_000 })
    return performance.now() - beganMs
  } finally {
    await running.stop()
  }
}
