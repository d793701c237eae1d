import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import sharp from 'sharp'
import type { Detector, FrameJudgement } from '../../device/detector/detector.ts'
import { openDetector, shippedModelDir } from '../../device/detector/open.ts'
import type { Tutor } from '../../device/learn/tutor.ts'
import { openKnownPrint } from '../../device/selftest/known-print.ts'
import { openEye } from '../../device/watch/watch.ts'
import { openScene } from '../fakes/scripted-monitor.ts'
import type { ScriptedPrint } from '../fakes/scripted-print.ts'
import { VirtualClock } from '../fakes/virtual-clock.ts'
import { waitUntil } from '../setup/wait.ts'
import { learningTime, openMemory, openTutorOn } from '../unit/learn/tutors.ts'

/*
 * From pictures to the pause, with the shipped model and the real learner: a decoy, something before the camera that
 * looks like a failed print and is none, and what comes of it when its owner says so.
 */

const minute = 60_000
const log = pino({ level: 'silent' })
/** Side of the decoy in a picture of 640 × 480 pixels, and how far it is from the corner. */
const [side, margin] = [150, 10]

interface Pictures {
  good: Uint8Array
  /** The good print, with a picture of a tangle in the upper left corner. */
  decoy: Uint8Array
  /** The same print, failed, and the decoy still there. */
  failed: Uint8Array
}

async function drawPictures(detector: Detector): Promise<Pictures> {
  const known = openKnownPrint(60)
  const [good, last] = [await known.picture(0), await known.picture(4)]
  assert.ok(good && last && last.atSeconds > known.failsAtSeconds)
  const { detections } = await detector.judge(last.jpeg, AbortSignal.timeout(minute))
  const [x = 0, y = 0, width = 0, height = 0] = detections[0]?.box ?? []
  const place = { left: x * 640, top: y * 480, width: width * 640, height: height * 480 }
  const [left, top] = [Math.round(place.left), Math.round(place.top)]
  const tangle = await sharp(last.jpeg)
    .extract({ left, top, width: Math.floor(place.width), height: Math.floor(place.height) })
    .resize(side, side, { fit: 'fill' })
    .toBuffer()
  const paste = (jpeg: Uint8Array) =>
    sharp(jpeg)
      .composite([{ input: tangle, left: margin, top: margin }])
      .jpeg({ quality: 90 })
      .toBuffer()
  return { good: good.jpeg, decoy: await paste(good.jpeg), failed: await paste(last.jpeg) }
}

/** Each picture is judged once, however often it is seen. */
function rememberJudgements(detector: Detector): Detector {
  const known = new Map<Uint8Array, Promise<FrameJudgement>>()
  const judge: Detector['judge'] = (jpeg, signal) => {
    const judgement = known.get(jpeg) ?? detector.judge(jpeg, signal)
    known.set(jpeg, judgement)
    return judgement
  }
  const { backend, modelSha256 } = detector
  return { backend, modelSha256, judge, close: () => detector.close() }
}

/** Seconds of printing from which on the decoy, and the failure, are to be seen. */
interface Course {
  decoyFrom: number
  failedFrom?: number
}

/** One print, watched from its pictures. */
function watchPrint(
  t: TestContext,
  { tutor, detector, pictures }: { tutor: Tutor; detector: Detector; pictures: Pictures },
  { decoyFrom, failedFrom = Infinity }: Course,
) {
  const clock = new VirtualClock()
  const scene: { print?: ScriptedPrint } = {}
  const pictureAt = (seconds: number) => {
    if (seconds >= failedFrom) return pictures.failed
    return seconds >= decoyFrom ? pictures.decoy : pictures.good
  }
  const capture = async () => ({
    jpeg: pictureAt(scene.print?.printSeconds ?? 0),
    capturedAtMs: clock.nowMs(),
  })
  const camera = { description: 'drawn', capture, close: async () => {} }
  const quality = { start: null, judge: (): [null, { isUsable: true }] => [null, { isUsable: true }] }
  const observe = openEye({ camera, detector, clock, quality })
  const { modelSha256 } = detector
  const opened = openScene(t, { clock, score: () => 0, parts: { tutor, observe, modelSha256 } })
  scene.print = opened.print
  const { print, find, types, stop } = opened
  return {
    ...opened,
    isPausedWithin: (ms: number) => clock.runUntil(() => print.state === 'paused', ms),
    goesOnUntil: async (seconds: number) => {
      await clock.runUntil(() => print.printSeconds > seconds || print.state === 'paused', 60 * minute)
      assert.equal(print.state, 'printing', `paused at ${print.printSeconds} s`)
      assert.deepEqual([find('defect.suspected'), find('defect.confirmed')], [[], []])
    },
    end: async (state: 'finished' | 'cancelled') => {
      print.set(state)
      await clock.runUntil(() => types().includes('print.finished'), minute)
      await stop()
    },
  }
}

test('a decoy, marked, no longer warns from the next print on; a failure beside it pauses; undo brings it back', {
  timeout: 280_000,
}, async (t) => {
  const opened = await openDetector(
    { backend: 'onnx', modelDir: shippedModelDir, threads: 1, log },
    AbortSignal.timeout(minute),
  )
  t.after(() => opened.detector.close())
  const detector = rememberJudgements(opened.detector)
  const pictures = await drawPictures(detector)
  // Judged before the clock runs, which waits for nobody.
  for (const jpeg of Object.values(pictures)) await detector.judge(jpeg, AbortSignal.timeout(minute))
  const { modelSha256 } = detector
  const { tutor, entries } = await openTutorOn(await openMemory(t), { modelSha256 })
  const seen = { tutor, detector, pictures }

  const first = watchPrint(t, seen, { decoyFrom: 300 })
  await first.isPausedWithin(20 * minute)
  const printId = first.find('print.started')[0]?.printId ?? ''
  await tutor.mark({ printId, verdict: 'fine', ignore: [], revision: 1 })
  await first.end('finished')
  const answer = await waitUntil(
    'what came of the mark',
    () => entries.find((entry) => entry.type === 'print.marked'),
    learningTime,
  )
  assert.match(answer.data.words ?? '', /^Learned/)

  const second = watchPrint(t, seen, { decoyFrom: 300, failedFrom: 1500 })
  await second.goesOnUntil(1490)
  await second.isPausedWithin(5 * minute)
  assert.ok(second.print.printSeconds < 1700, `paused at ${second.print.printSeconds} s`)
  await second.end('cancelled')

  assert.equal(await tutor.undo(), true)
  const third = watchPrint(t, seen, { decoyFrom: 300 })
  await third.isPausedWithin(20 * minute)
  assert.ok(third.print.printSeconds < 600)
})
