import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { AgentConfig } from '../config.ts'
import { runAgent } from '../main.ts'
import { askAgent, askStatus } from '../net/status-socket.ts'
import { loadIdentity } from '../uplink/identity.ts'
import { Answer, type Told } from './answer.ts'
import type { Outcome } from './selftest.ts'

const Contact = z.object({
  cloud: z.object({ isPaired: z.boolean(), isConnected: z.boolean().optional() }),
  outbox: z.object({ pending: z.number(), quarantined: z.number() }),
})
type Contact = z.infer<typeof Contact>

/** How long an agent may take to start, and the cloud to store what it is told. */
const startWithinMs = 90_000
const arriveWithinMs = 45_000
const askEveryMs = 200

/** An agent that can tell the cloud. */
export interface Teller {
  tell(told: Told): Promise<Outcome>
  close(): Promise<void>
}

/**
 * The agent that runs on the configuration's data folder, or one that is run until `close`; undefined where the
 * device is not paired. Told is what the cloud has stored: it tells its people in the same transaction.
 * @throws UnavailableError where no agent comes to run
 */
export async function openTeller(
  config: AgentConfig,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<Teller | undefined> {
  const { dataDir } = config
  if (!(await loadIdentity(dataDir))) return undefined
  const end = new AbortController()
  const running = (await contactOf(dataDir))
    ? undefined
    : runAgent(config, log, AbortSignal.any([signal, end.signal]))
  const close = async () => {
    end.abort()
    await running?.catch(() => undefined)
  }
  try {
    await Promise.race([
      waitFor('an agent that runs', { ms: startWithinMs, signal }, () => contactOf(dataDir)),
      failWith(running),
    ])
  } catch (error) {
    await close()
    throw error
  }
  return { tell: (told) => tellAgent(dataDir, told, signal), close }
}

async function tellAgent(dataDir: string, told: Told, signal: AbortSignal): Promise<Outcome> {
  const before = await contactOf(dataDir)
  const { isStored } = Answer.parse(await askAgent(dataDir, { selftest: told }))
  if (!isStored) {
    const detail = `the running agent watches no printer ${told.printer}: restart it with this configuration`
    return { result: 'failed', detail }
  }
  try {
    const after = await waitFor('the cloud’s receipt', { ms: arriveWithinMs, signal }, async () => {
      const now = await contactOf(dataDir)
      return now?.cloud.isConnected && now.outbox.pending === 0 ? now : undefined
    })
    const isRefused = after.outbox.quarantined > (before?.outbox.quarantined ?? 0)
    if (isRefused) return { result: 'failed', detail: 'the cloud refused it: update the cloud' }
    const detail =
      'the cloud has stored it and tells you now: if nothing comes, see You, Notifications on its page'
    return { result: 'passed', detail }
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    const detail = `no receipt within ${arriveWithinMs / 1000} s: see whether the cloud runs and its broker can be reached; the event is kept and sent once it can`
    return { result: 'failed', detail }
  }
}

/** How the running agent stands with the cloud; undefined where none runs. */
async function contactOf(dataDir: string): Promise<Contact | undefined> {
  try {
    return Contact.parse(await askStatus(dataDir))
  } catch (error) {
    if (error instanceof UnavailableError) return undefined
    throw error
  }
}

/** Rejects with what ended the agent; never resolves. */
async function failWith(running: Promise<void> | undefined): Promise<never> {
  if (!running) return new Promise<never>(() => {})
  await running
  throw new UnavailableError('the agent stopped')
}

/** @throws UnavailableError where it is not so in time */
async function waitFor<T>(
  what: string,
  { ms, signal }: { ms: number; signal: AbortSignal },
  look: () => Promise<T | undefined>,
): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  while (!limit.aborted) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise<void>((resolve) => setTimeout(resolve, askEveryMs))
  }
  throw new UnavailableError(`${what} did not come within ${ms / 1000} s`)
}
