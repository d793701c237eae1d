import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { unknownCourse } from '../../../device/assess/prints.ts'
import { systemClock } from '../../../device/clock.ts'
import { parseConfig } from '../../../device/config.ts'
import type { Detector } from '../../../device/detector/detector.ts'
import { newId } from '../../../device/ids.ts'
import { PrinterMonitor } from '../../../device/monitor.ts'
import { describeCameras } from '../../../device/watch/camera-accounts.ts'
import { joinSights, openEyes } from '../../../device/watch/eyes.ts'
import { openEye } from '../../../device/watch/watch.ts'
import { judgementOf, ScriptedPrint } from '../../fakes/scripted-print.ts'
import { waitUntil } from '../../setup/wait.ts'

/* Two printers of two cameras each on one detector, in real time; a camera of the first hangs, and then the second printer. */

/** Milliseconds of a judgement: three cameras twice a second leave the detector two fifths of its time. */
const judgeMs = 100
const intervalSeconds = 0.5

/** A detector that judges one picture after the other, as the real one's thread does; counts by camera. */
function slowDetector() {
  const judged: Record<string, number> = {}
  let turn = Promise.resolve()
  const detector: Detector = {
    backend: 'onnx',
    modelSha256: '',
    judge(jpeg) {
      const mine = turn.then(() => sleep(judgeMs))
      turn = mine
      return mine.then(() => {
        const name = Buffer.from(jpeg).toString()
        judged[name] = (judged[name] ?? 0) + 1
        return judgementOf(0.05)
      })
    },
    close: async () => {},
  }
  return { detector, judged }
}

const log = pino({ level: 'silent' })

/** A printer that prints before two cameras; the second never answers where it hangs. */
function watchPrinter(
  t: TestContext,
  { name, detector, hangs = false }: { name: string; detector: Detector; hangs?: boolean },
) {
  const eyes = ['camera 1', 'camera 2'].map((camera, index) => {
    const capture = async () => {
      if (hangs && index === 1) await new Promise(() => {})
      return { jpeg: Buffer.from(`${name} ${camera}`), capturedAtMs: performance.now() }
    }
    const one = { description: camera, capture, close: async () => {} }
    const judge = (): [null, { isUsable: true }] => [null, { isUsable: true }]
    const sightings = { camera: one, detector, clock: systemClock, quality: { start: null, judge } }
    return { name: camera, observe: openEye({ name: camera, ...sightings }) }
  })
  const link = { kind: 'simulated', url: 'http://127.0.0.1:9' }
  const printers = [{ name, printer: link, camera: link, capture: { intervalSeconds } }]
  const [config] = parseConfig(JSON.stringify({ printers }), { folder: '/', env: {}, file: 'a' }).printers
  assert.ok(config)
  const { printer } = new ScriptedPrint({ layerSeconds: 20, score: () => 0.05, clock: systemClock })
  const monitor = new PrinterMonitor({
    config,
    printer,
    observe: joinSights(openEyes(eyes, { clock: systemClock }), ['camera 1', 'camera 2']),
    modelSha256: '',
    course: unknownCourse,
    indexFile: async () => () => 1,
    clock: systemClock,
    newId,
    journal: { record: () => {}, saveCourse: async () => {}, keepLayerPicture: () => {} },
    log,
    onChange: () => {},
  })
  const end = new AbortController()
  const running = monitor.run(end.signal)
  t.after(async () => {
    end.abort()
    await running
  })
  return { monitor, printer }
}

test('two printers with two cameras each share a detector fairly; what hangs delays nobody else', async (t) => {
  const { detector, judged } = slowDetector()
  const first = watchPrinter(t, { name: 'first', detector, hangs: true })
  const second = watchPrinter(t, { name: 'second', detector })
  await waitUntil('all that can see are seen', () => Object.keys(judged).length === 3)
  // From now on the second printer hangs as well: it takes the question and never answers.
  second.printer.status = () => new Promise(() => {})
  // Each printer waits once for what was in time before: 2 s for a camera.
  await sleep(2_500)
  const before = { ...judged }
  await sleep(6_000)
  const counts = Object.fromEntries(
    Object.entries(judged).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  )
  assert.deepEqual(Object.keys(counts).sort(), ['first camera 1', 'second camera 1', 'second camera 2'])
  // Twelve on an idle machine; were anything waited for, one or two.
  const fewest = Math.min(...Object.values(counts))
  assert.ok(fewest >= 4, JSON.stringify(counts))
  assert.ok(Math.max(...Object.values(counts)) <= 1.5 * fewest, JSON.stringify(counts))
  const [one, two] = [first, second].map(({ monitor }) => describeCameras(monitor.cameras))
  const intervals = [one?.[0], ...(two ?? [])].map((camera) => camera?.intervalSeconds ?? 99)
  assert.equal(intervals.length, 3)
  assert.ok(Math.max(...intervals) <= 1.5, `pictures every ${intervals} s`)
})
