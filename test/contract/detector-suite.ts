import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { ProtocolError, UnavailableError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import sharp from 'sharp'
import type { BackendName, FrameJudgement } from '../../device/detector/detector.ts'
import { loadModel } from '../../device/detector/manifest.ts'
import { openDetector, shippedModelDir } from '../../device/detector/open.ts'
import { startWorker, ThreadedDetector } from '../../device/detector/threaded.ts'
import { claimSize, drawPicture } from '../fakes/pictures.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal

/** What every detector must do, whatever its runtime. */
export function describeDetector(
  backend: BackendName,
  { frames, judged }: { frames: () => Buffer[]; judged: (judgements: FrameJudgement[]) => void },
): void {
  describe(`the detector on ${backend}`, () => {
    let detector: ThreadedDetector
    let threads: Worker[]

    before(async () => {
      threads = []
      const { manifest } = await loadModel(shippedModelDir)
      detector = new ThreadedDetector({
        start: { backend, modelDir: shippedModelDir, threads: 1 },
        modelSha256: manifest.sha256,
        tolerance: manifest.reference.tolerance,
        log,
        startWorker: (start) => {
          const thread = startWorker(start)
          threads.push(thread)
          return thread
        },
      })
      await detector.start()
    })
    after(() => detector.close())

    test('judges frames one by one, and says how long each took', async (t) => {
      const judgements: FrameJudgement[] = []
      for (const jpeg of frames()) judgements.push(await detector.judge(jpeg, never))
      judged(judgements)
      const { manifest } = await loadModel(shippedModelDir)
      for (const { score, maps, detections, inferMs } of judgements) {
        assert.ok(score > 0 && score < 1)
        assert.ok(inferMs > 0)
        assert.deepEqual(
          maps.map(({ label }) => label),
          manifest.labels,
        )
        for (const map of maps) assert.equal(map.cells.length, map.width * map.height)
        for (const one of detections) assert.ok(one.score <= score + 1e-6, 'no box is surer than its frame')
      }
      const [decodeMs, inferMs] = [median(judgements, 'decodeMs'), median(judgements, 'inferMs')]
      t.diagnostic(`${backend}: ${decodeMs} ms decoding and ${inferMs} ms judging a frame (medians)`)
    })

    for (const [what, makeBytes] of Object.entries(notPictures)) {
      test(`refuses ${what}, and judges the next frame`, async () => {
        await assert.rejects(detector.judge(await makeBytes(), never), ProtocolError)
        assert.ok((await detector.judge(await drawPicture(1), never)).score > 0)
      })
    }

    test('gives each of several callers the answer to its own frame', async () => {
      const sizes = [100, 200, 300, 400]
      const pictures = await Promise.all(sizes.map((width) => drawPicture(width, { width })))
      const answers = await Promise.all(pictures.map((jpeg) => detector.judge(jpeg, never)))
      assert.deepEqual(
        answers.map(({ figures }) => figures.width),
        sizes,
      )
    })

    test('leaves a caller who gave up at once, and goes on with the others', async () => {
      const picture = await drawPicture(2)
      const stop = new AbortController()
      const abandoned = detector.judge(picture, stop.signal)
      const waiting = detector.judge(picture, stop.signal)
      const other = detector.judge(picture, never)
      stop.abort(new Error('given up'))
      await assert.rejects(abandoned, /given up/)
      await assert.rejects(waiting, /given up/)
      assert.ok((await other).score > 0)
    })

    test('starts another thread after one died over a frame', async () => {
      const picture = await drawPicture(3)
      const lost = detector.judge(picture, never)
      const verdict = assert.rejects(lost, UnavailableError)
      // The frame has been handed over once this turn of the loop is done.
      await new Promise((resolve) => setImmediate(resolve))
      await threads.at(-1)?.terminate()
      await verdict
      const count = threads.length
      assert.ok((await detector.judge(picture, never)).score > 0)
      assert.equal(threads.length, count + 1)
    })

    test('starts another thread after one died between frames', async () => {
      const count = threads.length
      await threads.at(-1)?.terminate()
      assert.ok((await detector.judge(await drawPicture(4), never)).score > 0)
      assert.equal(threads.length, count + 1)
    })

    test('says that it is closed', async () => {
      const options = { backend, modelDir: shippedModelDir, threads: 1, log }
      const { detector: other, reports } = await openDetector(options, never)
      assert.deepEqual(reports, [{ name: backend, state: 'taken' }])
      await other.close()
      await assert.rejects(other.judge(await drawPicture(5), never), UnavailableError)
    })
  })
}

const notPictures: Record<string, () => Promise<Uint8Array>> = {
  nothing: async () => new Uint8Array(),
  text: async () => Buffer.from('<html>camera is starting</html>'),
  'a PNG': async () =>
    sharp(await drawPicture(1))
      .png()
      .toBuffer(),
  'a JPEG that is cut off': async () => {
    const whole = await drawPicture(1, { width: 640, height: 480 })
    return whole.subarray(0, whole.length / 2)
  },
  'a JPEG of nothing but its head': async () => (await drawPicture(1)).subarray(0, 20),
  'a JPEG of 14000×14000 pixels': async () =>
    claimSize(await drawPicture(1), { width: 14_000, height: 14_000 }),
  'a JPEG of 9 MiB': async () => Buffer.concat([await drawPicture(1)], 9 * 1024 * 1024),
}

function median(judgements: FrameJudgement[], time: 'decodeMs' | 'inferMs'): string {
  const times = judgements.map((judgement) => judgement[time]).sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)]?.toFixed(1) ?? 'no'
}
