import { randomInt } from 'node:crypto'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { Logger } from 'pino'
import { within } from '../clock.ts'
import { connectMqtt, type MqttConnection, type MqttMessage } from '../net/mqtt.ts'
import { openPinnedSocket } from '../net/pinned-socket.ts'
import type { BambuMessage, BambuModule, BambuPrint, BambuReply, BambuRequest } from './bambu-wire.ts'
import { readReport, versionRequest, wholeStateRequest } from './bambu-wire.ts'
import type { BambuPrinterConfig } from './config.ts'

const patienceMs = 5_000
/** A printer that says nothing for so long is asked something light, and left when it does not answer. */
const maxSilenceMs = 60_000
const replyWithinMs = 4_000
/** Larger than any report seen (about 20 kB with four filament stations). */
const maxPacketBytes = 512 * 1024

interface Answer {
  reply: BambuReply
  modules?: readonly BambuModule[]
}

/**
 * One connection to the broker inside a Bambu Lab printer: what it told so far, and questions with their answers.
 * https://github.com/Doridian/OpenBambuAPI/blob/main/mqtt.md
 */
export class BambuSession {
  readonly #connection: MqttConnection
  readonly #serial: string
  readonly #waiting: Map<string, PromiseWithResolvers<Answer>>
  /** Ids of ours are told from those of the vendor's own programs, which talk on the same topics. */
  #nextId = randomInt(100_000_000, 900_000_000)

  constructor(
    connection: MqttConnection,
    serial: string,
    waiting: Map<string, PromiseWithResolvers<Answer>>,
  ) {
    this.#connection = connection
    this.#serial = serial
    this.#waiting = waiting
  }

  get closed(): Promise<void> {
    return this.#connection.closed
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** Asks and waits for the answer to this very question. @throws UnavailableError where none comes in time. */
  async ask(request: BambuRequest, signal: AbortSignal): Promise<Answer> {
    const id = this.#newId()
    const answer = Promise.withResolvers<Answer>()
    // Nobody waits for it any more once the time is over.
    answer.promise.catch(() => undefined)
    this.#waiting.set(keyOf(id, request.command), answer)
    try {
      this.#publish(request, id).catch(answer.reject)
      return await within(replyWithinMs, signal, () => answer.promise)
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw new UnavailableError(`the printer did not answer to ${request.command}`, { cause })
    } finally {
      this.#waiting.delete(keyOf(id, request.command))
    }
  }

  /** Asks for what comes as a report and not as an answer. @throws UnavailableError */
  async tell(request: BambuRequest): Promise<void> {
    await this.#publish(request, this.#newId())
  }

  #newId(): string {
    this.#nextId += 1
    return String(this.#nextId)
  }

  #publish({ heading, command, fields }: BambuRequest, id: string): Promise<void> {
    const words = { [heading]: { sequence_id: id, command, ...fields } }
    return this.#connection.publish(`device/${this.#serial}/request`, JSON.stringify(words))
  }
}

/**
 * Connects, and asks once for the printer's whole state. `onChange` is called with all it told so far each time it
 * tells something of its state, from the moment its state is known.
 * @throws UnavailableError where it does not answer; RejectedError where it is not the pinned printer, or refuses
 * the access code.
 */
export async function openBambuSession(
  config: BambuPrinterConfig,
  { onChange, log }: { onChange: (print: BambuPrint) => void; log: Logger },
  signal: AbortSignal,
): Promise<BambuSession> {
  const { host, port, fingerprint, serial, accessCode } = config
  const waiting = new Map<string, PromiseWithResolvers<Answer>>()
  let print: BambuPrint = {}
  const known = Promise.withResolvers<void>()
  const take = ({ changed, reply, modules }: BambuMessage) => {
    if (reply)
      waiting.get(keyOf(reply.sequence_id, reply.command))?.resolve({ reply, ...(modules && { modules }) })
    if (!changed) return
    print = { ...print, ...changed }
    if (print.gcode_state === undefined) return
    known.resolve()
    onChange(print)
  }
  let heardAtMs = performance.now()
  const socket = await openPinnedSocket({ host, port, fingerprint }, signal)
  const onMessage = ({ payload }: MqttMessage) => {
    heardAtMs = performance.now()
    const message = readReport(payload)
    if (message) take(message)
  }
  const connection = await connectMqtt(
    {
      socket,
      clientId: `layerwatch-${randomInt(1_000_000_000)}`,
      login: { username: 'bblp', password: accessCode },
      subscribeTo: [`device/${serial}/report`],
      onMessage,
      log,
      patienceMs,
      maxPacketBytes,
      refusal: `${host} refused the access code: it is on the printer's screen under Settings, Network`,
    },
    signal,
  )
  const session = new BambuSession(connection, serial, waiting)
  const checking = setInterval(async () => {
    if (performance.now() - heardAtMs < maxSilenceMs) return
    try {
      await session.ask(versionRequest, signal)
    } catch {
      log.info('printer fell silent and is connected to anew')
      await session.close()
    }
  }, maxSilenceMs / 4)
  void connection.closed.then(() => clearInterval(checking))
  try {
    await session.tell(wholeStateRequest)
    await within(patienceMs, signal, () => known.promise)
    return session
  } catch (cause) {
    await session.close()
    if (signal.aborted) throw signal.reason
    const hint = `is ${serial} its serial number?`
    throw new UnavailableError(`${host} lets us in but tells nothing of its state: ${hint}`, { cause })
  }
}

function keyOf(id: string, command: string): string {
  return `${id} ${command}`
}
