import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { pino } from 'pino'
import { backendNames } from '../../../device/detector/load.ts'
import { loadModel, selectWeights } from '../../../device/detector/manifest.ts'
import { openDetector, shippedModelDir } from '../../../device/detector/open.ts'
import { findTaken } from '../../../device/detector/report.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const limit = () => AbortSignal.timeout(300_000)

describe('opening the detector', () => {
  let dir: string
  let modelDir: string
  let choiceFile: string
  let messages: string[]

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'model-'))
    modelDir = path.join(dir, 'model')
    choiceFile = path.join(dir, 'data', 'detector.json')
    messages = []
    const { manifest } = await loadModel(shippedModelDir)
    const { tfjs, onnx, onnxInt8 } = manifest.files
    const int8 = onnxInt8 ? [onnxInt8.path, onnxInt8.reference.path] : []
    const fp32 = [manifest.reference.path, onnx.path, ...Object.keys(tfjs.files)]
    for (const file of ['manifest.json', ...fp32, ...int8]) {
      await cp(path.join(shippedModelDir, file), path.join(modelDir, file))
    }
  })
  afterEach(() => rm(dir, { recursive: true }))

  const open = (backend: 'auto' | 'onnx' | 'tfjs-wasm' = 'auto') => {
    const log = pino({}, { write: (line: string) => messages.push(JSON.parse(line).msg) })
    return openDetector({ backend, modelDir, threads: 1, choiceFile, log }, limit())
  }
  const wereTried = () => messages.includes('detector backends tried')

  async function damage(file: string): Promise<void> {
    const bytes = await readFile(path.join(modelDir, file))
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1
    await writeFile(path.join(modelDir, file), bytes)
  }

  test('auto takes one that judges, remembers it, and chooses anew only where it no longer works', async () => {
    const first = await open()
    assert.equal(first.detector.backend, findTaken(first.reports))
    assert.equal(first.reports.length, backendNames.length)
    assert.ok((await first.detector.judge(await drawPicture(1), limit())).score > 0)
    await first.detector.close()
    assert.ok(wereTried())

    messages = []
    const second = await open()
    await second.detector.close()
    assert.deepEqual(second.reports, first.reports)
    assert.ok(!wereTried())

    const { backend } = first.detector
    const { onnx, tfjs } = selectWeights(await loadModel(modelDir), backend).manifest.files
    await damage(backend.startsWith('onnx') ? onnx.path : tfjs.path)
    const third = await open()
    await third.detector.close()
    assert.notEqual(third.detector.backend, backend)
    const wronged = third.reports.find(({ name }) => name === backend)
    assert.ok(wronged?.state === 'absent')
    assert.match(wronged.reason, /not the file that the manifest names/)
  })

  test('a model that answers otherwise than its reference is used by no runtime', async () => {
    const { manifest } = await loadModel(modelDir)
    const file = path.join(modelDir, manifest.reference.path)
    const reference = JSON.parse(await readFile(file, 'utf8'))
    reference.logits[17] += 10 * manifest.reference.tolerance
    await writeFile(file, JSON.stringify(reference))
    await writeFile(path.join(modelDir, manifest.files.onnxInt8?.reference.path ?? 'none.json'), '{}')
    await assert.rejects(open(), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.problems.join('\n'), /^onnx: disagrees.*\n.*\ntfjs-wasm: disagrees/m)
      return true
    })
    await assert.rejects(open('tfjs-wasm'), /differ from the reference/)
  })

  test('a folder without a model, or with a broken manifest, is a mistake of the configuration', async () => {
    await writeFile(path.join(modelDir, 'manifest.json'), '{"version":"1","labels":["failure"]}')
    await assert.rejects(open('onnx'), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.problems.join('\n'), /^input: /m)
      return true
    })
    await rm(path.join(modelDir, 'manifest.json'))
    await assert.rejects(open('onnx'), ConfigError)
  })

  test('without the optional packages WebAssembly is taken, and the others say why they are absent', async () => {
    const { stdout } = await runWithout(['onnxruntime-node', '@tensorflow/tfjs-node'])
    const lines = stdout.trim().split('\n')
    assert.match(lines[0] ?? '', /^onnx-int8: absent, because /)
    assert.match(lines[1] ?? '', /^onnx: absent, because its library is not installed/)
    assert.match(lines[2] ?? '', /^tfjs-node: absent, because .*`npm run native:tfjs` gets it/)
    assert.match(lines[3] ?? '', /^tfjs-wasm: taken/)
  })

  /** Opens a detector in a process to which these packages are not installed. */
  function runWithout(packages: string[]) {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => {
        if (${JSON.stringify(packages)}.includes(name)) throw new Error(name + ' is not installed')
        return next(name, context)
      } })`
    const script = path.resolve(import.meta.dirname, '../../setup/open-detector.ts')
    return promisify(execFile)(process.execPath, [script, modelDir], {
      env: { ...process.env, NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(hook)}"` },
      timeout: 300_000,
    })
  }
})
