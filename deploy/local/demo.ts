import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Account } from './cloud-client.ts'
import { makePairingCode } from './owner.ts'
import { agentCommand, type startProcess } from './processes.ts'

export interface DemoOptions {
  url: string
  dataDir: string
  account: Account | undefined
  start: typeof startProcess
  onAgentLine: (line: string) => void
}

const readyWithinMs = 60_000
const printerName = 'Demo printer'
/** The print comes loose at layer 14; the next ones, after the person's decision, go well. */
const simulation = ['--speed', '8', '--seed', '11', '--failure', 'detached@14', '--idle', '--repeat']

/** A simulated printer and camera in a process of their own, and an agent that knows them by HTTP alone. */
export async function startDemo(options: DemoOptions): Promise<void> {
  const simulator = options.start({
    name: 'simulator',
    args: ['device/simulator/cli.ts', ...simulation, '--json'],
  })
  const simulatorUrl = await simulator.says(readUrl, readyWithinMs)
  const config = writeAgentConfig(options.dataDir, simulatorUrl)
  await pairOnce(options, config)
  const agent = options.start({
    name: 'agent',
    ...agentCommand('run', '--config', config),
    onLine: options.onAgentLine,
  })
  await agent.says(readWatching, readyWithinMs)
  await fetch(new URL('/printer/start', simulatorUrl), {
    method: 'POST',
    signal: AbortSignal.timeout(10_000),
  })
}

/** The agent's word that it looks at its printers. */
function readWatching(said: unknown): true | undefined {
  return /"msg":"watching"/.test(String(said)) || undefined
}

function readUrl(said: unknown): string | undefined {
  try {
    return z.object({ url: z.url() }).parse(JSON.parse(String(said))).url
  } catch {
    return undefined
  }
}

/** Written at every start: the simulator's port is another each time, the printer is known by its name. */
function writeAgentConfig(dataDir: string, simulatorUrl: string): string {
  const agentDir = path.join(dataDir, 'agent')
  mkdirSync(agentDir, { recursive: true, mode: 0o700 })
  const file = path.join(agentDir, 'agent.yaml')
  const link = { kind: 'simulated', url: simulatorUrl }
  const config = {
    name: 'This machine',
    dataDir: agentDir,
    printers: [{ name: printerName, printer: link, camera: link }],
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config, null, 2))
  return file
}

async function pairOnce({ url, dataDir, account, start }: DemoOptions, config: string): Promise<void> {
  if (existsSync(path.join(dataDir, 'agent/identity/pairing.json'))) return
  if (!account)
    throw new Error(
      'The demo needs the account made at the first start; use --no-demo and pair a device on the page.',
    )
  const code = await makePairingCode(url, account)
  const pairing = start({
    name: 'pairing',
    ...agentCommand('pair', code, '--cloud', url, '--config', config),
  })
  const exitCode = await pairing.ended
  if (exitCode !== 0) throw new Error(`The demo's agent could not be paired (exit code ${exitCode}).`)
}
