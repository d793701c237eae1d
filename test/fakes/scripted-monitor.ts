import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { PrinterState } from '@layerwatch/shared/vocabulary.ts'
import pino from 'pino'
import { unknownCourse } from '../../device/assess/prints.ts'
import { parseConfig } from '../../device/config.ts'
import { newId } from '../../device/ids.ts'
import { PrinterMonitor } from '../../device/monitor.ts'
import type { Entry } from '../../device/watch/journal.ts'
import type { MonitorParts } from '../../device/watch/monitor-parts.ts'
import { openEye, type QualityVerdict } from '../../device/watch/watch.ts'
import { ScriptedPrint } from './scripted-print.ts'
import { VirtualClock } from './virtual-clock.ts'

interface Scene {
  score: (printSeconds: number) => number
  area?: (printSeconds: number) => number
  tellsLayer?: boolean
  tellsRun?: boolean
  layerSeconds?: number
  policy?: string
  /** What the configuration says of pauses. */
  pause?: string
  quality?: () => QualityVerdict
  parts?: Partial<MonitorParts>
  clock?: VirtualClock
  /** What the printer does at first; it prints, unless told otherwise. */
  state?: PrinterState
}

/** A monitor on a scripted print and a clock that jumps, taken down with the test. */
export function openScene(t: TestContext, scene: Scene) {
  const clock = scene.clock ?? new VirtualClock()
  const print = new ScriptedPrint({ layerSeconds: 20, ...scene, clock })
  if (scene.state) print.set(scene.state)
  const entries: Entry[] = []
  const [config] = parseConfig(
    `printers: [{name: A, printer: {kind: moonraker, url: "http://h"}, camera: {kind: simulated, url: "http://h"},
      policy: {${scene.policy ?? ''}}, pause: {${scene.pause ?? ''}}}]`,
    { folder: '/', env: {}, file: 'agent.yaml' },
  ).printers
  assert.ok(config)
  const monitor = new PrinterMonitor({
    config,
    printer: print.printer,
    observe: openEye({
      camera: print.camera,
      detector: print.detector,
      clock,
      quality: { start: null, judge: () => [null, scene.quality?.() ?? { isUsable: true }] },
    }),
    modelSha256: print.detector.modelSha256,
    course: unknownCourse,
    indexFile: async () => () => 1,
    clock,
    newId,
    journal: {
      record: (more) => entries.push(...more),
      saveCourse: async () => {},
      keepLayerPicture: () => {},
    },
    log: pino({ level: 'silent' }),
    onChange: () => {},
    ...scene.parts,
  })
  const end = new AbortController()
  const running = monitor.run(end.signal)
  async function stop() {
    end.abort()
    await running
  }
  t.after(stop)
  const types = () => entries.map(({ type }) => type)
  const find = (type: Entry['type']) => entries.filter((entry) => entry.type === type)
  return { clock, print, monitor, entries, types, find, signal: end.signal, stop }
}

/** A score that is good until so many seconds of printing, and bad from then on. */
export const failsAt = (seconds: number) => (printSeconds: number) => (printSeconds < seconds ? 0.05 : 0.97)
