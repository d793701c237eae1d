import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { connectMqtt, type MqttConnection, type MqttMessage } from '../net/mqtt.ts'

/** One live connection to the cloud's broker. Having published proves nothing about the cloud. */
export type Session = Pick<MqttConnection, 'publish' | 'isBackedUp'>

export type Message = MqttMessage

interface BrokerParts {
  openSocket: (signal: AbortSignal) => Promise<Duplex>
  clientId: string
  subscribeTo: readonly string[]
  /** Sent by the broker when the connection ends without a word. */
  will: () => { topic: string; payload: string }
  onMessage: (message: Message) => void
  onUp: (session: Session) => void
  onDown: () => void
  clock: Clock
  log: Logger
  /** Longest wait for the broker's welcome, and for its word on the topics asked for. */
  patienceMs?: number
}

const defaultPatienceMs = 15_000
const firstWaitMs = 1_000
const longestWaitMs = 60_000
const refusal = 'the broker refused this device; was it removed from its account?'

/**
 * Holds a connection to the broker until aborted: MQTT 3.1.1, clean sessions. When it ends it is made anew,
 * after a wait that grows from one second to a minute, with jitter.
 */
export async function holdConnection(parts: BrokerParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts
  let waitMs = firstWaitMs
  let lastComplaint = ''
  while (!signal.aborted) {
    try {
      await connectOnce(parts, signal, () => {
        log.info('cloud reached')
        waitMs = firstWaitMs
        lastComplaint = ''
      })
      if (!signal.aborted) log.warn('cloud lost')
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error)
      // Said once, not at every try.
      if (!signal.aborted && complaint !== lastComplaint) log.warn({ err: error }, 'cloud not reached')
      lastComplaint = complaint
    }
    await clock.sleep(waitMs * (0.5 + Math.random()), signal)
    waitMs = Math.min(longestWaitMs, waitMs * 2)
  }
}

/** One connection from its beginning to its end. */
async function connectOnce(parts: BrokerParts, signal: AbortSignal, onUp: () => void): Promise<void> {
  const { clientId, subscribeTo, onMessage, log, patienceMs = defaultPatienceMs } = parts
  const socket = await parts.openSocket(signal)
  const options = { socket, clientId, subscribeTo, will: parts.will(), onMessage, log, patienceMs, refusal }
  try {
    const connection = await connectMqtt(options, signal)
    onUp()
    parts.onUp(connection)
    await untilClosed(connection, signal)
    await connection.close()
  } finally {
    parts.onDown()
  }
}

async function untilClosed({ closed }: MqttConnection, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>()
  const stop = () => stopped.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await Promise.race([closed, stopped.promise])
  signal.removeEventListener('abort', stop)
}
