import { liveLeaseMs } from '@layerwatch/shared/commands.ts'
import type { LiveHeader } from '@layerwatch/shared/live.ts'
import { encodeLive } from '@layerwatch/shared/live.ts'
import { deviceTopic } from '@layerwatch/shared/topics.ts'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Picture } from '../watch/album.ts'
import { fitJpeg } from './fit-jpeg.ts'
import type { FreshPictures } from './fresh-pictures.ts'
import type { Session } from './mqtt.ts'
import type { WatchedPrinter } from './watched-printer.ts'

interface LiveParts {
  deviceId: string
  printers: ReadonlyMap<string, WatchedPrinter>
  fresh: FreshPictures
  session: () => Session | undefined
  newId: () => string
  clock: Clock
  log: Logger
}

const everyMs = 500
const maxJpegBytes = 60_000

/** The live view: newest frames, as long as somebody looks and the network keeps up. */
export class Live {
  readonly #parts: LiveParts
  readonly #leases = new Map<string, number>()
  readonly #shown = new Set<string>()

  constructor(parts: LiveParts) {
    this.#parts = parts
  }

  /** Somebody looks at this printer, for another ten seconds. */
  renew(printerId: string, signal: AbortSignal): void {
    this.#leases.set(printerId, this.#parts.clock.nowMs() + liveLeaseMs)
    if (this.#shown.has(printerId)) return
    this.#shown.add(printerId)
    this.#show(printerId, signal)
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'live view ended'))
      .finally(() => this.#shown.delete(printerId))
  }

  async #show(printerId: string, signal: AbortSignal): Promise<void> {
    const { printers, clock } = this.#parts
    const printer = printers.get(printerId)
    let lastShown: Picture | undefined
    while (printer && !signal.aborted && clock.nowMs() < (this.#leases.get(printerId) ?? 0)) {
      const beganMs = clock.nowMs()
      const newest = printer.monitor.newest
      const isFresh = newest && newest !== lastShown && newest.capturedAtMs > beganMs - everyMs
      const picture = isFresh ? newest : await printer.monitor.lookNow(signal)
      if (picture && picture !== lastShown) await this.#send(printer, picture)
      lastShown = picture ?? lastShown
      await clock.sleep(beganMs + everyMs - clock.nowMs(), signal)
    }
  }

  async #send({ printerId }: WatchedPrinter, picture: Picture): Promise<void> {
    const { session, deviceId, fresh, newId, clock } = this.#parts
    const connection = session()
    if (!connection || connection.isBackedUp) return
    const jpeg = await fitJpeg(picture.jpeg, maxJpegBytes)
    if (!jpeg) return
    const snapshotId = newId()
    const header = describe(picture, { printerId, snapshotId, ageMs: clock.nowMs() - picture.capturedAtMs })
    fresh.remember(snapshotId, printerId, picture.capturedAtMs)
    // A live frame that is lost is followed by the next one.
    await connection
      .publish(deviceTopic(deviceId, 'live'), encodeLive(header, jpeg), { qos: 0 })
      .catch(() => undefined)
  }
}

function describe(
  { layer, sight, failure }: Picture,
  about: Pick<LiveHeader, 'printerId' | 'snapshotId' | 'ageMs'>,
): LiveHeader {
  return {
    ...about,
    at: new Date(Date.now() - about.ageMs).toISOString(),
    layer,
    ...(sight ? { score: sight.score } : {}),
    detections: [...(sight?.detections ?? [])],
    ...(failure
      ? {
          heat: {
            width: failure.width,
            height: failure.height,
            cells: Buffer.from(failure.cells.map((cell) => cell * 255)).toString('base64'),
          },
        }
      : {}),
  }
}
