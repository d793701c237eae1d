import type { Logger } from 'pino'
import WebSocket from 'ws'
import type { LoginReply } from './octoprint-wire.ts'
import { PushMessage } from './octoprint-wire.ts'
import { keepFollowing, readSocket } from './push-socket.ts'

/** OctoPrint sends its state every second whether it changed or not; longer silence is a dead line. */
const maxSilenceMs = 20_000
const maxMessageBytes = 8 * 1024 * 1024

/** Events we want told; the state comes anyway. */
const events = [
  'PrintPaused',
  'PrintResumed',
  'PrintStarted',
  'PrintDone',
  'PrintFailed',
  'PrintCancelled',
  'FileSelected',
]

/** What following the push socket needs. */
export interface Push {
  /** Address of the socket, `ws:` or `wss:`. */
  url: URL
  logIn(signal: AbortSignal): Promise<LoginReply>
  onMessage(message: PushMessage): void
  /** Called whenever the line ends: what it told is old from now on. */
  onLost(): void
  log: Logger
}

/**
 * Follows OctoPrint's push socket until aborted, connecting again as often as needed.
 * https://docs.octoprint.org/en/1.11.8/api/push.html
 */
export function followPush(push: Push, signal: AbortSignal): Promise<void> {
  return keepFollowing((ended) => followOnce(push, ended), signal)
}

/** One connection, from login to its end. Gives how many states it told. */
async function followOnce(push: Push, signal: AbortSignal): Promise<number> {
  let heard = 0
  try {
    const { name, session } = await push.logIn(signal)
    const socket = new WebSocket(push.url, { handshakeTimeout: 5_000, maxPayload: maxMessageBytes })
    const hello = [
      { subscribe: { state: { logs: false, messages: false }, events, plugins: [] } },
      // One state a second instead of two.
      { throttle: 2 },
      { auth: `${name}:${session}` },
    ]
    socket.once('open', () => {
      for (const words of hello) socket.send(JSON.stringify(words))
    })
    const onText = (text: string) => {
      const message = parseMessage(text)
      // The session ended: a new login takes its place.
      if (message?.reauthRequired !== undefined) return 'hang-up'
      if (message?.current !== undefined || message?.history !== undefined) heard += 1
      if (message !== undefined) push.onMessage(message)
    }
    await readSocket(socket, { maxSilenceMs, onText }, signal)
  } catch (error) {
    if (!signal.aborted) push.log.debug({ err: error }, 'OctoPrint push connection failed')
  }
  if (heard > 0) {
    push.onLost()
    if (!signal.aborted) push.log.info('OctoPrint push connection ended')
  }
  return heard
}

/** A message, or undefined where it is none we can read: the next state is a second away. */
function parseMessage(text: string): PushMessage | undefined {
  try {
    return PushMessage.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
