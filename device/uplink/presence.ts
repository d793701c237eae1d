import type { DeviceStatus, PrinterStatusReport, Watching } from '@layerwatch/shared/status.ts'
import { isActive } from '../assess/prints.ts'
import type { Clock } from '../clock.ts'
import { describeCameras } from '../watch/camera-accounts.ts'
import type { Boot } from './stamp.ts'
import { stamp } from './stamp.ts'
import type { WatchedPrinter } from './watched-printer.ts'

interface PresenceParts {
  boot: Boot
  version: string
  detector: { backend: string; modelSha256: string }
  printers: readonly WatchedPrinter[]
  clock: Clock
}

/** The device and its printers as they are now. */
export function describeDevice(parts: PresenceParts): DeviceStatus {
  const frameMs = median(parts.printers.flatMap(({ monitor }) => monitor.frameMs ?? []))
  return {
    ...stamp(parts.boot),
    version: parts.version,
    online: true,
    detector: {
      ...parts.detector,
      ...(frameMs === undefined ? {} : { frameMs: Math.round(frameMs * 10) / 10 }),
    },
    printers: parts.printers.map((printer) => describePrinter(printer, parts.clock)),
  }
}

/** What the broker says for us when the connection ends without a word. */
export function describeAbsence({ boot, version }: Pick<PresenceParts, 'boot' | 'version'>): DeviceStatus {
  return { ...stamp(boot), version, online: false, printers: [] }
}

function describePrinter(
  { printerId, name, kind, monitor, tutor, alarms }: WatchedPrinter,
  clock: Clock,
): PrinterStatusReport {
  const { course, status, capabilities } = monitor.link
  const { print } = course
  const cameras = describeCameras(monitor.cameras)
  const now = [...(alarms?.limits ?? []), ...monitor.keeper.limits]
  const limits = [...now, ...(capabilities?.limits ?? []), ...(tutor?.limits ?? [])]
  return {
    printerId,
    name,
    kind,
    state: status?.state ?? 'offline',
    actions: [...(capabilities?.actions ?? [])],
    ...(limits.length > 0 ? { limits: wordsOf(limits) } : {}),
    ...(print ? { printId: print.printId, job: print.job, layer: monitor.layer } : {}),
    ...(status?.layers === undefined ? {} : { layers: status.layers }),
    ...(status?.progress === undefined ? {} : { progress: Math.min(1, Math.max(0, status.progress)) }),
    ...(status?.secondsLeft === undefined ? {} : { secondsLeft: Math.max(0, status.secondsLeft) }),
    watching: describeWatching(monitor, clock),
    ...(cameras.length > 0 && { cameras }),
  }
}

function describeWatching({ link, eyes }: WatchedPrinter['monitor'], clock: Clock): Watching {
  const instant = (ms: number) => new Date(Date.now() - (clock.nowMs() - ms)).toISOString()
  const blind = link.contact.blind ?? eyes.blind
  if (blind) {
    const { reason, sinceMs, detail } = blind
    return { isWatching: false, since: instant(sinceMs), reason, ...(detail ? { detail } : {}) }
  }
  if (!isActive(link.course.state)) return { isWatching: false, since: instant(link.changedAtMs) }
  return { isWatching: true, since: instant(eyes.seeingSinceMs) }
}

/** As many and as long as a status carries. */
function wordsOf(limits: readonly string[]): string[] {
  return limits.slice(0, 8).map((limit) => limit.slice(0, 300))
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
