import type { Logger } from 'pino'
import WebSocket from 'ws'
import { HistoryJob, Message, mergeObjects, ObjectsReply, RawObjects } from './moonraker-wire.ts'
import { keepFollowing, readSocket } from './push-socket.ts'

/** Moonraker tells its own load every second whatever the printer does; longer silence is a dead line. */
const maxSilenceMs = 20_000
const maxMessageBytes = 4 * 1024 * 1024
/** The only call made here is the subscription, so its answers need no other number. */
const subscriptionId = 1

/** What following Moonraker's WebSocket needs. */
export interface MoonrakerPush {
  /** Address of the socket, with a one-shot token where a key is needed. */
  findSocket(signal: AbortSignal): Promise<URL>
  /** What is subscribed to: object → fields. */
  watched(): Record<string, readonly string[]>
  /** All that is known of the objects after each change; undefined where Klipper is gone from Moonraker. */
  onObjects(objects: RawObjects | undefined): void
  /** A run began or ended. */
  onJob(job: HistoryJob): void
  log: Logger
}

/**
 * Follows Moonraker's WebSocket until aborted, connecting and subscribing again as often as needed.
 * https://moonraker.readthedocs.io/en/latest/external_api/jsonrpc_notifications/
 */
export function followMoonraker(push: MoonrakerPush, signal: AbortSignal): Promise<void> {
  return keepFollowing((ended) => followOnce(push, ended), signal)
}

/** One connection, from its token to its end. Gives how many changes it told. */
async function followOnce(push: MoonrakerPush, signal: AbortSignal): Promise<number> {
  let heard = 0
  let objects: RawObjects | undefined
  const take = (next: RawObjects | undefined) => {
    objects = next
    heard += 1
    push.onObjects(next)
  }
  try {
    const socket = new WebSocket(await push.findSocket(signal), {
      handshakeTimeout: 5_000,
      maxPayload: maxMessageBytes,
    })
    const subscribe = () =>
      socket.send(
        JSON.stringify({
          jsonrpc: '2.0',
          method: 'printer.objects.subscribe',
          params: { objects: push.watched() },
          id: subscriptionId,
        }),
      )
    const hear = (message: Message) => {
      if (message.id === subscriptionId) return take(ObjectsReply.safeParse(message.result).data?.status)
      const [first] = message.params ?? []
      const change = RawObjects.safeParse(first).data
      switch (message.method) {
        case 'notify_klippy_ready':
          return subscribe()
        case 'notify_klippy_disconnected':
          return take(undefined)
        case 'notify_klippy_shutdown':
          return take(mergeObjects(objects ?? {}, { webhooks: { state: 'shutdown' } }))
        case 'notify_status_update':
          return objects && change && take(mergeObjects(objects, change))
        case 'notify_history_changed':
          return tellJob(first, push)
      }
    }
    socket.once('open', subscribe)
    const onText = (text: string) => {
      const message = parseMessage(text)
      if (message !== undefined) hear(message)
      return undefined
    }
    await readSocket(socket, { maxSilenceMs, onText }, signal)
  } catch (error) {
    if (!signal.aborted) push.log.debug({ err: error }, 'Moonraker push connection failed')
  }
  if (heard > 0 && !signal.aborted) push.log.info('Moonraker push connection ended')
  return heard
}

function tellJob(news: unknown, push: MoonrakerPush): void {
  const job = HistoryJob.safeParse(Object(news).job).data
  if (job !== undefined) push.onJob(job)
}

/** A message, or undefined where it is none we can read. */
function parseMessage(text: string): Message | undefined {
  try {
    return Message.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
