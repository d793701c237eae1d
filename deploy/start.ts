import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { ensureClient } from '../cloud/db/generate.ts'
import { ReadyMessage } from '../cloud/ready.ts'
import { claimDataDir } from './local/claim.ts'
import { startDemo } from './local/demo.ts'
import { narrateAgent } from './local/narrate.ts'
import { readOptions } from './local/options.ts'
import { ensureOwner } from './local/owner.ts'
import { ensurePage } from './local/page.ts'
import { requireFreePort } from './local/port.ts'
import { type LocalCommand, type LocalProcess, lastWords, startProcess } from './local/processes.ts'
import { step } from './local/progress.ts'

/** `npm start`: everything on this machine, in processes of their own, until Ctrl-C. */

const options = readOptions(process.argv.slice(2))
const running: LocalProcess[] = []
let isStopping = false

process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))

console.log('\nLayerwatch\n')
const claim = await claimDataDir(options.dataDir).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})

try {
  await startAll()
} catch (error) {
  if (!isStopping) {
    console.error(`\n${error instanceof Error ? error.message : error}`)
    await stop(1)
  }
}

async function startAll(): Promise<void> {
  await requireFreePort(options)
  await step('Database client', ensureClient)
  await step('Phone page', ensurePage)
  const { url, setupTokenFile } = await step('Database, broker and cloud', startCloud)
  const account = await step('Account', () => ensureOwner({ url, setupTokenFile, dataDir: options.dataDir }))
  if (options.hasDemo) {
    const demo = { url, dataDir: options.dataDir, account, start, onAgentLine: narrateAgent }
    await step('Simulated printer and its agent', () => startDemo(demo))
  }
  console.log(`\n  Page      ${pageAddresses(url).join('\n            ')}`)
  if (account) console.log(`  Sign in   ${account.email}\n  Password  ${account.password}`)
  console.log(`  Data      ${options.dataDir}\n\n  Ctrl-C stops all of it.\n`)
}

/** Starts the cloud's process; resolves once it answers. */
function startCloud(): Promise<ReadyMessage> {
  const { dataDir, port, host } = options
  const place = ['--data', path.join(dataDir, 'cloud'), '--port', String(port), '--host', host]
  const file = path.join(dataDir, 'cloud.yaml')
  const config = existsSync(file) ? ['--config', file] : []
  return start({ name: 'cloud', args: ['cloud/cli.ts', 'run', ...config, ...place] }).says(
    (said) => ReadyMessage.safeParse(said).data,
    60_000,
  )
}

function start(command: LocalCommand): LocalProcess {
  const child = startProcess(command)
  claim.addChild(child.pid)
  running.push(child)
  child.ended.then((code) => {
    if (isStopping || command.name === 'pairing') return
    console.error(`\n${child.name} ended by itself with ${code}:\n${lastWords(child.lastLines())}`)
    stop(code || 1)
  })
  return child
}

/** Stops what was started, the last first, and exits. */
async function stop(exitCode: number): Promise<void> {
  if (isStopping) return
  isStopping = true
  console.log('\nStopping.')
  for (const child of running.toReversed()) await child.stop()
  claim.release()
  process.exit(exitCode)
}

function pageAddresses(url: string): string[] {
  if (options.host === '127.0.0.1') return [url]
  const { port } = new URL(url)
  const lan = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4' && !address.internal)
    .map((address) => `http://${address.address}:${port}`)
  return [`http://127.0.0.1:${port}`, ...lan]
}
