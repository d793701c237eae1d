import { Receipt } from '@layerwatch/shared/receipts.ts'
import { statusEveryMs } from '@layerwatch/shared/status.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { openBrokerSocket } from './broker-socket.ts'
import { Commands } from './commands.ts'
import { FreshPictures } from './fresh-pictures.ts'
import type { Identity } from './identity.ts'
import { Live } from './live.ts'
import type { Message, Session } from './mqtt.ts'
import { holdConnection } from './mqtt.ts'
import type { OutboxThread } from './outbox-thread.ts'
import { describeAbsence, describeDevice } from './presence.ts'
import type { Scribe } from './scribe.ts'
import { Sender } from './sender.ts'
import type { Boot } from './stamp.ts'
import { stamp } from './stamp.ts'
import type { WatchedPrinter } from './watched-printer.ts'

interface UplinkParts {
  identity: Identity
  outbox: OutboxThread
  scribe: Scribe
  printers: readonly WatchedPrinter[]
  boot: Boot
  version: string
  detector: { backend: string; modelSha256: string }
  newId: () => string
  clock: Clock
  log: Logger
}

const changeGapMs = 100

/** All that goes between this device and its cloud. The watching does not know that it is there. */
export class Uplink {
  readonly #parts: UplinkParts
  readonly #sender: Sender
  #session: Session | undefined
  #tellSoon: () => void = () => {}

  constructor(parts: UplinkParts) {
    this.#parts = parts
    this.#sender = new Sender({ ...parts, deviceId: parts.identity.deviceId })
  }

  get isConnected(): boolean {
    return this.#session !== undefined
  }

  /** New rows are in the outbox. */
  onStored(): void {
    this.#sender.wake()
  }

  /** Something changed that the phone shows: the status is sent soon. */
  onChange(): void {
    this.#tellSoon()
  }

  /** Holds the connection until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { identity, printers, boot, clock, log } = this.#parts
    const { deviceId } = identity
    const take = this.#receiver(signal)
    const connection = holdConnection(
      {
        openSocket: (limit) =>
          openBrokerSocket(identity, { isClockSet: stamp(boot).clock === 'synced', signal: limit }),
        clientId: deviceId,
        subscribeTo: [deviceTopic(deviceId, 'commands'), deviceTopic(deviceId, 'receipts')],
        will: () => ({
          topic: deviceTopic(deviceId, 'status'),
          payload: JSON.stringify(describeAbsence(this.#parts)),
        }),
        onMessage: take,
        onUp: (session) => {
          this.#session = session
          // Before any event: a printer is named by the status, and a message may follow its first event.
          this.#tell()
          this.#sender.up(session)
        },
        onDown: () => {
          this.#session = undefined
          this.#sender.down()
        },
        clock,
        log,
      },
      signal,
    )
    log.info({ deviceId, printers: printers.length, broker: identity.broker.url }, 'uplink started')
    await Promise.all([connection, this.#sender.run(signal), this.#keepTelling(signal)])
  }

  /** What is done with each message from the cloud. */
  #receiver(signal: AbortSignal): (message: Message) => void {
    const { identity, boot, clock, log } = this.#parts
    const { deviceId, commandKeys: keys } = identity
    const printers = new Map(this.#parts.printers.map((printer) => [printer.printerId, printer]))
    const fresh = new FreshPictures(clock)
    const live = new Live({ ...this.#parts, deviceId, printers, fresh, session: () => this.#session })
    const commands = new Commands({
      ...this.#parts,
      printers,
      fresh,
      circumstances: () => ({ deviceId, boot: boot.id, uptimeMs: boot.uptimeMs(), keys }),
      renewLease: (printerId) => live.renew(printerId, signal),
    })
    return (message) => {
      if (message.topic === deviceTopic(deviceId, 'commands')) {
        commands
          .take(message, signal)
          .catch((error: unknown) => log.error({ err: error }, 'command failed unexpectedly'))
        return
      }
      const receipt = Receipt.safeParse(parseJson(message.payload))
      if (!receipt.success) {
        log.warn('receipt not understood')
        return
      }
      this.#sender
        .take(receipt.data)
        .catch((error: unknown) => log.warn({ err: error }, 'receipt not stored; the row is sent again'))
    }
  }

  /** Sends the status every 15 seconds and at each change, changes of one moment together. */
  async #keepTelling(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!signal.aborted) {
      const pause = new AbortController()
      this.#tellSoon = () => pause.abort()
      this.#tell()
      await clock.sleep(statusEveryMs, AbortSignal.any([signal, pause.signal]))
      if (pause.signal.aborted) await clock.sleep(changeGapMs, signal)
    }
  }

  /** A status that is lost is followed by the next one. */
  #tell(): void {
    const topic = deviceTopic(this.#parts.identity.deviceId, 'status')
    this.#session?.publish(topic, JSON.stringify(describeDevice(this.#parts))).catch(() => undefined)
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
