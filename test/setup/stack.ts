import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { PrinterView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'
import { ensureClient } from '../../cloud/db/generate.ts'
import { ReadyMessage } from '../../cloud/ready.ts'
import type { Account, CloudClient } from '../../deploy/local/cloud-client.ts'
import { signIn } from '../../deploy/local/cloud-client.ts'
import { ensureOwner, makePairingCode } from '../../deploy/local/owner.ts'
import { ensurePage } from '../../deploy/local/page.ts'
import type { LocalProcess } from '../../deploy/local/processes.ts'
import { agentCommand, startProcess } from '../../deploy/local/processes.ts'
import { type RunningMosquitto, startMosquitto } from './mosquitto.ts'
import { findFreePort } from './ports.ts'
import { waitUntil } from './wait.ts'

const readyWithinMs = 60_000

/** The product as real processes: cloud with its database and broker, one owner, and agents that were paired. */
export class Stack {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'layerwatch-stack-'))
  readonly #running: LocalProcess[] = []
  readonly #options: StackOptions
  #mosquitto: RunningMosquitto | undefined
  #ports: { page: number; broker: number } = { page: 0, broker: 0 }
  #account: Account | undefined
  #owner: CloudClient | undefined
  #cloud: LocalProcess | undefined

  constructor(options: StackOptions) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.page}`
  }

  get brokerUrl(): string {
    return `mqtts://127.0.0.1:${this.#ports.broker}`
  }

  /** The cloud started last. */
  get cloud(): LocalProcess {
    if (!this.#cloud) throw new Error('start the stack first')
    return this.#cloud
  }

  /** The first owner's session. */
  get owner(): CloudClient {
    if (!this.#owner) throw new Error('start the stack first')
    return this.#owner
  }

  get account(): Account {
    if (!this.#account) throw new Error('start the stack first')
    return this.#account
  }

  async start(): Promise<void> {
    await ensureClient()
    if (this.#options.hasPage) await ensurePage()
    this.#ports = { page: await findFreePort(), broker: await findFreePort() }
    if (this.#options.broker === 'mosquitto') this.#mosquitto = await this.#openMosquitto()
    const { ready } = await this.startCloud()
    this.#account = await ensureOwner({
      ...ready,
      setupTokenFile: ready.setupTokenFile,
      dataDir: this.dataDir,
    })
    if (!this.#account) throw new Error('a new cloud has no owner')
    this.#owner = await signIn(this.url, this.#account)
  }

  /** Starts the cloud, also again after it was killed: on the same ports and data. */
  async startCloud(): Promise<{ cloud: LocalProcess; ready: ReadyMessage }> {
    const broker = this.#mosquitto
      ? {
          kind: 'mosquitto',
          url: this.#mosquitto.url,
          configDir: this.#mosquittoDir,
          pidFile: this.#mosquitto.pidFile,
        }
      : { kind: 'embedded', port: this.#ports.broker }
    const config = this.#write('cloud.yaml', {
      port: this.#ports.page,
      dataDir: path.join(this.dataDir, 'cloud'),
      broker,
      ...this.#options.cloud,
    })
    const cloud = this.spawn({ name: 'cloud', args: ['cloud/cli.ts', 'run', '--config', config] })
    this.#cloud = cloud
    const ready = await cloud.says((said) => ReadyMessage.safeParse(said).data, readyWithinMs)
    return { cloud, ready }
  }

  async startSimulator(...args: string[]): Promise<{ simulator: LocalProcess; url: string }> {
    const simulator = this.spawn({ name: 'simulator', args: ['device/simulator/cli.ts', '--json', ...args] })
    const url = await simulator.says(readUrl, readyWithinMs)
    return { simulator, url }
  }

  /** Writes an agent's configuration and pairs it with the owner's account. Returns the configuration's path. */
  async pairAgent(name: string, config: object, account: Account = this.account): Promise<string> {
    const dataDir = this.agentDir(name)
    mkdirSync(dataDir, { recursive: true })
    const file = this.#write(`${name}.yaml`, { name, dataDir, ...config })
    const code = await makePairingCode(this.url, account)
    const pairing = this.spawn({
      name: `pairing of ${name}`,
      ...agentCommand('pair', code, '--cloud', this.url, '--config', file),
    })
    const exitCode = await pairing.ended
    if (exitCode !== 0) throw new Error(`pairing ended with ${exitCode}:\n${pairing.lastLines().join('\n')}`)
    return file
  }

  /** Folder of an agent's files. */
  agentDir(name: string): string {
    return path.join(this.dataDir, name)
  }

  runAgent(config: string, onLine?: (line: string) => void): LocalProcess {
    return this.spawn({
      name: 'agent',
      ...agentCommand('run', '--config', config),
      ...(onLine && { onLine }),
    })
  }

  spawn(command: Parameters<typeof startProcess>[0]): LocalProcess {
    const child = startProcess(command)
    this.#running.push(child)
    return child
  }

  /** A printer that a person sees, once `isSo` holds for it. */
  async printer(
    what: string,
    isSo: (printer: PrinterView) => boolean,
    { client = this.owner, timeoutMs = 60_000 }: { client?: CloudClient; timeoutMs?: number } = {},
  ): Promise<PrinterView> {
    return waitUntil(
      what,
      async () => {
        const printers = z.array(PrinterView).parse(await client.get('/api/printers'))
        return printers.find(isSo)
      },
      { timeoutMs, everyMs: 100 },
    )
  }

  async close(): Promise<void> {
    for (const child of this.#running.toReversed()) await child.stop()
    await this.#mosquitto?.stop()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  get #mosquittoDir(): string {
    return path.join(this.dataDir, 'mosquitto')
  }

  async #openMosquitto(): Promise<RunningMosquitto> {
    const data = path.join(this.dataDir, 'cloud')
    const writing = this.spawn({
      name: 'mosquitto-config',
      args: ['cloud/cli.ts', 'mosquitto-config', this.#mosquittoDir, '--data', data],
    })
    if ((await writing.ended) !== 0) throw new Error(writing.lastLines().join('\n'))
    // Started as root it turns into a user of its own, who has to reach its files.
    chmodSync(this.dataDir, 0o711)
    return startMosquitto({ configDir: this.#mosquittoDir, port: this.#ports.broker })
  }

  #write(name: string, config: object): string {
    const file = path.join(this.dataDir, name)
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
    return file
  }
}

export interface StackOptions {
  broker?: 'embedded' | 'mosquitto'
  /** Builds the page, for tests that open it. */
  hasPage?: boolean
  /** More of the cloud's configuration. */
  cloud?: object
}

/** A running stack that ends with the test. */
export async function startStack(t: TestContext, options: StackOptions = {}): Promise<Stack> {
  const stack = new Stack(options)
  t.after(() => stack.close())
  await stack.start()
  return stack
}

function readUrl(said: unknown): string | undefined {
  try {
    return z.object({ url: z.url() }).parse(JSON.parse(String(said))).url
  } catch {
    return undefined
  }
}
