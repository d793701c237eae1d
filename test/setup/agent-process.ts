import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { waitUntil } from './wait.ts'

const agent = fileURLToPath(new URL('../../device/cli/agent.ts', import.meta.url))
const simulator = fileURLToPath(new URL('../../device/simulator/cli.ts', import.meta.url))

export interface RunningProgram {
  process: ChildProcess
  /** All it has written so far. */
  output: () => string
}

/** Starts a program of ours; killed with the test, if it still runs then. */
export function startProgram(t: TestContext, args: readonly string[]): RunningProgram {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  t.after(() => child.kill('SIGKILL'))
  return { process: child, output: () => output }
}

/** Runs the agent's command line to its end. */
export async function runAgent(t: TestContext, args: readonly string[]) {
  const { process, output } = startProgram(t, [agent, ...args])
  const [code] = await once(process, 'close', { signal: AbortSignal.timeout(60_000) })
  return { code, output: output() }
}

/** Starts an agent and waits until it watches. `preload`: modules loaded before it. */
export async function startAgentProcess(t: TestContext, config: string, preload: readonly string[] = []) {
  const imports = preload.flatMap((module) => ['--import', module])
  const running = startProgram(t, [...imports, agent, 'run', '--config', config])
  await waitUntil('the agent watching', () => running.output().includes('"msg":"watching"'), {
    timeoutMs: 60_000,
  })
  return running
}

/** Starts a simulated printer; its address. */
export async function startSimulator(t: TestContext, args: readonly string[] = []): Promise<string> {
  const { output } = startProgram(t, [simulator, '--json', '--port', '0', ...args])
  const url = await waitUntil('the simulator', () => /"url":\s*"([^"]+)"/.exec(output())?.[1], {
    timeoutMs: 30_000,
  })
  return url
}

/** A data folder with a configuration for one simulated printer; gone with the test. */
export function makeAgentFolder(
  t: TestContext,
  url = 'http://127.0.0.1:9',
): { folder: string; config: string } {
  const folder = mkdtempSync(join(tmpdir(), 'layerwatch-process-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'agent.yaml')
  const simulated = `{kind: simulated, url: "${url}"}`
  writeFileSync(
    config,
    `name: pi
detector: {backend: tfjs-wasm}
printers: [{name: A, printer: ${simulated}, camera: ${simulated}}]`,
  )
  return { folder, config }
}
