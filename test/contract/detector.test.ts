import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { chooseBackend } from '../../device/detector/choose.ts'
import type { BackendName, FrameJudgement } from '../../device/detector/detector.ts'
import { backendNames } from '../../device/detector/load.ts'
import { loadModel } from '../../device/detector/manifest.ts'
import { shippedModelDir } from '../../device/detector/open.ts'
import { describeReport } from '../../device/detector/report.ts'
import { renderFolder } from '../../device/simulator/render-folder.ts'
import { describeDetector } from './detector-suite.ts'

const sharedFrames = path.resolve(import.meta.dirname, '../../../shared/frames/images')
/** Calibrated probabilities of one frame on two runtimes differ by at most this. */
const tolerance = 1e-3
const memoryLimitMB = 250

/** Compute the same function; weights of 8 bits compute another one, close to it. */
const exactBackends = backendNames.filter((name) => name !== 'onnx-int8')
/** What 8 bits may change in a probability; `npm run model:agree` proves it on every frame. */
const int8Tolerance = 0.05

const model = await loadModel(shippedModelDir)
const hasInt8 = model.manifest.files.onnxInt8 !== undefined
const reports = await chooseBackend(model, 1, AbortSignal.timeout(300_000))
/** Without TensorFlow's library only a developer's own run may go on: CI gets it first. */
const isExcused = (name: BackendName) =>
  (name === 'onnx-int8' && !hasInt8) ||
  (name === 'tfjs-node' && process.env.CI === undefined && stateOf(name) === 'absent')

let folder: string
const frames: Buffer[] = []
const judgements = new Map<BackendName, FrameJudgement[]>()

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'frames-'))
  const options = { count: 10, world: 'judge', seed: 7, hasFailures: true, hasLabels: false } as const
  await renderFolder(folder, { ...options, width: 640, height: 480 })
  frames.push(...(await readJpegs(folder, 10)))
  if (existsSync(sharedFrames)) frames.push(...(await readJpegs(sharedFrames, 22)))
})
after(() => rm(folder, { recursive: true }))

test('every runtime is there and agrees with the reference outputs', (t) => {
  for (const report of reports) t.diagnostic(describeReport(report))
  const unusable = reports.filter(
    ({ name, state }) => !isExcused(name) && state !== 'taken' && state !== 'slower',
  )
  assert.deepEqual(unusable.map(describeReport), [])
})

for (const backend of backendNames) {
  if (isExcused(backend)) {
    test(`the detector on ${backend}`, { skip: reasonOf(backend) }, () => undefined)
  } else {
    describeDetector(backend, {
      frames: () => frames,
      judged: (all) => judgements.set(backend, all),
    })
  }
}

describe('all detectors', () => {
  test('say the same of every frame', (t) => {
    const [base, ...others] = exactBackends
      .map((name) => judgements.get(name))
      .filter((all) => all !== undefined)
    assert.ok(base && others.length > 0)
    assert.equal(base.length, frames.length)
    const differences = others.flatMap((all) => all.map((one, index) => compare(one, base[index])))
    const largest = Math.max(...differences)
    t.diagnostic(
      `largest difference of a probability over ${frames.length} frames: ${largest.toExponential(1)}`,
    )
    assert.ok(largest <= tolerance)
  })

  test('say nearly the same of every frame with weights of 8 bits', { skip: !hasInt8 }, (t) => {
    const [int8, base] = [judgements.get('onnx-int8'), judgements.get('onnx')]
    assert.ok(int8 && base)
    const differences = int8.map(({ score }, index) => Math.abs(score - (base[index]?.score ?? Number.NaN)))
    const far = differences.filter((difference) => !(difference <= int8Tolerance)).length
    t.diagnostic(
      `largest difference of a frame's probability in 8 bits: ${Math.max(...differences).toFixed(3)}`,
    )
    // One of these few is more than the 1 % that the whole set is held to.
    assert.ok(far <= 1, `${far} of ${differences.length} frames differ by more than ${int8Tolerance}`)
  })

  for (const backend of ['onnx', 'tfjs-wasm'] as const) {
    test(`need less than ${memoryLimitMB} MB on ${backend}, after 200 frames`, async (t) => {
      const residentMB = await measureMemory(backend)
      t.diagnostic(`${backend}: ${residentMB} MB resident`)
      assert.ok(residentMB > 0 && residentMB < memoryLimitMB)
    })
  }
})

/** Megabytes of a small process, with few heaps of C's allocator: the agent is meant to be started so. */
async function measureMemory(backend: BackendName): Promise<number> {
  const script = path.join(import.meta.dirname, '../setup/detector-memory.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, backend, folder], {
    timeout: 600_000,
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
  })
  return Number(stdout)
}

function compare(one: FrameJudgement, other: FrameJudgement | undefined): number {
  assert.ok(other)
  const cells = one.maps.flatMap((map, channel) =>
    [...map.cells].map((cell, index) => Math.abs(cell - (other.maps[channel]?.cells[index] ?? Number.NaN))),
  )
  return Math.max(Math.abs(one.score - other.score), ...cells)
}

function reasonOf(name: BackendName): string {
  return name === 'onnx-int8' ? 'the model has no such weights' : 'not there; `npm run native:tfjs` gets it'
}

function stateOf(name: BackendName): string | undefined {
  return reports.find((report) => report.name === name)?.state
}

/** Every n-th JPEG of a folder, so that all its sources are among them. */
async function readJpegs(dir: string, count: number): Promise<Buffer[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jpg')).sort()
  const step = Math.max(1, Math.floor(names.length / count))
  const chosen = names.filter((_, index) => index % step === 0).slice(0, count)
  return Promise.all(chosen.map((name) => readFile(path.join(dir, name))))
}
